-- One signed head for each user. A chain that was rewritten or cut does not agree with it.

create table audit_seals (
    user_id bigint not null
        constraint audit_seals_user_id_fkey references users (id) on delete cascade,
    place bigint not null
        constraint audit_seals_place_check check (place > 0),
    hash bytea not null
        constraint audit_seals_hash_check check (octet_length(hash) = 32),
    sealed_at timestamptz not null,
    key_id text not null,
    mac bytea not null
        constraint audit_seals_mac_check check (octet_length(mac) = 32),
    constraint audit_seals_pkey primary key (user_id)
);

comment on table audit_seals is 'The last signed head of the chain of each user.';
comment on column audit_seals.place is 'Place of the link that was the last one.';
comment on column audit_seals.hash is 'Hash of that link.';
comment on column audit_seals.key_id is 'Fingerprint of the server secret of the signature.';
comment on column audit_seals.mac is 'HMAC-SHA-256 over user, place, hash and time.';

create or replace function wh_audit_prune(of_user bigint, until timestamptz, batch integer) returns integer
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
    where place < coalesce((select min(place) from oldest where old is not true), head.place + 1)
      -- Links after the seal stay until the next one: nothing else would vouch for the anchor.
      and place <= coalesce((select place from public.audit_seals where user_id = of_user), head.place);
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
