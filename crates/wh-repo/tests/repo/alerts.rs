//! Alert rules and alerts.

use std::time::Duration;

use futures_util::future::join_all;
use wh_plans::Plans;
use wh_repo::{AlertFilter, AlertStats, Conflict, Database, Error, NewAlert, NewAlertRule, Page, Reason};
use wh_types::{AlertId, AlertKind, AlertSeverity, AlertStatus, AppId, UserId, Vocabulary};

use crate::support::{World, keys, settings};

pub(crate) fn alert(user: UserId, app: Option<AppId>, source: &str) -> NewAlert {
    NewAlert {
        user,
        app,
        kind: AlertKind::Cpu,
        severity: AlertSeverity::Warning,
        title: "CPU over 90 %".into(),
        message: "🦀".repeat(5000),
        source_type: "rule".into(),
        source_id: source.into(),
    }
}

#[tokio::test]
async fn an_app_is_given_each_rule_once_and_keeps_its_own() {
    let world = World::with_connections(16).await;
    let (ada, eve) = (world.user("ada", "pro").await, world.user("eve", "pro").await);
    let app = world.app(&ada, "first-shop").await.app;
    let rules = world.db.alert_rules();
    let own = NewAlertRule {
        app,
        user: ada.id,
        kind: AlertKind::Cpu,
        threshold: 50,
        sustain_minutes: 1,
        enabled: false,
    };
    let made = rules.upsert(&own).await.unwrap();
    let ensured = join_all((0..64).map(|_| rules.ensure(app, ada.id))).await;
    assert!(ensured.into_iter().all(|outcome| outcome.is_ok()));

    let listed = rules.list(app).await.unwrap();
    assert_eq!(listed.len(), AlertKind::ALL.len());
    assert_eq!(listed[0], made);
    let again = rules.upsert(&NewAlertRule { threshold: 100, ..own }).await.unwrap();
    assert_eq!((again.id, again.threshold, again.enabled), (made.id, 100, false));
    let enabled = rules.list_enabled(Page::default()).await.unwrap();
    assert_eq!(enabled.len(), 6);
    assert_eq!(rules.list_enabled(Page::of(3).unwrap().before(enabled[2].id)).await.unwrap(), enabled[3..]);

    for refusal in [
        rules.ensure(app, eve.id).await.err(),
        rules.upsert(&NewAlertRule { user: eve.id, ..own }).await.err(),
        rules.ensure(AppId::new(0), ada.id).await.err(),
    ] {
        assert_eq!(refusal.unwrap().to_string(), "no such app");
    }
    for wrong in [NewAlertRule { threshold: 101, ..own }, NewAlertRule { sustain_minutes: 1441, ..own }] {
        assert!(matches!(rules.upsert(&wrong).await, Err(Error::Invalid(_))));
    }
}

#[tokio::test]
async fn rules_are_held_against_running_apps() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let app = world.app(&ada, "first-shop").await.app;
    world.app(&ada, "second-shop").await;
    world.raw(&format!("UPDATE apps SET status = 'running' WHERE id = {app}")).await;
    let running = world.db.alert_rules().list_apps(Page::default()).await.unwrap();
    assert_eq!(running.len(), 1);
    assert_eq!((running[0].0.id, &running[0].1), (app, &ada));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_has_one_active_alert_however_many_raise_it() {
    let world = World::with_connections(16).await;
    let (ada, eve) = (world.user("ada", "pro").await, world.user("eve", "pro").await);
    let app = world.app(&ada, "first-shop").await.app;
    let alerts = world.db.alerts();
    let new = alert(ada.id, Some(app), "7");
    let raised = join_all((0..64).map(|_| alerts.create(&new))).await;
    let raised: Vec<_> = raised.into_iter().map(Result::unwrap).collect();
    assert_eq!(raised.iter().filter(|raised| raised.fresh).count(), 1);
    assert!(raised.iter().all(|other| other.alert == raised[0].alert));
    assert_eq!(raised[0].alert.message.chars().count(), 4096);
    alerts.create(&alert(eve.id, None, "7")).await.unwrap();

    let found = alerts.find_active(ada.id, "rule", "7").await.unwrap().unwrap();
    assert_eq!(found, raised[0].alert);
    assert_eq!(alerts.find_active(ada.id, "rule", "8").await.unwrap(), None);
    assert_eq!(alerts.resolve_by_source(ada.id, "rule", "7").await.unwrap(), 1);
    assert_eq!(alerts.resolve_by_source(ada.id, "rule", "7").await.unwrap(), 0);
    assert_eq!(alerts.find_active(ada.id, "rule", "7").await.unwrap(), None);
    assert!(alerts.find_active(eve.id, "rule", "7").await.unwrap().is_some());
    let next = alerts.create(&new).await.unwrap();
    assert!(next.fresh && next.alert.id != found.id);
    assert_eq!(alerts.create(&new).await.unwrap().alert, next.alert, "the active one, not the resolved");

    let refusal = alerts.create(&alert(eve.id, Some(app), "8")).await.unwrap_err();
    assert_eq!(refusal.to_string(), "no such app");
    let refusal = alerts.create(&alert(UserId::new(0), None, "8")).await.unwrap_err();
    assert_eq!(refusal.to_string(), "no such user");
    let untitled = NewAlert { title: String::new(), ..alert(ada.id, None, "8") };
    assert!(matches!(alerts.create(&untitled).await, Err(Error::Invalid(_))));
}

