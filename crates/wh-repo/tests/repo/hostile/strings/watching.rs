//! Texts about domains, webhooks and alerts.

use serde_json::json;
use wh_repo::rows::Alert;
use wh_repo::{Error, NewAlert, NewDelivery, NewDomain, NewWebhook, Page, Tx, WebhookChanges};
use wh_types::{AlertStatus, Hostname};

use super::super::hostile_world::{HostileWorld, new_domain};
use super::super::texts::Rule::{self, Chars, Cut, Lookup, WithoutNul};
use super::{answer, case, found, try_all};
use crate::alerts::alert;
use crate::webhooks::{delivery, webhook};

#[tokio::test]
async fn domains_and_webhooks_keep_what_they_are_given() {
    try_all(&[
        case("domains.create", "host name", Rule::Hostname, |tx, world, text| {
            answer(async move {
                let hostname = Hostname::from_stored(text);
                let new = NewDomain { hostname, ..new_domain(world.ada.id, world.idle.app) };
                let made = tx.domains().create(&new).await?;
                tx.domains().mark_verified(made.id).await?;
                assert!(tx.domains().list_verified(world.idle.app).await?.contains(&new.hostname));
                Ok(made.hostname)
            })
        }),
        case("domains.create", "verification_token", Chars(1, 255), |tx, world, text| {
            answer(async move {
                let hostname = "new.acme.dev".parse()?;
                let new = NewDomain {
                    hostname,
                    verification_token: text,
                    ..new_domain(world.ada.id, world.idle.app)
                };
                let made = tx.domains().create(&new).await?;
                Ok(tx.domains().find(made.id, world.ada.id).await?.unwrap().verification_token)
            })
        }),
        case("domains.mark_check_failed", "reason", Cut(4096), |tx, world, text| {
            answer(async move {
                tx.domains().mark_check_failed(world.domain.id, &text).await?;
                Ok(tx.domains().find(world.domain.id, world.ada.id).await?.unwrap().last_check_error)
            })
        }),
        case("webhooks.create", "name", Chars(1, 255), |tx, world, text| {
            answer(async move {
                let new = NewWebhook { name: text, ..webhook(world.ada.id, &[]) };
                Ok(tx.webhooks().create(&new).await?.name)
            })
        }),
        case("webhooks.create", "url", Chars(1, 2048), |tx, world, text| {
            answer(async move {
                let new = NewWebhook { url: text, ..webhook(world.ada.id, &[]) };
                Ok(tx.webhooks().create(&new).await?.url)
            })
        }),
        case("webhooks.create", "events", Chars(1, 64), |tx, world, text| {
            answer(async move {
                let made = tx.webhooks().create(&webhook(world.eve.id, &[&text])).await?;
                let wanting = tx.webhooks().list_for_event(&text, Page::default()).await?;
                assert_eq!(wanting[0].webhook.id, made.id);
                Ok(made.events.concat())
            })
        }),
        case("webhooks.update", "name", Chars(1, 255), |tx, world, text| {
            let changes = WebhookChanges { name: Some(text), ..Default::default() };
            answer(
                async move { Ok(tx.webhooks().update(world.webhook.id, world.ada.id, &changes).await?.name) },
            )
        }),
        case("webhooks.update", "url", Chars(1, 2048), |tx, world, text| {
            let changes = WebhookChanges { url: Some(text), ..Default::default() };
            answer(async move {
                tx.webhooks().update(world.webhook.id, world.ada.id, &changes).await?;
                Ok(tx.webhooks().find(world.webhook.id, world.ada.id).await?.unwrap().url)
            })
        }),
        case("webhooks.update", "events", Chars(1, 64), |tx, world, text| {
            let changes = WebhookChanges { events: Some(vec![text]), ..Default::default() };
            answer(async move {
                Ok(tx.webhooks().update(world.webhook.id, world.ada.id, &changes).await?.events.concat())
            })
        }),
        case("webhooks.record_delivery", "event", Chars(1, 64), |tx, world, text| {
            answer(async move {
                let sent = NewDelivery { event: text, ..delivery(world.webhook.id, 2, true) };
                assert!(tx.webhooks().record_delivery(&sent).await?);
                Ok(newest_delivery(tx, world).await?.event)
            })
        }),
        case("webhooks.record_delivery", "error", Cut(4096), |tx, world, text| {
            answer(async move {
                let sent = NewDelivery { error: text, ..delivery(world.webhook.id, 2, false) };
                assert!(tx.webhooks().record_delivery(&sent).await?);
                Ok(newest_delivery(tx, world).await?.error)
            })
        }),
        case("webhooks.record_delivery", "payload", WithoutNul, |tx, world, text| {
            answer(async move {
                let payload = json!({"here": [{ text: null }]});
                let sent = NewDelivery { payload, ..delivery(world.webhook.id, 2, false) };
                assert!(tx.webhooks().record_delivery(&sent).await?);
                let payload = newest_delivery(tx, world).await?.payload;
                Ok(payload["here"][0].as_object().unwrap().keys().next().unwrap().clone())
            })
        }),
        case("webhooks.list_for_event", "event", Lookup, |tx, _, text| {
            answer(
                async move { Ok(found(tx.webhooks().list_for_event(&text, Page::default()).await?.first())) },
            )
        }),
    ])
    .await;
}

