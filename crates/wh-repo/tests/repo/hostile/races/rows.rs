//! Rows that several callers make, change or take at once.

use wh_repo::{
    Conflict, Error, NewAlertRule, NewDelivery, NewDomain, NewSession, WebhookChanges, WorkerRegistration,
};
use wh_types::{AlertKind, AlertStatus, GitProvider};

use super::super::hostile_world::{HostileWorld, new_domain, new_rule, new_session};
use super::{CALLERS, all, count, race};
use crate::alerts::alert;
use crate::support::{eventually, key, profile, registration};
use crate::webhooks::{delivery, webhook};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_row_comes_of_many_who_make_the_same() {
    let hostile_world = HostileWorld::new().await;
    let db = &hostile_world.db;
    let (user, app) = (hostile_world.eve.id, hostile_world.eves.app);

    let users = all(|_| async { db.users().upsert_google(&profile("new")).await }).await;
    assert!(users.iter().all(|signed_in| signed_in.user.id == users[0].user.id));
    let workers = all(|_| async { db.workers().upsert(&registration("new")).await }).await;
    assert!(workers.iter().all(|worker| worker.id == workers[0].id));
    let domain = NewDomain { hostname: "eve.acme.dev".parse().unwrap(), ..new_domain(user, app) };
    let domains = all(|_| db.domains().create(&domain)).await;
    assert!(domains.iter().all(|domain| *domain == domains[0]));
    let sessions = all(|_| async { db.sessions().create(&new_session(user)).await }).await;
    assert!(sessions.iter().all(|session| *session == sessions[0]));
    let alerts = all(|_| async { db.alerts().create(&alert(user, Some(app), "9")).await }).await;
    assert_eq!(count(&alerts, |made| made.fresh), 1);
    assert!(alerts.iter().all(|made| made.alert == alerts[0].alert));
    all(|_| db.alert_rules().ensure(app, user)).await;
    let rules = all(|n| async move {
        let enabled = n % 2 == 0;
        db.alert_rules().upsert(&NewAlertRule { enabled, ..new_rule(user, app) }).await
    })
    .await;
    assert!(rules.iter().all(|rule| rule.id == rules[0].id && rule.kind == AlertKind::Cpu));
    assert_eq!(db.alert_rules().list(app).await.unwrap().len(), 7);
    all(|n| async move { db.env_vars().set(app, &key("SAME"), &format!("value {n}").into()).await }).await;
    all(|n| async move {
        db.git_tokens().upsert(user, GitProvider::GitLab, "eve", &format!("t{n}").into()).await
    })
    .await;
    assert_eq!(hostile_world.world.raw("SELECT count(*) FROM app_env_vars WHERE key = 'SAME'").await, "1");
    assert_eq!(db.git_tokens().list(user).await.unwrap().len(), 1);
    db.git_tokens().find(user, GitProvider::GitLab).await.unwrap().expect("whole, whoever was last");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_many_gets_what_only_one_can_have() {
    let hostile_world = HostileWorld::new().await;
    let db = &hostile_world.db;

    // One address, one key, one token, one name: each for sixty-four who are not the same.
    let users = race(|n| async move {
        let mut new = profile(&format!("user{n}"));
        new.email = "same@example.org".into();
        db.users().upsert_google(&new).await
    })
    .await;
    assert_eq!(count(&users, Result::is_ok), 1);
    assert_eq!(
        count(&users, |user| matches!(user, Err(Error::Conflict(Conflict::AccountExists)))),
        CALLERS - 1
    );
    let workers = race(|n| async move {
        let new = WorkerRegistration { api_key: "same".into(), ..registration(&format!("worker{n}")) };
        db.workers().upsert(&new).await
    })
    .await;
    assert_eq!(count(&workers, Result::is_ok), 1);
    assert_eq!(
        count(&workers, |worker| matches!(
            worker,
            Err(Error::Conflict(Conflict::Taken { field: "API key", .. }))
        )),
        63
    );
    let owners =
        [(hostile_world.ada.id, hostile_world.waiting.app), (hostile_world.eve.id, hostile_world.eves.app)];
    let domains = race(|n| async move {
        let (user, app) = owners[n % 2];
        let new = NewDomain { hostname: "same.acme.dev".parse()?, ..new_domain(user, app) };
        db.domains().create(&new).await
    })
    .await;
    let claims: Vec<_> = domains.into_iter().map(|domain| domain.unwrap().id).collect();
    let verified = race(|n| {
        let id = claims[n];
        async move { db.domains().mark_verified(id).await }
    })
    .await;
    assert_eq!(count(&verified, Result::is_ok), CALLERS / 2, "all of one owner");
    let sessions = race(|n| async move {
        db.sessions().create(&NewSession { token: "same".into(), ..new_session(owners[n % 2].0) }).await
    })
    .await;
    assert_eq!(count(&sessions, Result::is_ok), CALLERS / 2, "all of one owner");

    // What is there once is taken once.
    assert_eq!(
        count(&all(|_| db.domains().delete(hostile_world.domain.id, hostile_world.ada.id)).await, |gone| {
            *gone
        }),
        1
    );
    assert_eq!(
        count(&all(|_| db.git_tokens().delete(hostile_world.ada.id, GitProvider::GitHub)).await, |gone| {
            *gone
        }),
        1
    );
    let token = db
        .pending_totps()
        .create(hostile_world.ada.id, "x", std::time::Duration::from_mins(1))
        .await
        .unwrap();
    assert_eq!(count(&all(|_| db.pending_totps().consume(&token)).await, Option::is_some), 1);
    assert_eq!(all(|_| db.pending_totps().prune(0)).await.into_iter().sum::<usize>(), 0);
    let name = key("TOKEN");
    assert_eq!(count(&all(|_| db.env_vars().delete(hostile_world.idle.app, &name)).await, |gone| *gone), 1);
    let others = all(|_| db.sessions().revoke_others(hostile_world.ada.id, hostile_world.session.id)).await;
    let adas = sessions.iter().flatten().any(|session| session.user_id == hostile_world.ada.id);
    assert_eq!(others.iter().sum::<usize>(), usize::from(adas), "a session is ended once");
    all(|_| db.sessions().revoke(hostile_world.session.id, hostile_world.ada.id)).await;
    let (user, id) = (hostile_world.ada.id, hostile_world.alert.id);
    let steps = race(|n| {
        let status = if n % 2 == 0 { AlertStatus::Acknowledged } else { AlertStatus::Resolved };
        db.alerts().update_status(id, user, status)
    })
    .await;
    let late =
        |step: &Result<_, Error>| matches!(step, Err(Error::Conflict(Conflict::IllegalAlertStep { .. })));
    assert!(steps.iter().all(|step| step.is_ok() || late(step)));
    let page =
        db.alerts().list(user, wh_repo::AlertFilter::default(), wh_repo::Page::default()).await.unwrap();
    assert_eq!(page.alerts[0].status, AlertStatus::Resolved, "a resolved alert is never taken back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivery_counts_once_and_no_delivery_is_lost() {
    let hostile_world = HostileWorld::new().await;
    let (db, hook) = (&hostile_world.db, hostile_world.webhook.id);
    let recorded = all(|_| async { db.webhooks().record_delivery(&delivery(hook, 2, true)).await }).await;
    assert_eq!(count(&recorded, |fresh| *fresh), 1);
    let recorded = all(|n| async move {
        let id = u128::try_from(n).unwrap() + 10;
        let sent: NewDelivery = delivery(hook, id, n % 4 == 0);
        db.webhooks().record_delivery(&sent).await
    })
    .await;
    assert_eq!(count(&recorded, |fresh| *fresh), CALLERS);
    let webhook_now = db.webhooks().find(hook, hostile_world.ada.id).await.unwrap().unwrap();
    // One was there before, and one was recorded by many.
    assert_eq!((webhook_now.success_count, webhook_now.failure_count), (2 + 16, 48));
    assert_eq!(db.webhooks().stats(hostile_world.ada.id).await.unwrap().failed_7d, 48);

    // Changed, written to and deleted at once: whatever was first, nothing but a missing webhook is reported.
    let hook = db.webhooks().create(&webhook(hostile_world.ada.id, &["x"])).await.unwrap().id;
    let outcomes = race(|n| async move {
        let id = u128::try_from(n).unwrap();
        match n % 4 {
            0 if n >= 32 => db.webhooks().delete(hook, hostile_world.ada.id).await.map(drop),
            1 => {
                let changes = WebhookChanges { active: Some(n % 8 == 1), ..Default::default() };
                db.webhooks().update(hook, hostile_world.ada.id, &changes).await.map(drop)
            }
            _ => db.webhooks().record_delivery(&delivery(hook, id, true)).await.map(drop),
        }
    })
    .await;
    for outcome in outcomes {
        assert!(matches!(outcome, Ok(()) | Err(Error::NotFound { entity: "webhook" })), "{outcome:?}");
    }
    assert_eq!(db.webhooks().find(hook, hostile_world.ada.id).await.unwrap(), None);
    assert_eq!(
        hostile_world
            .world
            .raw(&format!("SELECT count(*) FROM webhook_deliveries WHERE webhook_id = {hook}"))
            .await,
        "0"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_never_has_two_active_alerts_however_fast_they_are_resolved() {
    let hostile_world = HostileWorld::new().await;
    let (db, user) = (&hostile_world.db, hostile_world.eve.id);
    for _ in 0..4 {
        let outcomes = race(|n| async move {
            if n % 3 == 0 {
                db.alerts().resolve_by_source(user, "rule", "9").await.map(drop)
            } else {
                db.alerts().create(&alert(user, None, "9")).await.map(drop)
            }
        })
        .await;
        for outcome in outcomes {
            outcome.unwrap();
        }
    }
    assert_eq!(
        hostile_world.world.raw("SELECT max(n) FROM (SELECT count(*) AS n FROM alerts WHERE status = 'active' GROUP BY user_id, source_id) a").await,
        "1"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_its_owner_gives_up_and_takes_again_is_never_somebody_elses() {
    let hostile_world = HostileWorld::new().await;
    let (db, user) = (&hostile_world.db, hostile_world.eve.id);
    let new =
        NewDomain { hostname: "eve.acme.dev".parse().unwrap(), ..new_domain(user, hostile_world.eves.app) };
    let outcomes = race(|_| async {
        for _ in 0..8 {
            let made = db.domains().create(&new).await?;
            db.domains().delete(made.id, user).await?;
        }
        Ok::<_, Error>(())
    })
    .await;
    for outcome in outcomes {
        outcome.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_factor_is_on_with_a_secret_or_off_without() {
    let hostile_world = HostileWorld::new().await;
    let (db, user) = (&hostile_world.db, hostile_world.ada.id);
    let outcomes = race(|n| async move {
        match n % 3 {
            0 => db.users().enable_totp(user).await,
            1 => db.users().set_totp_secret(user, &format!("secret {n}").into()).await,
            _ => db.users().disable_totp(user).await,
        }
    })
    .await;
    for outcome in outcomes {
        assert!(
            matches!(
                outcome,
                Ok(()) | Err(Error::Conflict(Conflict::NotEnrolled { .. } | Conflict::SecondFactorOn { .. }))
            ),
            "{outcome:?}"
        );
    }
    let on = db.users().find(user).await.unwrap().unwrap();
    let secret = db.users().totp_secret(user).await.unwrap();
    assert!(!on.totp_enabled || secret.is_some());
    assert_eq!(on.totp_enabled, on.totp_verified_at.is_some());
}

/// Somebody else changes Ada's row and commits once the call waits for it.
async fn behind<T>(hostile_world: &HostileWorld, change: &str, call: impl Future<Output = T>) -> T {
    let other = hostile_world.world.postgres.client().await;
    other
        .batch_execute(&format!("BEGIN; UPDATE users SET {change} WHERE id = {}", hostile_world.ada.id))
        .await
        .unwrap();
    let commit = async {
        eventually("the call waits", async || {
            hostile_world.world.raw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").await
                == "1"
        })
        .await;
        other.batch_execute("COMMIT").await.unwrap();
    };
    tokio::join!(call, commit).0
}

#[tokio::test]
async fn the_second_factor_follows_what_it_waited_for() {
    let hostile_world = HostileWorld::new().await;
    let (users, user) = (hostile_world.db.users(), hostile_world.ada.id);
    let is_on = async || users.find(user).await.unwrap().unwrap().totp_enabled;
    users.disable_totp(user).await.unwrap();
    behind(&hostile_world, "totp_secret = 'somebody enrols'", users.enable_totp(user)).await.unwrap();
    assert!(is_on().await, "enrolled while it waited");
    let off = behind(&hostile_world, "totp_secret = '', totp_enabled = false", users.enable_totp(user)).await;
    assert!(matches!(off, Err(Error::Conflict(Conflict::NotEnrolled { .. }))), "{off:?}");
    behind(&hostile_world, "totp_secret = 'x', totp_enabled = true", users.disable_totp(user)).await.unwrap();
    assert!(!is_on().await, "switched on while it waited");
    behind(&hostile_world, "totp_secret = 'x'", users.set_totp_secret(user, &"mine".into())).await.unwrap();
    users.enable_totp(user).await.unwrap();
    behind(&hostile_world, "totp_enabled = false", users.enable_totp(user)).await.unwrap();
    assert!(is_on().await, "switched off while it waited");
}
