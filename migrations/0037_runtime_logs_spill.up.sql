-- Lines of days without a partition are in the default partition. Once there are many, a new day cannot be attached: Postgres
-- reads the whole default partition under a lock that stops every reader. These functions turn such a backlog into a partition
-- of its own, in which no line is ever out of sight. Maintenance calls them in this order. Each is a transaction of its own that
-- holds strong locks for some milliseconds. A run that is interrupted is taken up by the next one.
--
-- spill_prepare: CHECKs that no row can break. Validated beside readers and writers, they spare Postgres the look at each row.
-- spill_freeze: the default becomes a table with two partitions by id. The old one (runtime_logs_spilled) gets no more rows.
-- spill_settle: waits for the writers that were under way.
-- spill_days: the days whose partition the old one becomes.
-- spill_strays, spill_drain: sort the rows between the two.
-- spill_bound: a CHECK for the days that the old one holds, validated in the same way.
-- spill_finish: the old one is a partition of its days, the new one the default.

create function runtime_logs_spill_prepare() returns void
    language plpgsql
    as $$
declare
    outside text := pg_get_partition_constraintdef('public.runtime_logs_default'::regclass);
    last_id bigint := coalesce(
        pg_sequence_last_value(pg_get_serial_sequence('public.runtime_logs', 'id')::regclass), 0
    );
begin
    alter table public.runtime_logs_default
        drop constraint if exists runtime_logs_spill_outside,
        drop constraint if exists runtime_logs_spill_ids;
    execute format(
        'alter table public.runtime_logs_default'
        ' add constraint runtime_logs_spill_outside check (%s) not valid,'
        ' add constraint runtime_logs_spill_ids check (id < %s) not valid',
        coalesce(outside, 'true'), last_id + 1000000000
    );
end
$$;

comment on function runtime_logs_spill_prepare() is
    'Adds to the default partition what is true of all its rows, now and later: outside of the other partitions, and below an id '
    'that is a thousand million away. Rows that are moved down later (spill_drain) take ids from the middle of that space.';

create function runtime_logs_spill_freeze() returns void
    language plpgsql
    as $$
declare
    first_free text := (
        select substring(pg_get_constraintdef(oid) from '[0-9]+')
        from pg_constraint
        where conrelid = 'public.runtime_logs_default'::regclass and conname = 'runtime_logs_spill_ids'
    );
begin
    -- Those above before those below, as readers and writers lock them.
    lock table only public.runtime_logs in access exclusive mode;
    alter table public.runtime_logs detach partition public.runtime_logs_default;
    alter table public.runtime_logs_default rename to runtime_logs_spilled;
    alter table public.runtime_logs_spilled rename constraint runtime_logs_default_pkey to runtime_logs_spilled_pkey;
    create table public.runtime_logs_default (
        like public.runtime_logs including defaults including constraints including indexes including storage
    ) partition by range (id);
    execute format(
        'alter table public.runtime_logs_default attach partition public.runtime_logs_spilled'
        ' for values from (minvalue) to (%s)', first_free
    );
    execute format(
        'create table public.runtime_logs_arriving partition of public.runtime_logs_default'
        ' for values from (%s) to (maxvalue)', first_free
    );
    alter table public.runtime_logs attach partition public.runtime_logs_default default;
end
$$;

comment on function runtime_logs_spill_freeze() is
    'Splits the default partition by id: runtime_logs_spilled keeps the rows, runtime_logs_arriving is for ids from the one that '
    'spill_prepare chose on.';

create function runtime_logs_spill_settle() returns void
    language plpgsql
    as $$
declare
    ids regclass := pg_get_serial_sequence('public.runtime_logs', 'id')::regclass;
    last_id bigint := (
        select substring(pg_get_constraintdef(oid) from '[0-9]+')::bigint
        from pg_constraint
        where conrelid = 'public.runtime_logs_spilled'::regclass and conname = 'runtime_logs_spill_ids'
    );
