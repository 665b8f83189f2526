//! Another user's row, and another worker's job, are as good as none: same answer, same words, and nothing is changed.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use wh_repo::{AlertFilter, Error, JobOutcome, NewAlert, NewDomain, Page, Tx, UsageScope, WebhookChanges};
use wh_types::{
    AlertId, AlertStatus, AppId, DeploymentId, DomainId, GitProvider, JobId, JobResult, JobStatus,
    JobStatusUpdate, Progress, SessionId, UserId, WebhookId, WorkerId,
};

use super::hostile_world::{HostileWorld, new_domain, new_rule};
use crate::alerts::alert;
use crate::support::key;
use crate::usage_samples::sample;

/// Who asks for what; the answer is shown as text.
type Ask = for<'a, 'c> fn(&'a Tx<'c>, &'a HostileWorld, (i64, i64)) -> BoxFuture<'a, Result<String, Error>>;

/// An operation of an owner on something of theirs.
struct Boundary {
    operation: &'static str,
    /// The id that only its owner may use.
    id: fn(&HostileWorld) -> i64,
    ask: Ask,
}

const fn of(operation: &'static str, id: fn(&HostileWorld) -> i64, ask: Ask) -> Boundary {
    Boundary { operation, id, ask }
}

/// The answer as text, or the refusal as its caller sees it.
fn shown<'a, T: std::fmt::Debug>(
    work: impl Future<Output = Result<T, Error>> + Send + 'a,
) -> BoxFuture<'a, Result<String, Error>> {
    async move { work.await.map(|answer| format!("{answer:?}")) }.boxed()
}

/// No row has this id.
const MISSING: i64 = i64::MAX - 7;

/// Asks as the owner, who must get something; as the stranger for the same, and for what is not there, which must get the
/// same answer to the letter.
async fn hold(hostile_world: &HostileWorld, boundary: &Boundary, owner: i64, stranger: i64) {
    let Boundary { operation, id, ask } = boundary;
    let id = id(hostile_world);
    let words = async |who: i64, what: i64| match hostile_world.attempt(operation, *ask, (who, what)).await {
        Ok(answer) => answer,
        Err(error @ (Error::NotFound { .. } | Error::Conflict(_))) => format!("refused: {error}, {error:?}"),
        Err(error) => unreachable!("{operation}: {error}"),
    };
    let (own, foreign, missing) =
        (words(owner, id).await, words(stranger, id).await, words(stranger, MISSING).await);
    assert_eq!(foreign, missing, "{operation}: a stranger can tell what is there");
    assert_ne!(own, foreign, "{operation}: its owner gets no more than a stranger");
    assert!(!own.starts_with("refused"), "{operation}: {own}");

    // And committed, it has changed nothing.
    let before = hostile_world.fingerprint().await;
    let committed =
        hostile_world.db.transaction(async |tx| match ask(tx, hostile_world, (stranger, id)).await {
            Ok(_) | Err(Error::NotFound { .. } | Error::Conflict(_)) => Ok::<_, Error>(()),
            Err(error) => Err(error),
        });
    committed.await.unwrap();
    assert_eq!(hostile_world.fingerprint().await, before, "{operation}: a stranger changes something");
}

