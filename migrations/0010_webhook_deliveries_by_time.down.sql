-- wh: no-transaction
drop index concurrently webhook_deliveries_created_at_idx;