#[tokio::test]
async fn an_alert_moves_on_and_never_back() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "pro").await, world.user("eve", "pro").await);
    let alerts = world.db.alerts();
    let id = alerts.create(&alert(ada.id, None, "7")).await.unwrap().alert.id;
    for (nobody, user) in [(id, eve.id), (AlertId::new(0), ada.id)] {
        let refusal = alerts.update_status(nobody, user, AlertStatus::Resolved).await.unwrap_err();
        assert_eq!(refusal.to_string(), "no such alert");
    }
    for status in
        [AlertStatus::Active, AlertStatus::Acknowledged, AlertStatus::Acknowledged, AlertStatus::Resolved]
    {
        let moved = alerts.update_status(id, ada.id, status).await.unwrap();
        assert_eq!((moved.status, moved.resolved_at.is_some()), (status, status == AlertStatus::Resolved));
    }
    for back in [AlertStatus::Active, AlertStatus::Acknowledged] {
        let refusal = alerts.update_status(id, ada.id, back).await.unwrap_err();
        assert!(
            matches!(
                refusal,
                Error::Conflict(Conflict::IllegalAlertStep { from: AlertStatus::Resolved, .. })
            ),
            "{refusal}"
        );
    }
}

#[tokio::test]
async fn a_page_is_filtered_and_the_counters_are_not() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "pro").await, world.user("eve", "pro").await);
    let app = world.app(&ada, "first-shop").await.app;
    let alerts = world.db.alerts();
    let mut ids = Vec::new();
    for n in 0..4 {
        let new = alert(ada.id, (n % 2 == 0).then_some(app), &n.to_string());
        ids.push(alerts.create(&new).await.unwrap().alert.id);
    }
    alerts.create(&NewAlert { kind: AlertKind::Disk, ..alert(ada.id, None, "disk") }).await.unwrap();
    alerts.create(&alert(eve.id, None, "7")).await.unwrap();
    alerts.update_status(ids[0], ada.id, AlertStatus::Acknowledged).await.unwrap();
    alerts.update_status(ids[1], ada.id, AlertStatus::Resolved).await.unwrap();

    let listed = async |filter, page| -> Vec<AlertId> {
        let AlertStats { active, acknowledged, resolved } = {
            let found = alerts.list(ada.id, filter, page).await.unwrap();
            if found.alerts.is_empty() {
                return Vec::new();
            }
            found.stats
        };
        assert_eq!((active, acknowledged, resolved), (3, 1, 1));
        alerts.list(ada.id, filter, page).await.unwrap().alerts.iter().map(|alert| alert.id).collect()
    };
    let (any, page) = (AlertFilter::default(), Page::default());
    assert_eq!(listed(any, page).await.len(), 5);
    assert_eq!(listed(any, page.before(ids[2])).await, [ids[1], ids[0]]);
    let resolved = AlertFilter { status: Some(AlertStatus::Resolved), ..any };
    assert_eq!(listed(resolved, page).await, [ids[1]]);
    let of_app = AlertFilter { app: Some(app), kind: Some(AlertKind::Cpu), ..any };
    assert_eq!(listed(of_app, page).await, [ids[2], ids[0]]);
    let none = AlertFilter { kind: Some(AlertKind::Offline), ..any };
    assert!(listed(none, page).await.is_empty());
}

