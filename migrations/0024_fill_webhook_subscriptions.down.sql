-- The rows go with the table, in the down of 0023.

comment on column webhook_subscriptions.webhook_id is null;
