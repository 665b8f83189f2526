drop table webhook_deliveries;
drop table webhooks;
drop table domains;