#[tokio::test]
async fn an_acknowledged_alert_is_not_raised_anew() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let alerts = world.db.alerts();
    let new = alert(ada.id, None, "7");
    let id = alerts.create(&new).await.unwrap().alert.id;
    alerts.update_status(id, ada.id, AlertStatus::Acknowledged).await.unwrap();
    let again = alerts.create(&new).await.unwrap();
    assert_eq!((again.fresh, again.alert.id, again.alert.status), (false, id, AlertStatus::Acknowledged));
    assert_eq!(alerts.find_active(ada.id, "rule", "7").await.unwrap().map(|open| open.id), Some(id));
    alerts.update_status(id, ada.id, AlertStatus::Resolved).await.unwrap();
    assert!(alerts.create(&new).await.unwrap().fresh);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_that_meets_an_uncommitted_one_keeps_its_transaction() {
    for commit in [true, false] {
        let world = World::new().await;
        let ada = world.user("ada", "pro").await;
        let new = alert(ada.id, None, "7");
        let (db, mine) = (world.db.clone(), new.clone());
        let mut second = None;
        let outcome = world
            .db
            .transaction(async |tx| {
                let id = tx.alerts().create(&new).await?.alert.id;
                tx.alerts().update_status(id, ada.id, AlertStatus::Acknowledged).await?;
                second = Some(tokio::spawn(async move {
                    db.transaction(async |tx| {
                        let raised = tx.alerts().create(&mine).await?;
                        Ok::<_, Error>((raised, tx.users().find(mine.user).await?))
                    })
                    .await
                }));
                crate::support::eventually("the second waits", async || {
                    world.raw("SELECT count(*) FROM pg_locks WHERE NOT granted").await != "0"
                })
                .await;
                if commit { Ok(()) } else { Err(Error::NotFound { entity: "anything" }) }
            })
            .await;
        assert_eq!(outcome.is_ok(), commit);
        let (raised, user) = second.unwrap().await.unwrap().unwrap();
        assert!(user.is_some());
        assert_eq!(raised.fresh, !commit, "{raised:?}");
        let status = if commit { AlertStatus::Acknowledged } else { AlertStatus::Active };
        assert_eq!(raised.alert.status, status);
    }
}

#[tokio::test]
async fn only_alerts_that_are_over_are_pruned() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let alerts = world.db.alerts();
    for source in ["1", "2", "3", "4"] {
        let id = alerts.create(&alert(ada.id, None, source)).await.unwrap().alert.id;
        match source {
            "3" => drop(alerts.update_status(id, ada.id, AlertStatus::Acknowledged).await.unwrap()),
            "4" => {}
            _ => drop(alerts.update_status(id, ada.id, AlertStatus::Resolved).await.unwrap()),
        }
    }
    world.raw("UPDATE alerts SET created_at = '2020-01-01'").await;
    world.raw("UPDATE alerts SET resolved_at = '2020-01-01' WHERE source_id = '1'").await;
    let at = |time: &str| time.parse().unwrap();
    assert_eq!(alerts.prune_resolved(at("2020-01-01T00:00:00Z"), 0).await.unwrap(), 0);
    assert_eq!(alerts.prune_resolved(at("2020-01-01T00:00:01Z"), 0).await.unwrap(), 1);
    assert!(alerts.prune_resolved(at("2020-01-01T00:00:00Z"), -1).await.is_err());
    assert_eq!(world.raw("SELECT string_agg(source_id, ' ' ORDER BY id) FROM alerts").await, "2 3 4");
}

/// Two statements in one go, of which the first fails: the other still runs when the caller has its error.
#[tokio::test]
async fn whoever_comes_after_a_failed_batch_gets_another_connection() {
    let world = World::plain().await;
    let ada = world.user("ada", "pro").await;
    let mut settings = settings(world.postgres.url(), 1);
    settings.statement_timeout = Duration::from_secs(1);
    let db = Database::connect(settings, keys(), Plans::new()).await.unwrap();
    db.users().find(ada.id).await.unwrap();
    let reader = "SELECT string_agg(pid::text, ' ') FROM pg_stat_activity \
                  WHERE datname = current_database() AND wait_event = 'relation'";
    let holder = world.postgres.client().await;
    holder.batch_execute("BEGIN; LOCK TABLE alerts IN ACCESS EXCLUSIVE MODE").await.unwrap();

    let again = db.clone();
    let batch =
        tokio::spawn(
            async move { again.alerts().list(ada.id, AlertFilter::default(), Page::default()).await },
        );
    crate::support::eventually("the batch waits", async || !world.raw(reader).await.is_empty()).await;
    let pid = world.raw(reader).await;
    let error = batch.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Unavailable { reason: Reason::StatementTimeout, .. }), "{error}");

    // The lock is held still, so that the connection of the batch would make its next user wait.
    assert!(db.users().find(ada.id).await.unwrap().is_some());
    assert!(db.users().find(UserId::new(404)).await.unwrap().is_none());
    let left = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid} AND state = 'idle'");
    assert_eq!(world.raw(&left).await, "0", "connection {pid} was lent again");
    holder.batch_execute("ROLLBACK").await.unwrap();
}
