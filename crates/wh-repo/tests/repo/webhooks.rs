//! Webhooks and their deliveries.

use std::time::Duration;

use futures_util::future::join_all;
use secrecy::ExposeSecret;
use serde_json::json;
use uuid::Uuid;
use wh_repo::{Error, NewDelivery, NewWebhook, Page, WebhookChanges};
use wh_types::{UserId, WebhookId};

use crate::support::World;

pub(crate) fn webhook(user: UserId, events: &[&str]) -> NewWebhook {
    NewWebhook {
        user,
        name: "CI".into(),
        url: "https://ci.acme.dev/hook".into(),
        secret: "whsec_1".into(),
        events: events.iter().map(ToString::to_string).collect(),
        active: true,
    }
}

pub(crate) fn delivery(webhook: WebhookId, n: u128, success: bool) -> NewDelivery {
    NewDelivery {
        webhook,
        delivery_id: Uuid::from_u128(n),
        event: "app.deployed".into(),
        payload: json!({"app": "fi\0rst"}),
        status_code: success.then_some(204),
        success,
        duration: Duration::from_millis(12),
        error: if success { String::new() } else { "timed out".repeat(1000) },
        attempt: 1,
    }
}

#[tokio::test]
async fn a_webhook_is_its_users_and_its_secret_the_senders() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "free").await, world.user("eve", "free").await);
    let webhooks = world.db.webhooks();
    let made =
        webhooks.create(&webhook(ada.id, &["app.deployed", "account.login", "app.deployed"])).await.unwrap();
    assert_eq!(made.events, ["account.login", "app.deployed"]);
    let sender = webhooks.find_with_secret(made.id).await.unwrap().unwrap();
    assert_eq!(sender.secret.expose_secret(), "whsec_1");
    assert!(!format!("{sender:?}").contains("whsec_1"));
    assert!(!world.raw("SELECT w FROM webhooks w").await.contains("whsec_1"));

    assert_eq!(webhooks.find(made.id, ada.id).await.unwrap().as_ref(), Some(&made));
    assert_eq!(webhooks.find(made.id, eve.id).await.unwrap(), None);
    assert_eq!(webhooks.list(ada.id, Page::default()).await.unwrap(), std::slice::from_ref(&made));
    assert_eq!(webhooks.list(eve.id, Page::default()).await.unwrap(), []);

    let changes = WebhookChanges {
        secret: Some("whsec_2".into()),
        events: Some(vec!["app.deleted".into()]),
        ..Default::default()
    };
    let refusal = webhooks.update(made.id, eve.id, &changes).await.unwrap_err();
    assert_eq!(refusal.to_string(), "no such webhook");
    let updated = webhooks.update(made.id, ada.id, &changes).await.unwrap();
    assert_eq!((updated.name.as_str(), updated.events), ("CI", vec!["app.deleted".to_owned()]));
    let sender = webhooks.find_with_secret(made.id).await.unwrap().unwrap();
    assert_eq!(sender.secret.expose_secret(), "whsec_2");

    webhooks.record_delivery(&delivery(made.id, 1, true)).await.unwrap();
    assert!(!webhooks.delete(made.id, eve.id).await.unwrap());
    assert!(webhooks.delete(made.id, ada.id).await.unwrap());
    assert!(!webhooks.delete(made.id, ada.id).await.unwrap());
    assert_eq!(world.raw("SELECT count(*) FROM webhook_deliveries").await, "0");
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_it_reaches_the_database() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let webhooks = world.db.webhooks();
    let good = webhook(ada.id, &["a"]);
    for wrong in [
        NewWebhook { name: String::new(), ..good.clone() },
        NewWebhook { url: "u".repeat(2049), ..good.clone() },
        NewWebhook { events: vec![String::new()], ..good.clone() },
        NewWebhook { events: (0..65).map(|n| format!("event-{n}")).collect(), ..good.clone() },
    ] {
        assert!(matches!(webhooks.create(&wrong).await, Err(Error::Invalid(_))), "{wrong:?}");
    }
    let nobody = webhooks.create(&webhook(UserId::new(0), &[])).await.unwrap_err();
    assert_eq!(nobody.to_string(), "no such user");
    let nowhere = webhooks.record_delivery(&delivery(WebhookId::new(0), 1, true)).await.unwrap_err();
    assert_eq!(nowhere.to_string(), "no such webhook");
    let id = webhooks.create(&good).await.unwrap().id;
    let odd = NewDelivery { status_code: Some(99), ..delivery(id, 1, true) };
    assert!(matches!(webhooks.record_delivery(&odd).await, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn an_event_finds_the_active_webhooks_that_want_it() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "free").await, world.user("eve", "free").await);
    let webhooks = world.db.webhooks();
    let first = webhooks.create(&webhook(ada.id, &["app.deployed"])).await.unwrap().id;
    let second = webhooks.create(&webhook(eve.id, &["app.deployed", "account.login"])).await.unwrap().id;
    webhooks.create(&NewWebhook { active: false, ..webhook(ada.id, &["app.deployed"]) }).await.unwrap();
    webhooks.create(&webhook(ada.id, &["app"])).await.unwrap();
    let wanting = async |event: &str, page| -> Vec<WebhookId> {
        let found = webhooks.list_for_event(event, page).await.unwrap();
        assert!(found.iter().all(|found| found.secret.as_ref().unwrap().expose_secret() == "whsec_1"));
        found.into_iter().map(|found| found.webhook.id).collect()
    };
    assert_eq!(wanting("app.deployed", Page::default()).await, [second, first]);
    assert_eq!(wanting("app.deployed", Page::default().before(second)).await, [first]);
    assert_eq!(wanting("it's \"quoted\" {}", Page::default()).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_counts_once_however_often_it_is_recorded() {
    let world = World::with_connections(16).await;
    let (ada, eve) = (world.user("ada", "free").await, world.user("eve", "free").await);
    let webhooks = world.db.webhooks();
    let id = webhooks.create(&webhook(ada.id, &[])).await.unwrap().id;
    let news: Vec<_> = (0..4).map(|n| delivery(id, n, n > 0)).collect();
    let fresh = join_all((0..64).map(|n| webhooks.record_delivery(&news[n % 4]))).await;
    assert_eq!(fresh.into_iter().filter(|fresh| *fresh.as_ref().unwrap()).count(), 4);

    let counted = webhooks.find(id, ada.id).await.unwrap().unwrap();
    assert_eq!((counted.success_count, counted.failure_count), (3, 1));
    let page = Page::default();
    let listed = webhooks.list_deliveries(id, ada.id, page).await.unwrap();
    assert_eq!(listed.len(), 4);
    assert!(listed.is_sorted_by(|newer, older| newer.id > older.id));
    let failed = listed.iter().find(|delivery| !delivery.success).unwrap();
    assert_eq!((failed.error.len(), failed.payload.clone()), (4096, json!({"app": "first"})));
    assert_eq!(webhooks.list_deliveries(id, eve.id, page).await.unwrap(), []);
    assert_eq!(webhooks.list_deliveries(id, ada.id, page.before(listed[3].id)).await.unwrap(), []);
}

#[tokio::test]
async fn the_headline_figures_are_the_users_own_and_of_the_last_week() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "free").await, world.user("eve", "free").await);
    let webhooks = world.db.webhooks();
    let none = webhooks.stats(ada.id).await.unwrap();
    assert_eq!((none.total, none.active, none.failed_7d, none.last_delivery_at), (0, 0, 0, None));

    let first = webhooks.create(&webhook(ada.id, &[])).await.unwrap().id;
    webhooks.create(&NewWebhook { active: false, ..webhook(ada.id, &[]) }).await.unwrap();
    let eves = webhooks.create(&webhook(eve.id, &[])).await.unwrap().id;
    for n in 0..3 {
        webhooks.record_delivery(&delivery(first, n, false)).await.unwrap();
        webhooks.record_delivery(&delivery(eves, n, false)).await.unwrap();
    }
    world
        .raw("UPDATE webhook_deliveries SET created_at = now() - interval '7 days 1 second' WHERE delivery_id = '00000000-0000-0000-0000-000000000000'")
        .await;
    let stats = webhooks.stats(ada.id).await.unwrap();
    assert_eq!((stats.total, stats.active, stats.failed_7d), (2, 1, 2));
    assert!(stats.last_delivery_at.is_some());
}

