create or replace function wh_audit_append(event audit_events, head audit_heads) returns audit_heads
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

drop index audit_heads_unsealed_since_idx;
alter table audit_heads drop column unsealed_since;