const OF_USERS: &[Boundary] = &[
    of(
        "apps.find_by_name",
        |hostile_world| hostile_world.idle.app.get(),
        |tx, hostile_world, (user, app)| {
            // By name rather than by id: the name of the app, or one that nothing has.
            let name = if app == hostile_world.idle.app.get() { "idle-shop" } else { "no-such-shop" };
            shown(tx.apps().find_by_name(UserId::new(user), name))
        },
    ),
    of(
        "domains.find",
        |hostile_world| hostile_world.domain.id.get(),
        |tx, _, (user, id)| shown(tx.domains().find(DomainId::new(id), UserId::new(user))),
    ),
    of(
        "domains.delete",
        |hostile_world| hostile_world.domain.id.get(),
        |tx, _, (user, id)| shown(tx.domains().delete(DomainId::new(id), UserId::new(user))),
    ),
    of(
        "domains.create",
        |hostile_world| hostile_world.idle.app.get(),
        |tx, _, (user, app)| {
            let hostname = "new.acme.dev".parse().unwrap();
            let new = NewDomain { hostname, ..new_domain(UserId::new(user), AppId::new(app)) };
            async move { shown(tx.domains().create(&new)).await }.boxed()
        },
    ),
    // A name that is taken is no way to find out about apps either.
    of(
        "domains.create again",
        |hostile_world| hostile_world.idle.app.get(),
        |tx, _, (user, app)| {
            let new = new_domain(UserId::new(user), AppId::new(app));
            async move { shown(tx.domains().create(&new)).await }.boxed()
        },
    ),
    of(
        "webhooks.find",
        |hostile_world| hostile_world.webhook.id.get(),
        |tx, _, (user, id)| shown(tx.webhooks().find(WebhookId::new(id), UserId::new(user))),
    ),
    of(
        "webhooks.update",
        |hostile_world| hostile_world.webhook.id.get(),
        |tx, _, (user, id)| {
            let changes =
                WebhookChanges { active: Some(false), secret: Some("x".into()), ..Default::default() };
            async move { shown(tx.webhooks().update(WebhookId::new(id), UserId::new(user), &changes)).await }
                .boxed()
        },
    ),
    of(
        "webhooks.delete",
        |hostile_world| hostile_world.webhook.id.get(),
        |tx, _, (user, id)| shown(tx.webhooks().delete(WebhookId::new(id), UserId::new(user))),
    ),
    of(
        "webhooks.list_deliveries",
        |hostile_world| hostile_world.webhook.id.get(),
        |tx, _, (user, id)| {
            shown(tx.webhooks().list_deliveries(WebhookId::new(id), UserId::new(user), Page::default()))
        },
    ),
    of(
        "sessions.find",
        |hostile_world| hostile_world.session.id.get(),
        |tx, _, (user, id)| shown(tx.sessions().find(SessionId::new(id), UserId::new(user))),
    ),
    of(
        "jobs.find_for_user",
        |hostile_world| hostile_world.waiting.job.get(),
        |tx, _, (user, id)| shown(tx.jobs().find_for_user(JobId::new(id), UserId::new(user))),
    ),
    of(
        "deployments.find_for_user",
        |hostile_world| hostile_world.waiting.deployment.get(),
        |tx, _, (user, id)| shown(tx.deployments().find_for_user(DeploymentId::new(id), UserId::new(user))),
    ),
    of(
        "sessions.revoke",
        |hostile_world| hostile_world.session.id.get(),
        |tx, _, (user, id)| shown(tx.sessions().revoke(SessionId::new(id), UserId::new(user))),
    ),
    of(
        "alerts.update_status",
        |hostile_world| hostile_world.alert.id.get(),
        |tx, _, (user, id)| {
            shown(tx.alerts().update_status(AlertId::new(id), UserId::new(user), AlertStatus::Resolved))
        },
    ),
    of(
        "alerts.create",
        |hostile_world| hostile_world.idle.app.get(),
        |tx, _, (user, app)| {
            let new: NewAlert = alert(UserId::new(user), Some(AppId::new(app)), "8");
            async move { shown(tx.alerts().create(&new)).await }.boxed()
        },
    ),
    of(
        "alerts.list",
        |hostile_world| hostile_world.idle.app.get(),
        |tx, _, (user, app)| {
            let filter = AlertFilter { app: Some(AppId::new(app)), ..Default::default() };
            shown(tx.alerts().list(UserId::new(user), filter, Page::default()))
        },
    ),
    of(
        "alert_rules.ensure",
        |hostile_world| hostile_world.idle.app.get(),
        |tx, _, (user, app)| shown(tx.alert_rules().ensure(AppId::new(app), UserId::new(user))),
    ),
    of(
        "alert_rules.upsert",
        |hostile_world| hostile_world.idle.app.get(),
        |tx, _, (user, app)| {
            let rule = new_rule(UserId::new(user), AppId::new(app));
            async move { shown(tx.alert_rules().upsert(&rule)).await }.boxed()
        },
    ),
];

