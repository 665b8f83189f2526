-- wh: no-transaction
-- Retention: the alerts that were resolved first.
create index concurrently alerts_resolved_at_idx on alerts (resolved_at, id) where status = 'resolved';
