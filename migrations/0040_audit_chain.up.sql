-- A chain of hashes over each user's audit events. Audit::verify reads it without calling any of these functions.

create table audit_heads (
    user_id bigint not null
        constraint audit_heads_user_id_fkey references users (id) on delete cascade,
    place bigint not null default 0,
    hash bytea not null default '\x',
    event_id bigint not null default 0,
    live boolean not null,
    anchor_place bigint not null default 0,
    anchor_hash bytea not null default '\x',
    constraint audit_heads_pkey primary key (user_id),
    constraint audit_heads_anchor_place_check check (anchor_place between 0 and place)
) with (fillfactor = 70);

create index audit_heads_waiting_idx on audit_heads (user_id) where not live;

comment on table audit_heads is 'End of the chain of each user. Whoever adds a link locks the row until the commit.';
comment on column audit_heads.place is 'Place of the last link; 0 without one.';
comment on column audit_heads.hash is 'Hash of the last link; empty without one.';
comment on column audit_heads.event_id is 'Highest id among the chained events; 0 without one.';
comment on column audit_heads.live is 'Whether new events are chained at their commit. False while older ones wait for maintenance.';
comment on column audit_heads.anchor_place is 'Place of the last link that retention removed; 0 without one.';
comment on column audit_heads.anchor_hash is 'Hash of that link; empty without one.';

create table audit_chain (
    user_id bigint not null
        constraint audit_chain_user_id_fkey references users (id) on delete cascade,
    place bigint not null
        constraint audit_chain_place_check check (place > 0),
    event_id bigint not null,
    hash bytea not null
        constraint audit_chain_hash_check check (octet_length(hash) = 32),
    constraint audit_chain_pkey primary key (user_id, place),
    constraint audit_chain_user_event_key unique (user_id, event_id)
);

comment on table audit_chain is 'One link per audit event, added by a trigger. Grows without end.';
comment on column audit_chain.place is 'From 1 on without gaps, in the order of the commits.';
comment on column audit_chain.hash is 'SHA-256 over the event, its place and the link before.';

create table audit_backlog (
    only_row boolean not null default true
        constraint audit_backlog_only_row_check check (only_row),
    after_user bigint not null default 0,
    constraint audit_backlog_pkey primary key (only_row)
);

comment on table audit_backlog is 'How far maintenance has come with events from before the chain. No row when it is done.';
comment on column audit_backlog.after_user is 'Users up to this id have a head, if they have events.';

create function wh_audit_part(part text) returns bytea
    language sql immutable parallel safe strict
    return convert_to(octet_length(convert_to(part, 'UTF8')) || ':' || part, 'UTF8');

comment on function wh_audit_part(text) is
    'A part of what wh_audit_hash hashes: its length in bytes, a colon, its bytes. No two lists of parts give the same bytes.';

create function wh_audit_hash(event audit_events, link bigint, previous bytea) returns bytea
    language sql immutable parallel safe
    return sha256(
        wh_audit_part('wh-audit-1')
        || wh_audit_part(encode(previous, 'hex'))
        || wh_audit_part(link::text)
        || wh_audit_part((event).user_id::text)
        || wh_audit_part((event).id::text)
        || wh_audit_part(trunc(extract(epoch from (event).created_at) * 1000000)::text)
        || wh_audit_part((event).kind)
        || wh_audit_part(coalesce((event).session_id::text, ''))
        || wh_audit_part((event).ip)
        || wh_audit_part((event).geo)
        || wh_audit_part((event).user_agent)
        || wh_audit_part((event).target_type)
        || wh_audit_part((event).target_id)
        || wh_audit_part((event).detail::text)
    );

comment on function wh_audit_hash(audit_events, bigint, bytea) is
    'SHA-256 of an event at a place of the chain, form 1; times in microseconds since 1970. wh-repo/src/audit/link.rs says the same.';

create function wh_audit_append(event audit_events, head audit_heads) returns audit_heads
    language plpgsql
    as $$
