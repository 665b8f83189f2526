drop trigger audit_events_no_truncate on audit_events;
drop trigger audit_events_append_only on audit_events;
drop function audit_events_append_only();
