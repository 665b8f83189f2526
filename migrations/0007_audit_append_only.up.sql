-- What has been recorded stays as it was, whoever asks.

create function audit_events_append_only() returns trigger
    language plpgsql
    as $$
begin
    if tg_op = 'DELETE' then
        -- Retention says so itself, for its own transaction: set local wh.retention = 'on'.
        if current_setting('wh.retention', true) = 'on' then
            return old;
        end if;
        -- The cascade: the user is gone already.
        if not exists (select from public.users where id = old.user_id) then
            return old;
        end if;
    end if;
    raise exception 'audit_events is append-only: % is refused', tg_op
        using errcode = 'integrity_constraint_violation',
              hint = 'Events go with their user, or by retention (set local wh.retention = ''on'', then DELETE).';
end
$$;

comment on function audit_events_append_only() is 'Refuses to change audit_events.';

create trigger audit_events_append_only
    before update or delete on audit_events
    for each row execute function audit_events_append_only();

create trigger audit_events_no_truncate
    before truncate on audit_events
    for each statement execute function audit_events_append_only();

comment on trigger audit_events_append_only on audit_events is
    'Lets nothing but retention and the cascade from users remove an event.';
comment on trigger audit_events_no_truncate on audit_events is 'TRUNCATE fires no row trigger.';
