-- wh: no-transaction
drop index concurrently alerts_resolved_at_idx;
