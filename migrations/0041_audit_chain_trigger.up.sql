-- Deferred, so that the lock of a head is the last of its transaction and is held only while it commits. The apply worker of logical
-- replication does not fire it: it copies audit_chain and audit_heads.

create constraint trigger audit_events_chain
    after insert on audit_events
    deferrable initially deferred
    for each row execute function audit_events_chain();

comment on trigger audit_events_chain on audit_events is 'Chains each event when its transaction commits.';

-- From here on every event of a user without a head is found by maintenance.
insert into audit_backlog default values;
