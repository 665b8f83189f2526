-- wh: no-transaction
-- Finds the oldest deliveries, which maintenance deletes. The table grows without end: nobody who records a delivery is to
-- wait until its index is made.
create index concurrently webhook_deliveries_created_at_idx on webhook_deliveries (created_at);