const OF_WORKERS: &[Boundary] = &[
    of(
        "jobs.find_for_worker",
        |hostile_world| hostile_world.at_work.job.id.get(),
        |tx, _, (worker, id)| shown(tx.jobs().find_for_worker(JobId::new(id), WorkerId::new(worker))),
    ),
    of(
        "apps.find_for_user",
        |hostile_world| hostile_world.idle.app.get(),
        |tx, _, (user, id)| shown(tx.apps().find_for_user(AppId::new(id), UserId::new(user))),
    ),
    of(
        "jobs.claim",
        |hostile_world| hostile_world.assigned.job.get(),
        |tx, _, (worker, id)| shown(tx.jobs().claim(JobId::new(id), WorkerId::new(worker))),
    ),
    of(
        "jobs.update_status",
        |hostile_world| hostile_world.at_work.job.id.get(),
        |tx, _, (worker, id)| {
            let update = JobStatusUpdate {
                job_id: JobId::new(id),
                status: JobStatus::Failed,
                message: "mine".into(),
                progress: Progress::DONE,
            };
            async move { shown(tx.jobs().update_status(WorkerId::new(worker), &update)).await }.boxed()
        },
    ),
    of(
        "jobs.complete",
        |hostile_world| hostile_world.at_work.job.id.get(),
        |tx, _, (worker, id)| {
            async move {
                let result = JobResult { container_id: "mine".into(), ..Default::default() };
                let outcome = JobOutcome::Completed;
                shown(tx.jobs().complete(JobId::new(id), WorkerId::new(worker), outcome, &result)).await
            }
            .boxed()
        },
    ),
    of(
        "deployments.set_build_logs",
        |hostile_world| hostile_world.at_work.job.deployment_id.unwrap().get(),
        |tx, _, (worker, id)| {
            shown(tx.deployments().set_build_logs(DeploymentId::new(id), WorkerId::new(worker), "mine"))
        },
    ),
];

#[tokio::test]
async fn another_users_row_is_as_good_as_none() {
    let hostile_world = HostileWorld::new().await;
    for boundary in OF_USERS {
        hold(&hostile_world, boundary, hostile_world.ada.id.get(), hostile_world.eve.id.get()).await;
    }
}

#[tokio::test]
async fn another_workers_job_is_as_good_as_none() {
    let hostile_world = HostileWorld::new().await;
    for boundary in OF_WORKERS {
        hold(&hostile_world, boundary, hostile_world.anvil.id.get(), hostile_world.hammer.id.get()).await;
    }
    // Before it is given to anybody a job is nobody's.
    for worker in [hostile_world.anvil.id, hostile_world.hammer.id] {
        assert!(
            hostile_world
                .db
                .jobs()
                .find_for_worker(hostile_world.waiting.job, worker)
                .await
                .unwrap()
                .is_none()
        );
        assert!(matches!(
            hostile_world.db.jobs().claim(hostile_world.waiting.job, worker).await,
            Err(Error::NotFound { .. })
        ));
    }
    assert!(hostile_world.db.jobs().next_assigned(hostile_world.hammer.id).await.unwrap().is_none());
    assert!(hostile_world.db.jobs().claim_next(hostile_world.hammer.id).await.unwrap().is_none());
    let next = hostile_world.db.jobs().next_assigned(hostile_world.anvil.id).await.unwrap().unwrap();
    assert_eq!(next.job.id, hostile_world.assigned.job);
    assert_eq!(
        hostile_world.db.jobs().claim_next(hostile_world.anvil.id).await.unwrap().unwrap().job.id,
        hostile_world.assigned.job
    );
}

