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

drop table audit_seals;
