//! What tells users how their apps are: webhooks, alerts, usage.

use wh_repo::{AlertFilter, NewAlertRule, Page, UsageScope, WebhookChanges};
use wh_types::{AlertKind, AlertStatus};

use super::CountedWorld;
use crate::alerts::alert;
use crate::usage_samples::sample;
use crate::webhooks::{delivery, webhook};

#[tokio::test]
async fn webhooks_cost_one_and_making_one_two() {
    let counted_world = CountedWorld::new().await;
    let ada = counted_world.world.user("ada", "pro").await;
    let new = webhook(ada.id, &["app.deployed"]);
    let (page, changes) = (Page::default(), WebhookChanges::default());
    let id = counted_world.count("webhooks.create", 2, async |db| db.webhooks().create(&new).await).await.id;
    counted_world.count("webhooks.find", 1, async |db| db.webhooks().find(id, ada.id).await).await;
    counted_world
        .count("webhooks.find_with_secret", 1, async |db| db.webhooks().find_with_secret(id).await)
        .await;
    counted_world.count("webhooks.list", 1, async |db| db.webhooks().list(ada.id, page).await).await;
    counted_world
        .count("webhooks.list_for_event", 1, async |db| {
            db.webhooks().list_for_event("app.deployed", page).await
        })
        .await;
    counted_world
        .count("webhooks.update", 1, async |db| db.webhooks().update(id, ada.id, &changes).await)
        .await;
    let sent = delivery(id, 1, true);
    counted_world
        .count("webhooks.record_delivery", 1, async |db| db.webhooks().record_delivery(&sent).await)
        .await;
    counted_world
        .count("webhooks.list_deliveries", 1, async |db| {
            db.webhooks().list_deliveries(id, ada.id, Page::default()).await
        })
        .await;
    counted_world.count("webhooks.stats", 1, async |db| db.webhooks().stats(ada.id).await).await;
    counted_world.count("webhooks.delete", 1, async |db| db.webhooks().delete(id, ada.id).await).await;
}

#[tokio::test]
async fn alerts_and_usage_cost_one() {
    let counted_world = CountedWorld::new().await;
    let ada = counted_world.world.user("ada", "pro").await;
    let app = counted_world.world.app(&ada, "first-shop").await.app;
    let rule = NewAlertRule {
        app,
        user: ada.id,
        kind: AlertKind::Cpu,
        threshold: 50,
        sustain_minutes: 1,
        enabled: true,
    };
    counted_world.count("alert_rules.upsert", 1, async |db| db.alert_rules().upsert(&rule).await).await;
    counted_world.count("alert_rules.ensure", 1, async |db| db.alert_rules().ensure(app, ada.id).await).await;
    counted_world.count("alert_rules.list", 1, async |db| db.alert_rules().list(app).await).await;
    counted_world
        .count("alert_rules.list_enabled", 1, async |db| db.alert_rules().list_enabled(Page::default()).await)
        .await;
    counted_world
        .count("alert_rules.list_apps", 1, async |db| db.alert_rules().list_apps(Page::default()).await)
        .await;

    let new = alert(ada.id, Some(app), "7");
    let id =
        counted_world.count("alerts.create", 1, async |db| db.alerts().create(&new).await).await.alert.id;
    counted_world
        .count("alerts.find_active", 1, async |db| db.alerts().find_active(ada.id, "rule", "7").await)
        .await;
    let filter =
        AlertFilter { status: Some(AlertStatus::Active), kind: Some(AlertKind::Cpu), app: Some(app) };
    counted_world
        .count("alerts.list", 1, async |db| db.alerts().list(ada.id, filter, Page::default()).await)
        .await;
    counted_world
        .count("alerts.update_status", 1, async |db| {
            db.alerts().update_status(id, ada.id, AlertStatus::Acknowledged).await
        })
        .await;
    counted_world
        .count("alerts.resolve_by_source", 1, async |db| {
            db.alerts().resolve_by_source(ada.id, "rule", "7").await
        })
        .await;

    let measured = sample(app, 0);
    let (from, to) = (measured.bucket_start, measured.bucket_start + chrono::TimeDelta::days(90));
    counted_world
        .count("usage_samples.upsert", 1, async |db| db.usage_samples().upsert(&measured).await)
        .await;
    for scope in [UsageScope::App(app), UsageScope::User(ada.id)] {
        counted_world
            .count("usage_samples.list", 1, async |db| db.usage_samples().list(scope, from, to).await)
            .await;
    }
    counted_world.count("usage_samples.prune", 1, async |db| db.usage_samples().prune(from, 10).await).await;
    counted_world
        .count("webhooks.prune_deliveries", 1, async |db| db.webhooks().prune_deliveries(from, 10).await)
        .await;
    counted_world
        .count("alerts.prune_resolved", 1, async |db| db.alerts().prune_resolved(from, 10).await)
        .await;
    counted_world
        .count("domains.prune_claims", 1, async |db| db.domains().prune_claims(from, 10).await)
        .await;
    counted_world.count("jobs.prune", 1, async |db| db.jobs().prune(from, 10).await).await;
    counted_world
        .count("deployments.prune_logs", 1, async |db| db.deployments().prune_logs(from, 10).await)
        .await;
}