#[tokio::test]
async fn what_belongs_to_a_user_is_in_no_other_users_lists() {
    let hostile_world = HostileWorld::new().await;
    let (db, eve) = (&hostile_world.db, hostile_world.eve.id);
    // Eve has one of what she must have to be able to do anything, and nothing else.
    let apps = db.apps().list(eve, Page::default()).await.unwrap();
    assert_eq!(db.apps().show_all(eve, Page::default()).await.unwrap().len(), apps.len());
    assert_eq!(apps.iter().map(|app| app.id).collect::<Vec<_>>(), [hostile_world.eves.app]);
    let recent = db.deployments().list_recent_for_user(eve, Page::default()).await.unwrap();
    assert_eq!(recent.iter().map(|made| made.app_id).collect::<Vec<_>>(), [hostile_world.eves.app]);
    assert_eq!(db.domains().list_for_user(eve, Page::default()).await.unwrap(), []);
    assert_eq!(db.webhooks().list(eve, Page::default()).await.unwrap(), []);
    let stats = db.webhooks().stats(eve).await.unwrap();
    assert_eq!((stats.total, stats.active, stats.failed_7d, stats.last_delivery_at), (0, 0, 0, None));
    assert_eq!(db.sessions().list(eve, Page::default()).await.unwrap(), []);
    assert_eq!(db.audit_events().list(eve, Page::default()).await.unwrap(), []);
    assert!(!db.audit_events().has_ip(eve, "192.0.2.7").await.unwrap());
    let page = db.alerts().list(eve, AlertFilter::default(), Page::default()).await.unwrap();
    assert_eq!((page.alerts, page.stats), (Vec::new(), wh_repo::AlertStats::default()));
    assert_eq!(db.alerts().find_active(eve, "rule", "7").await.unwrap(), None);
    assert_eq!(db.alerts().resolve_by_source(eve, "rule", "7").await.unwrap(), 0);
    let (from, to) =
        (sample(hostile_world.idle.app, 0).bucket_start, sample(hostile_world.idle.app, 1).bucket_start);
    assert_eq!(db.usage_samples().list(UsageScope::User(eve), from, to).await.unwrap(), []);
    assert_eq!(db.git_tokens().list(eve).await.unwrap(), []);
    assert!(db.git_tokens().find(eve, GitProvider::GitHub).await.unwrap().is_none());
    assert!(!db.git_tokens().delete(eve, GitProvider::GitHub).await.unwrap());
    assert!(db.users().totp_secret(eve).await.unwrap().is_none());
    assert!(!db.backup_codes().consume(eve, &"one".into()).await.unwrap());

    // Somebody else's session is none to keep, and none to end.
    assert!(db.sessions().revoke_others(eve, hostile_world.session.id).await.is_err());
    assert!(
        db.sessions()
            .find_by_token(&format!("token of {}", hostile_world.ada.id).into())
            .await
            .unwrap()
            .is_some()
    );
    db.users().disable_totp(eve).await.unwrap();
    db.backup_codes().replace(eve, &[]).await.unwrap();
    assert!(db.users().totp_secret(hostile_world.ada.id).await.unwrap().is_some());
    assert!(
        db.backup_codes().consume(hostile_world.ada.id, &"one".into()).await.unwrap(),
        "Ada's code is still good"
    );
}

#[tokio::test]
async fn a_uuid_of_another_users_app_creates_nothing_and_tells_nothing_but_that_it_is_taken() {
    let hostile_world = HostileWorld::new().await;
    let theirs = hostile_world.db.apps().find(hostile_world.idle.app).await.unwrap().unwrap();
    let mut new = crate::support::spec(&hostile_world.eve, "other-shop");
    new.app_uuid = theirs.uuid;
    new.env.insert(key("A"), "b".into());
    let before = hostile_world.fingerprint().await;
    let refusal = hostile_world.db.deployments().create(&new).await.unwrap_err();
    assert_eq!(refusal.to_string(), "this UUID is taken by another app: choose a different one");
    assert_eq!(hostile_world.fingerprint().await, before);
}
