drop trigger webhook_subscriptions_follow on webhooks;
drop function webhook_subscriptions_follow();
drop table webhook_subscriptions;