begin
    if coalesce(pg_sequence_last_value(ids), 0) < last_id then
        perform setval(ids, last_id);
    end if;
    -- Waits for the writers that drew their ids before.
    lock table only public.runtime_logs in share row exclusive mode;
end
$$;

comment on function runtime_logs_spill_settle() is
    'Lets new rows have ids of runtime_logs_arriving. After it, no row comes into runtime_logs_spilled.';

create function runtime_logs_spill_days(today date) returns table (first_day date, end_day date)
    language plpgsql
    stable
    as $$
begin
    if to_regclass('public.runtime_logs_spilled') is null then
        return;
    end if;
    return query
    with named as (
        select to_date(substring(child.relname from 14 for 8), 'YYYYMMDD') as begins
        from pg_inherits
        join pg_class as child on child.oid = pg_inherits.inhrelid
        where pg_inherits.inhparent = 'public.runtime_logs'::regclass
          and child.relname ~ '^runtime_logs_[0-9]{8}(_[0-9]{8})?$'
    ),
    filled as (
        select (logged_at at time zone 'UTC')::date as day, count(*) as lines
        from public.runtime_logs_spilled
        group by 1
    ),
    placed as (
        select
            day,
            lines,
            (select count(*) from named where begins <= day) as gap,
            case when day > today + 1 then day - row_number() over (order by day)::integer end as island
        from filled
    )
    select min(day), max(day) + 1
    from placed
    group by gap, island
    order by sum(lines) desc, min(day) desc
    limit 1;
end
$$;

comment on function runtime_logs_spill_days(date) is
    'The days that runtime_logs_spilled becomes a partition of: the first one, and the one after the last. Days up to tomorrow that lie '
    'between the same two partitions make one group, later days only if they follow each other; the group with the most lines is taken.';

create function runtime_logs_spill_strays(from_day date, to_day date, most integer) returns integer
    language plpgsql
    as $$
declare
    moved integer;
begin
    if to_regclass('public.runtime_logs_spilled') is null then
        return 0;
    end if;
    with stray as materialized (
        select app_id, logged_at, id
        from public.runtime_logs_spilled
        where logged_at < from_day::timestamp at time zone 'UTC' or logged_at >= to_day::timestamp at time zone 'UTC'
        limit most
        for update skip locked
    ),
    gone as (
        delete from public.runtime_logs_spilled as line
        using stray
        where line.app_id = stray.app_id and line.logged_at = stray.logged_at and line.id = stray.id
        returning line.id, line.app_id, line.worker_id, line.stream, line.line, line.logged_at
    )
    insert into public.runtime_logs (app_id, worker_id, stream, line, logged_at)
    select app_id, worker_id, stream, line, logged_at
    from gone
    order by logged_at, id;
    get diagnostics moved = row_count;
    return moved;
end
$$;

comment on function runtime_logs_spill_strays(date, date, integer) is
    'Moves rows of other days out of runtime_logs_spilled, at most so many, and returns how many. They get new ids.';

create function runtime_logs_spill_drain(from_day date, to_day date, most integer) returns integer
    language plpgsql
    as $$
declare
    moved integer;
begin
    if to_regclass('public.runtime_logs_spilled') is null then
        return 0;
    end if;
    with arrived as materialized (
        select app_id, logged_at, id
        from public.runtime_logs_arriving
        where logged_at >= from_day::timestamp at time zone 'UTC' and logged_at < to_day::timestamp at time zone 'UTC'
        limit most
        for update skip locked
    ),
    gone as (
        delete from public.runtime_logs_arriving as line
        using arrived
        where line.app_id = arrived.app_id and line.logged_at = arrived.logged_at and line.id = arrived.id
        returning line.id, line.app_id, line.worker_id, line.stream, line.line, line.logged_at
    )
    -- Above the ids of the spilled rows, in their own order, and below those of the arriving ones.
    insert into public.runtime_logs (id, app_id, worker_id, stream, line, logged_at) overriding system value
    select id - 500000000, app_id, worker_id, stream, line, logged_at
    from gone;
    get diagnostics moved = row_count;
    return moved;
