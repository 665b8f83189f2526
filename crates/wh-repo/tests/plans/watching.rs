//! Alert rules, alerts, usage.

use chrono::{DateTime, TimeDelta, Utc};
use wh_repo::{AlertFilter, NewAlert, NewAlertRule, NewUsageSample, Page, UsageScope};
use wh_types::{AlertId, AlertKind, AlertSeverity, AlertStatus, AppId, UserId};

use crate::accounts::USER;
use crate::apps::{APP, BUSY};
use crate::explained_world::ExplainedWorld;
use crate::plan::Allowance;

/// Has 20,000 alerts, all but five of them resolved.
const BUSY_USER: UserId = UserId::new(1);

pub(crate) async fn see(explained_world: &mut ExplainedWorld) {
    rules(explained_world).await;
    alerts(explained_world).await;
    usage(explained_world).await;
}

async fn rules(explained_world: &mut ExplainedWorld) {
    let rule = NewAlertRule {
        app: APP,
        user: USER,
        kind: AlertKind::Cpu,
        threshold: 50,
        sustain_minutes: 1,
        enabled: true,
    };
    explained_world.see("AlertRules::ensure", async |tx| tx.alert_rules().ensure(APP, USER).await).await;
    explained_world.see("AlertRules::list", async |tx| tx.alert_rules().list(APP).await).await;
    explained_world
        .see("AlertRules::upsert", async |tx| tx.alert_rules().upsert(&rule).await.map(drop))
        .await;
    let page = Page::default();
    explained_world
        .see("AlertRules::list_enabled", async |tx| tx.alert_rules().list_enabled(page).await)
        .await;
    let (apps, after) = (Page::default(), Page::default().before(AppId::new(20_000)));
    for page in [apps, after] {
        explained_world.see("AlertRules::list_apps", async |tx| tx.alert_rules().list_apps(page).await).await;
    }
}

async fn alerts(explained_world: &mut ExplainedWorld) {
    let new = NewAlert {
        user: USER,
        app: Some(APP),
        kind: AlertKind::Cpu,
        severity: AlertSeverity::Warning,
        title: "CPU".into(),
        message: String::new(),
        source_type: "rule".into(),
        source_id: "new".into(),
    };
    explained_world
        .see("Alerts::create", async |tx| {
            tx.alerts().create(&new).await?;
            tx.alerts().create(&new).await.map(drop)
        })
        .await;
    // Every tenth is active, and its number is its source.
    let (id, owner) = (AlertId::new(4250), UserId::new(4251));
    explained_world
        .see("Alerts::find_active", async |tx| tx.alerts().find_active(owner, "rule", "4250").await)
        .await;
    explained_world
        .see("Alerts::resolve_by_source", async |tx| {
            tx.alerts().resolve_by_source(owner, "rule", "4250").await
        })
        .await;
    explained_world
        .see("Alerts::update_status", async |tx| {
            tx.alerts().update_status(id, owner, AlertStatus::Resolved).await.map(drop)
        })
        .await;

    let (any, page) = (AlertFilter::default(), Page::default());
    for user in [USER, BUSY_USER] {
        let all = if user == USER { 100 } else { 20_100 };
        // The counters are over all alerts of the user.
        let counters = Allowance::rows(all);
        for filter in [
            any,
            AlertFilter { status: Some(AlertStatus::Resolved), ..any },
            AlertFilter { kind: Some(AlertKind::Cpu), ..any },
        ] {
            explained_world
                .see_with("Alerts::list", counters, async |tx| {
                    tx.alerts().list(user, filter, page).await.map(|found| found.alerts)
                })
                .await;
        }
    }
    // What is rare among much: the list itself must not go through all of it.
    let busy = AlertFilter { app: Some(BUSY), ..any };
    for filter in [
        AlertFilter { status: Some(AlertStatus::Acknowledged), ..any },
        AlertFilter { kind: Some(AlertKind::Disk), ..any },
        busy,
        AlertFilter { status: Some(AlertStatus::Acknowledged), ..busy },
        AlertFilter { kind: Some(AlertKind::Disk), ..busy },
    ] {
        // The counters are over all alerts of the user.
        let counters = Allowance::rows(20_100);
        explained_world
            .see_with("Alerts::list", counters, async |tx| {
                tx.alerts().list(BUSY_USER, filter, page).await.map(|found| found.alerts)
            })
            .await;
    }
}

async fn usage(explained_world: &mut ExplainedWorld) {
    let noon: DateTime<Utc> = "2028-02-29T12:00:00Z".parse().unwrap();
    let app = AppId::new(42);
    let sample = NewUsageSample {
        app,
        bucket_start: noon,
        cpu_avg: 1.0,
        cpu_max: 1,
        memory_avg_mib: 1.0,
        memory_max_mib: 1,
        network_rx_bytes: 1,
        network_tx_bytes: 1,
        disk_mib: 1,
        samples: 1,
    };
    explained_world
        .see("UsageSamples::upsert", async |tx| tx.usage_samples().upsert(&sample).await.map(drop))
        .await;
    let from = noon - TimeDelta::hours(5);
    for scope in [UsageScope::App(app), UsageScope::User(UserId::new(42))] {
        explained_world
            .see("UsageSamples::list", async |tx| tx.usage_samples().list(scope, from, noon).await)
            .await;
    }
    let twice = Allowance::rows(200);
    explained_world
        .see_with("UsageSamples::prune", twice, async |tx| tx.usage_samples().prune(from, 100).await)
        .await;
    let later = noon + TimeDelta::seconds(1);
    explained_world
        .see_with("Alerts::prune_resolved", twice, async |tx| tx.alerts().prune_resolved(later, 100).await)
        .await;
    explained_world.see_with("Jobs::prune", twice, async |tx| tx.jobs().prune(later, 100).await).await;
    explained_world
        .see_with("Deployments::prune_logs", twice, async |tx| tx.deployments().prune_logs(later, 100).await)
        .await;
    explained_world
        .see_with("Webhooks::prune_deliveries", twice, async |tx| {
            tx.webhooks().prune_deliveries(noon, 100).await
        })
        .await;
}
