//! Webhooks, alerts, usage.

use wh_repo::{NewAlertRule, WebhookChanges};
use wh_types::{AlertId, AlertKind, AlertStatus, AppId, UserId, WebhookId};

use super::{LossyWorld, Promise};
use crate::alerts::alert;
use crate::support::World;
use crate::usage_samples::sample;
use crate::webhooks::{delivery, webhook};

const ADA: UserId = UserId::new(1);

pub(super) async fn run(lossy_world: &mut LossyWorld) {
    webhooks(lossy_world).await;
    alerts(lossy_world).await;
    usage(lossy_world).await;
}

async fn with_webhook(world: &World) -> WebhookId {
    world.user("ada", "pro").await;
    world.db.webhooks().create(&webhook(ADA, &["app.deployed"])).await.unwrap().id
}

async fn app(world: &World) -> AppId {
    let ada = world.user("ada", "pro").await;
    world.app(&ada, "first-shop").await.app
}

async fn webhooks(lossy_world: &mut LossyWorld) {
    let ada = async |world: &World| drop(world.user("ada", "pro").await);
    let (world, ()) = lossy_world
        .lose("Webhooks::create", Promise::Anew, ada, async |db, ()| {
            db.webhooks().create(&webhook(ADA, &["app.deployed"])).await
        })
        .await;
    assert_eq!(world.raw("SELECT count(*) FROM webhooks").await, "2", "called again there are two");
    let changes = WebhookChanges { name: Some("other".into()), ..Default::default() };
    lossy_world
        .lose("Webhooks::update", Promise::Same, with_webhook, async |db, id| {
            db.webhooks().update(*id, ADA, &changes).await
        })
        .await;
    for success in [true, false] {
        let sent = async |world: &World| delivery(with_webhook(world).await, 7, success);
        lossy_world
            .lose("Webhooks::record_delivery", Promise::NothingLeft("Ok(false)"), sent, async |db, sent| {
                db.webhooks().record_delivery(sent).await
            })
            .await;
    }
    let delivered = async |world: &World| {
        let id = with_webhook(world).await;
        world.db.webhooks().record_delivery(&delivery(id, 7, true)).await.unwrap();
        id
    };
    lossy_world
        .lose("Webhooks::delete", Promise::NothingLeft("Ok(false)"), delivered, async |db, id| {
            db.webhooks().delete(*id, ADA).await
        })
        .await;
}

/// An alert that is active.
async fn raised(world: &World) -> AlertId {
    let app = app(world).await;
    world.db.alerts().create(&alert(ADA, Some(app), "7")).await.unwrap().alert.id
}

async fn alerts(lossy_world: &mut LossyWorld) {
    lossy_world
        .lose("AlertRules::ensure", Promise::Same, app, async |db, app| {
            db.alert_rules().ensure(*app, ADA).await
        })
        .await;
    lossy_world
        .lose("AlertRules::upsert", Promise::Same, app, async |db, app| {
            let rule = NewAlertRule {
                app: *app,
                user: ADA,
                kind: AlertKind::Cpu,
                threshold: 50,
                sustain_minutes: 1,
                enabled: true,
            };
            db.alert_rules().upsert(&rule).await
        })
        .await;
    lossy_world
        .lose("Alerts::create", Promise::Same, app, async |db, app| {
            db.alerts().create(&alert(ADA, Some(*app), "7")).await
        })
        .await;
    for status in [AlertStatus::Acknowledged, AlertStatus::Resolved] {
        lossy_world
            .lose("Alerts::update_status", Promise::Same, raised, async |db, id| {
                db.alerts().update_status(*id, ADA, status).await
            })
            .await;
    }
    lossy_world
        .lose("Alerts::resolve_by_source", Promise::NothingLeft("Ok(0)"), raised, async |db, _| {
            db.alerts().resolve_by_source(ADA, "rule", "7").await
        })
        .await;
}

async fn usage(lossy_world: &mut LossyWorld) {
    lossy_world
        .lose("UsageSamples::upsert", Promise::Unknown, app, async |db, app| {
            db.usage_samples().upsert(&sample(*app, 0)).await
        })
        .await;
    let sampled = async |world: &World| {
        let app = app(world).await;
        world.db.usage_samples().upsert(&sample(app, 0)).await.unwrap();
        sample(app, 1).bucket_start
    };
    lossy_world
        .lose("UsageSamples::prune", Promise::NothingLeft("Ok(0)"), sampled, async |db, before| {
            db.usage_samples().prune(*before, 10).await
        })
        .await;
    let delivered = async |world: &World| {
        app(world).await;
        let new = crate::webhooks::webhook(wh_types::UserId::new(1), &["app.deployed"]);
        let webhook = world.db.webhooks().create(&new).await.unwrap();
        world.db.webhooks().record_delivery(&crate::webhooks::delivery(webhook.id, 1, true)).await.unwrap();
        "2100-01-01T00:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap()
    };
    lossy_world
        .lose("Webhooks::prune_deliveries", Promise::NothingLeft("Ok(0)"), delivered, async |db, before| {
            db.webhooks().prune_deliveries(*before, 10).await
        })
        .await;
    let far = || "2100-01-01T00:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let over = async |world: &World| {
        let id = raised(world).await;
        world.db.alerts().update_status(id, ADA, AlertStatus::Resolved).await.unwrap();
    };
    lossy_world
        .lose("Alerts::prune_resolved", Promise::NothingLeft("Ok(0)"), over, async |db, ()| {
            db.alerts().prune_resolved(far(), 10).await
        })
        .await;
    let claimed = async |world: &World| {
        let app = app(world).await;
        let name = "shop.acme.dev".parse().unwrap();
        let claim = wh_repo::NewDomain { user: ADA, app, hostname: name, verification_token: "t".into() };
        world.db.domains().create(&claim).await.unwrap();
    };
    lossy_world
        .lose("Domains::prune_claims", Promise::NothingLeft("Ok(0)"), claimed, async |db, ()| {
            db.domains().prune_claims(far(), 10).await
        })
        .await;
    let ended = async |world: &World| {
        app(world).await;
        world
            .raw(
                "UPDATE jobs SET status = 'failed', completed_at = '2020-01-01';
                 UPDATE deployments SET status = 'failed', finished_at = '2020-01-01', build_logs = 'error'",
            )
            .await;
    };
    lossy_world
        .lose("Jobs::prune", Promise::NothingLeft("Ok(0)"), ended, async |db, ()| {
            db.jobs().prune(far(), 10).await
        })
        .await;
    lossy_world
        .lose("Deployments::prune_logs", Promise::NothingLeft("Ok(0)"), ended, async |db, ()| {
            db.deployments().prune_logs(far(), 10).await
        })
        .await;
}