end
$$;

comment on function runtime_logs_spill_drain(date, date, integer) is
    'Moves rows of these days from runtime_logs_arriving into runtime_logs_spilled, at most so many, and returns how many.';

create function runtime_logs_spill_bound(from_day date, to_day date) returns void
    language plpgsql
    as $$
begin
    alter table public.runtime_logs_spilled drop constraint if exists runtime_logs_spill_days;
    execute format(
        'alter table public.runtime_logs_spilled add constraint runtime_logs_spill_days'
        ' check (logged_at >= %L and logged_at < %L) not valid',
        from_day || ' 00:00:00+00', to_day || ' 00:00:00+00'
    );
end
$$;

comment on function runtime_logs_spill_bound(date, date) is
    'Adds to runtime_logs_spilled that its rows are of the days from the first one on and before the second.';

create function runtime_logs_spill_finish(from_day date, to_day date) returns void
    language plpgsql
    as $$
declare
    partition_name text := 'runtime_logs_' || to_char(from_day, 'YYYYMMDD')
        || case when to_day > from_day + 1 then '_' || to_char(to_day, 'YYYYMMDD') else '' end;
begin
    lock table only public.runtime_logs in access exclusive mode;
    alter table public.runtime_logs_default detach partition public.runtime_logs_spilled;
    alter table public.runtime_logs_default detach partition public.runtime_logs_arriving;
    alter table public.runtime_logs detach partition public.runtime_logs_default;
    drop table public.runtime_logs_default;

    with gone as (
        delete from public.runtime_logs_arriving
        where logged_at >= from_day::timestamp at time zone 'UTC' and logged_at < to_day::timestamp at time zone 'UTC'
        returning id, app_id, worker_id, stream, line, logged_at
    )
    insert into public.runtime_logs_spilled (id, app_id, worker_id, stream, line, logged_at)
    select id - 500000000, app_id, worker_id, stream, line, logged_at
    from gone;

    execute format('alter table public.runtime_logs_spilled rename to %I', partition_name);
    execute format(
        'alter table public.%I rename constraint runtime_logs_spilled_pkey to %I', partition_name, partition_name || '_pkey'
    );
    alter table public.runtime_logs_arriving rename to runtime_logs_default;
    alter table public.runtime_logs_default rename constraint runtime_logs_arriving_pkey to runtime_logs_default_pkey;
    execute format(
        'alter table public.runtime_logs attach partition public.%I for values from (%L) to (%L)',
        partition_name, from_day || ' 00:00:00+00', to_day || ' 00:00:00+00'
    );
    alter table public.runtime_logs attach partition public.runtime_logs_default default;
    execute format(
        'alter table public.%I'
        ' drop constraint runtime_logs_spill_outside, drop constraint runtime_logs_spill_ids,'
        ' drop constraint runtime_logs_spill_days, reset (autovacuum_enabled)',
        partition_name
    );
    execute $c$comment on table public.runtime_logs_default is
        'Lines of days that have no partition of their own yet, so that none is lost.'$c$;
end
$$;

comment on function runtime_logs_spill_finish(date, date) is
    'Makes runtime_logs_spilled the partition of its days, and runtime_logs_arriving the default partition.';

create function runtime_logs_drop_partition(partition_name text) returns integer
    language plpgsql
    as $$
begin
    if partition_name !~ '^runtime_logs_[0-9]{8}(_[0-9]{8})?$' then
        raise exception '% is not a partition of days', partition_name using errcode = 'invalid_parameter_value';
    end if;
    -- What an interrupted spill_prepare said of the default partition would refuse lines of the days that are dropped here.
    lock table only public.runtime_logs in access exclusive mode;
    alter table public.runtime_logs_default drop constraint if exists runtime_logs_spill_outside;
    execute format('drop table if exists public.%I', partition_name);
    return 1;
end
$$;

comment on function runtime_logs_drop_partition(text) is 'Drops a partition of one or several days.';
