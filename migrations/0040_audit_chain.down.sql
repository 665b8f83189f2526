drop function wh_audit_prune(bigint, timestamptz, integer);
drop function wh_audit_chain_backlog(integer);
drop function audit_events_chain();
drop function wh_audit_append(audit_events, audit_heads);
drop function wh_audit_hash(audit_events, bigint, bytea);
drop function wh_audit_part(text);
drop table audit_backlog;
drop table audit_chain;
drop table audit_heads;
