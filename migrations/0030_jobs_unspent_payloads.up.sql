-- wh: no-transaction
-- Maintenance: payloads of jobs that are over, from processes that did not empty them. Empty once that is done.
create index concurrently jobs_spent_payload_idx on jobs (id)
    where payload <> '' and status in ('completed', 'failed', 'cancelled');
