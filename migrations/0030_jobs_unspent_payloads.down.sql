-- wh: no-transaction
drop index concurrently jobs_spent_payload_idx;