#[tokio::test]
async fn a_damaged_secret_stops_nobody_else() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let webhooks = world.db.webhooks();
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(webhooks.create(&webhook(ada.id, &["app.deployed"])).await.unwrap().id);
    }
    for (n, damage) in [(0, "left(secret, -3) || 'abc'"), (2, "'v1:'"), (4, "'v1:not base64'")] {
        world.raw(&format!("UPDATE webhooks SET secret = {damage} WHERE id = {}", ids[n])).await;
    }
    let found = webhooks.list_for_event("app.deployed", Page::of(4).unwrap()).await.unwrap();
    let found: Vec<_> = found.iter().map(|found| (found.webhook.id, found.secret.is_ok())).collect();
    assert_eq!(found, [(ids[4], false), (ids[3], true), (ids[2], false), (ids[1], true)]);
    let rest = webhooks.list_for_event("app.deployed", Page::default().before(ids[1])).await.unwrap();
    let error = rest[0].secret.as_ref().unwrap_err();
    let at = format!("webhooks.secret of row {}", ids[0]);
    assert!(matches!(error, Error::Corrupt { .. }) && error.to_string().contains(&at), "{error}");
}

#[tokio::test]
async fn what_a_webhook_wants_and_whether_it_is_active_is_followed() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let webhooks = world.db.webhooks();
    let id = webhooks.create(&webhook(ada.id, &["a", "b"])).await.unwrap().id;
    let wanted = async |event: &str| {
        let found = webhooks.list_for_event(event, Page::default()).await.unwrap();
        found.into_iter().map(|found| found.webhook.id).collect::<Vec<_>>()
    };
    let change = async |changes: WebhookChanges| drop(webhooks.update(id, ada.id, &changes).await.unwrap());
    change(WebhookChanges { events: Some(vec!["b".into(), "c".into()]), ..Default::default() }).await;
    assert_eq!((wanted("a").await, wanted("b").await, wanted("c").await), (vec![], vec![id], vec![id]));
    change(WebhookChanges { active: Some(false), ..Default::default() }).await;
    assert_eq!(wanted("b").await, []);
    change(WebhookChanges { active: Some(true), ..Default::default() }).await;
    assert_eq!(wanted("c").await, [id]);
    webhooks.delete(id, ada.id).await.unwrap();
    assert_eq!(wanted("c").await, []);
}