async fn newest_delivery(tx: &Tx<'_>, world: &HostileWorld) -> Result<wh_repo::rows::WebhookDelivery, Error> {
    let page = Page::default();
    Ok(tx.webhooks().list_deliveries(world.webhook.id, world.ada.id, page).await?.remove(0))
}

/// Raises an alert and finds it by its source.
async fn raise(tx: &Tx<'_>, world: &HostileWorld, new: NewAlert) -> Result<Alert, Error> {
    let made = tx.alerts().create(&new).await?.alert;
    let (kind, id) = (&new.source_type, &new.source_id);
    assert_eq!(tx.alerts().find_active(world.eve.id, kind, id).await?.as_ref(), Some(&made));
    assert_eq!(tx.alerts().resolve_by_source(world.eve.id, kind, id).await?, 1);
    assert_eq!(made.status, AlertStatus::Active);
    Ok(made)
}

#[tokio::test]
async fn alerts_keep_what_they_say_and_where_they_came_from() {
    try_all(&[
        case("alerts.create", "title", Chars(1, 255), |tx, world, text| {
            let new = NewAlert { title: text, ..alert(world.eve.id, None, "7") };
            answer(async move { Ok(raise(tx, world, new).await?.title) })
        }),
        case("alerts.create", "message", Cut(4096), |tx, world, text| {
            let new = NewAlert { message: text, ..alert(world.eve.id, None, "7") };
            answer(async move { Ok(raise(tx, world, new).await?.message) })
        }),
        case("alerts.create", "source_type", Chars(1, 64), |tx, world, text| {
            let new = NewAlert { source_type: text, ..alert(world.eve.id, None, "7") };
            answer(async move { Ok(raise(tx, world, new).await?.source_type) })
        }),
        case("alerts.create", "source_id", Chars(1, 255), |tx, world, text| {
            let new = NewAlert { source_id: text, ..alert(world.eve.id, None, "7") };
            answer(async move { Ok(raise(tx, world, new).await?.source_id) })
        }),
        case("alerts.find_active", "source", Lookup, |tx, world, text| {
            answer(async move { Ok(found(tx.alerts().find_active(world.ada.id, &text, &text).await?)) })
        }),
        case("alerts.resolve_by_source", "source", Lookup, |tx, world, text| {
            answer(async move {
                let resolved = tx.alerts().resolve_by_source(world.ada.id, &text, &text).await?;
                Ok(found((resolved > 0).then_some(())))
            })
        }),
    ])
    .await;
}
