-- The webhooks that want an event, in id order: a page of them reads only what it returns. A GIN index over webhooks.events has
-- no order, so each page read every subscriber.

create table webhook_subscriptions (
    event text not null,
    webhook_id bigint not null
        constraint webhook_subscriptions_webhook_id_fkey references webhooks (id) on delete cascade,
    constraint webhook_subscriptions_pkey primary key (event, webhook_id)
);

create index webhook_subscriptions_webhook_id_idx on webhook_subscriptions (webhook_id);

comment on table webhook_subscriptions is
    'One row per active webhook and event it wants. A trigger on webhooks keeps it; nothing else writes it.';
comment on column webhook_subscriptions.event is 'A name out of webhooks.events.';

create function webhook_subscriptions_follow() returns trigger
    language plpgsql
    as $$
begin
    if tg_op = 'UPDATE' then
        delete from public.webhook_subscriptions
        where webhook_id = new.id and not (new.active and event = any (new.events));
    end if;
    if new.active then
        insert into public.webhook_subscriptions (event, webhook_id)
        select distinct wanted, new.id from unnest(new.events) as wanted
        on conflict (event, webhook_id) do nothing;
    end if;
    return null;
end
$$;

comment on function webhook_subscriptions_follow() is 'Brings webhook_subscriptions up to date with one webhook.';

create trigger webhook_subscriptions_follow
    after insert or update of events, active on webhooks
    for each row execute function webhook_subscriptions_follow();

comment on trigger webhook_subscriptions_follow on webhooks is
    'Counters of deliveries do not fire it. Deleting a webhook cascades.';
