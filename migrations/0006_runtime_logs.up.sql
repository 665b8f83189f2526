-- Log lines of running apps, in one partition per UTC day.

create table runtime_logs (
    id bigint generated always as identity,
    app_id bigint not null constraint runtime_logs_app_id_fkey references apps (id) on delete cascade,
    worker_id bigint,
    stream text not null
        constraint runtime_logs_stream_check check (stream in ('stdout', 'stderr', 'system')),
    line text not null
        constraint runtime_logs_line_check check (octet_length(line) <= 8192),
    logged_at timestamptz not null default wh_now(),
    constraint runtime_logs_pkey primary key (app_id, logged_at, id)
) partition by range (logged_at);

create table runtime_logs_default partition of runtime_logs default;

comment on table runtime_logs is 'What apps print; retention drops whole days. Grows without end.';
comment on column runtime_logs.id is 'Unique within its app and instant; tells lines of one instant apart, in order.';
comment on column runtime_logs.worker_id is 'Where it was printed; a plain column, it may name a worker that is gone.';
comment on column runtime_logs.stream is 'Standard output, standard error, or the platform itself.';
comment on column runtime_logs.line is 'One line without its end, at most 8 KiB.';
comment on column runtime_logs.logged_at is 'When the worker read the line.';
comment on table runtime_logs_default is 'Lines of days that have no partition of their own yet, so that none is lost.';

create function runtime_logs_create_partitions(from_day date, days integer) returns integer
    language plpgsql
    as $$
declare
    day date;
    partition_name text;
    day_start timestamptz;
    day_end timestamptz;
    created integer := 0;
begin
    -- Held to the end of the transaction: callers queue here, readers and writers pass.
    lock table public.runtime_logs in share update exclusive mode;

    for i in 0 .. days - 1 loop
        day := from_day + i;
        partition_name := 'runtime_logs_' || to_char(day, 'YYYYMMDD');
        continue when to_regclass('public.' || partition_name) is not null;

        day_start := day::timestamp at time zone 'UTC';
        day_end := (day + 1)::timestamp at time zone 'UTC';
        -- Filled first and attached then, because Postgres refuses a partition whose rows are still in the default.
        execute format(
            'create table public.%I (like public.runtime_logs including defaults including constraints'
            ' including indexes including storage)',
            partition_name
        );
        lock table public.runtime_logs_default in access exclusive mode;
        execute format(
            'with moved as (delete from public.runtime_logs_default'
            ' where logged_at >= $1 and logged_at < $2 returning *)'
            ' insert into public.%I select * from moved',
            partition_name
        ) using day_start, day_end;
        execute format(
            'alter table public.runtime_logs attach partition public.%I for values from (%L) to (%L)',
            partition_name,
            to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00',
            to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00'
        );
        created := created + 1;
    end loop;

    return created;
end
$$;

comment on function runtime_logs_create_partitions(date, integer) is
    'Makes the partitions of so many UTC days from the given one on, moves lines of those days out of the default '
    'partition, and returns how many were new. Repeating it changes nothing; waiting ends with lock_timeout.';

create function runtime_logs_drop_partitions(before_day date) returns integer
    language plpgsql
    as $$
declare
    partition_name text;
    dropped integer := 0;
begin
    lock table public.runtime_logs in share update exclusive mode;

    for partition_name in
        select child.relname
        from pg_inherits
        join pg_class child on child.oid = pg_inherits.inhrelid
        where pg_inherits.inhparent = 'public.runtime_logs'::regclass
          and child.relname ~ '^runtime_logs_[0-9]{8}$'
          and to_date(right(child.relname, 8), 'YYYYMMDD') < before_day
        order by child.relname
    loop
        execute format('drop table public.%I', partition_name);
        dropped := dropped + 1;
    end loop;

    -- Lines that came too late for a partition.
    delete from public.runtime_logs_default where logged_at < before_day::timestamp at time zone 'UTC';

    return dropped;
end
$$;

comment on function runtime_logs_drop_partitions(date) is
    'Drops every line from before the given UTC day, whole partitions at a time, and returns how many partitions '
    'went. Dropping waits for readers of the table, and ends with lock_timeout.';
