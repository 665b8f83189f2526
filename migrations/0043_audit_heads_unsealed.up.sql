-- Which heads are due for a seal. Those from before are due a day after this.

alter table audit_heads add column unsealed_since timestamptz default wh_now();

comment on column audit_heads.unsealed_since is 'When the first link after the seal was added; null without one.';

create index audit_heads_unsealed_since_idx on audit_heads (unsealed_since) where unsealed_since is not null;

create or replace function wh_audit_append(event audit_events, head audit_heads) returns audit_heads
    language plpgsql
    as $$
begin
    head.place := head.place + 1;
    head.hash := public.wh_audit_hash(event, head.place, head.hash);
    head.event_id := greatest(head.event_id, event.id);
    insert into public.audit_chain (user_id, place, event_id, hash)
    values (event.user_id, head.place, event.id, head.hash);
    update public.audit_heads
    set place = head.place, hash = head.hash, event_id = head.event_id,
        unsealed_since = coalesce(unsealed_since, public.wh_now())
    where user_id = event.user_id;
    return head;
end
$$;