begin
    head.place := head.place + 1;
    head.hash := public.wh_audit_hash(event, head.place, head.hash);
    head.event_id := greatest(head.event_id, event.id);
    insert into public.audit_chain (user_id, place, event_id, hash)
    values (event.user_id, head.place, event.id, head.hash);
    update public.audit_heads set place = head.place, hash = head.hash, event_id = head.event_id
    where user_id = event.user_id;
    return head;
end
$$;

comment on function wh_audit_append(audit_events, audit_heads) is 'Adds a link. The caller has locked the head.';

create function audit_events_chain() returns trigger
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    head public.audit_heads;
begin
    -- The transaction has deleted the user as well.
    if not exists (select from public.audit_events where user_id = new.user_id and id = new.id) then
        return null;
    end if;
    select * into head from public.audit_heads where user_id = new.user_id for no key update;
    if not found then
        insert into public.audit_heads (user_id, live)
        select new.user_id, not exists (select from public.audit_events where user_id = new.user_id and id < new.id)
        on conflict (user_id) do nothing;
        select * into strict head from public.audit_heads where user_id = new.user_id for no key update;
    end if;
    -- The backlog goes by ascending ids, and does not come back for an event that commits behind it.
    if head.live or new.id <= head.event_id then
        perform public.wh_audit_append(new, head);
    end if;
    return null;
end
$$;

comment on function audit_events_chain() is
    'Chains an event, unless older ones of its user wait. Runs with the rights of its owner: writers of events need none on the chain.';

create function wh_audit_chain_backlog(batch integer) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp
    as $$
declare
    head public.audit_heads;
    event public.audit_events;
    reached bigint;
    work integer := 0;
    before integer;
begin
    for step in 1..20000 loop
        exit when work >= batch;
        select * into head from public.audit_heads where not live
        order by user_id limit 1 for no key update skip locked;
        if found then
            before := work;
            for event in
                select * from public.audit_events
                where user_id = head.user_id and id > head.event_id
                order by id limit batch - work
            loop
                head := public.wh_audit_append(event, head);
                work := work + 1;
            end loop;
            if work < batch then
                update public.audit_heads set live = true where user_id = head.user_id;
            end if;
            continue;
        end if;
        -- The next user with events.
        select after_user into reached from public.audit_backlog for update skip locked;
        exit when not found;
        select user_id into reached from public.audit_events where user_id > reached order by user_id limit 1;
        if not found then
            delete from public.audit_backlog;
            exit;
        end if;
        insert into public.audit_heads (user_id, live) values (reached, false) on conflict (user_id) do nothing;
        update public.audit_backlog set after_user = reached;
    end loop;
    return work;
end
$$;

comment on function wh_audit_chain_backlog(integer) is
    'Chains up to so many events from before the chain, and gives their number. Skips heads that are locked.';

create function wh_audit_prune(of_user bigint, until timestamptz, batch integer) returns integer
    language plpgsql
    as $$
declare
    head public.audit_heads;
    last bigint;
    removed integer;
begin
    select * into head from public.audit_heads where user_id = of_user for no key update;
    if not found then
        return 0;
    end if;
    with oldest as (
        select link.place, event.created_at < until as old
        from public.audit_chain as link
        left join public.audit_events as event on event.user_id = of_user and event.id = link.event_id
        where link.user_id = of_user and link.place > head.anchor_place
        order by link.place
        limit batch
    )
    select max(place) into last
    from oldest
    where place < coalesce((select min(place) from oldest where old is not true), head.place + 1);
    if last is null then
        return 0;
    end if;
    perform set_config('wh.retention', 'on', true);
    delete from public.audit_events
    where user_id = of_user
      and id in (select event_id from public.audit_chain where user_id = of_user and place <= last);
    perform set_config('wh.retention', 'off', true);
    update public.audit_heads
    set anchor_place = last,
        anchor_hash = (select hash from public.audit_chain where user_id = of_user and place = last)
    where user_id = of_user;
    delete from public.audit_chain where user_id = of_user and place <= last;
    get diagnostics removed = row_count;
    return removed;
end
$$;

comment on function wh_audit_prune(bigint, timestamptz, integer) is
    'Retention: removes the oldest events of a user and their links, up to the first that is not older than a time, at most a batch. '
    'Keeps the hash of the last link as the anchor. Gives their number.';
