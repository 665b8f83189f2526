-- The webhooks from before 0023. FOR SHARE: a webhook that is being changed is read at its newest version, after the change.

with webhook as materialized (
    select id, events from webhooks where active for share
)
insert into webhook_subscriptions (event, webhook_id)
select distinct event, id from webhook cross join unnest(events) as event
on conflict (event, webhook_id) do nothing;

comment on column webhook_subscriptions.webhook_id is 'A webhook that is active.';
