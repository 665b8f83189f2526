//! Webhooks and their deliveries.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;
use wh_repo::{NewDelivery, NewWebhook, Page, WebhookChanges};
use wh_types::{UserId, WebhookId};

use crate::explained_world::ExplainedWorld;
use crate::plan::Allowance;

/// One of the many, and its owner.
const WEBHOOK: WebhookId = WebhookId::new(4242);
const USER: UserId = UserId::new(4243);
/// Has 20,000 deliveries, a tenth of them failed.
const BUSY: WebhookId = WebhookId::new(1);
const BUSY_USER: UserId = UserId::new(2);

pub(crate) async fn see(explained_world: &mut ExplainedWorld) {
    let page = Page::default();
    explained_world.see("Webhooks::find", async |tx| tx.webhooks().find(WEBHOOK, USER).await).await;
    explained_world
        .see("Webhooks::find_with_secret", async |tx| tx.webhooks().find_with_secret(WEBHOOK).await)
        .await;
    explained_world.see("Webhooks::list", async |tx| tx.webhooks().list(USER, page).await).await;
    // Wanted by few, and by all.
    for event in ["app.event-242", "app.stopped"] {
        for page in [page, page.before(WebhookId::new(10_000))] {
            explained_world
                .see("Webhooks::list_for_event", async |tx| tx.webhooks().list_for_event(event, page).await)
                .await;
        }
    }
    let new = NewWebhook {
        user: USER,
        name: "hook".into(),
        url: "https://example.org".into(),
        secret: "whsec".into(),
        events: vec!["app.deployed".into()],
        active: true,
    };
    explained_world.see("Webhooks::create", async |tx| tx.webhooks().create(&new).await.map(drop)).await;
    let changes = WebhookChanges { active: Some(false), ..Default::default() };
    explained_world
        .see("Webhooks::update", async |tx| tx.webhooks().update(WEBHOOK, USER, &changes).await.map(drop))
        .await;
    for (id, user) in [(WEBHOOK, USER), (BUSY, BUSY_USER)] {
        let sent = NewDelivery {
            webhook: id,
            delivery_id: Uuid::nil(),
            event: "app.deployed".into(),
            payload: json!({}),
            status_code: Some(204),
            success: true,
            duration: Duration::ZERO,
            error: String::new(),
            attempt: 1,
        };
        explained_world
            .see("Webhooks::record_delivery", async |tx| tx.webhooks().record_delivery(&sent).await)
            .await;
        explained_world
            .see("Webhooks::list_deliveries", async |tx| {
                tx.webhooks().list_deliveries(id, user, Page::default()).await
            })
            .await;
        explained_world.see("Webhooks::delete", async |tx| tx.webhooks().delete(id, user).await).await;
    }
    explained_world.see("Webhooks::stats", async |tx| tx.webhooks().stats(USER).await.map(drop)).await;
    // It counts the failures of the last week.
    let failures = Allowance::rows(100);
    explained_world
        .see_with("Webhooks::stats", failures, async |tx| tx.webhooks().stats(BUSY_USER).await.map(drop))
        .await;
}
