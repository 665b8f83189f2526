//! Everything at once on the same few rows: nobody is told of a fault, nobody waits for ever, and what must hold holds.
#![expect(clippy::indexing_slicing, reason = "each index is taken modulo the length")]

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use wh_repo::{AppChanges, Error, JobOutcome, NewDomain, UsageScope};
use wh_types::{
    AppStatus, AppStatusReport, GitProvider, HeartbeatRequest, JobResult, JobStatus, JobStatusUpdate,
    Progress, WorkerResources, WorkerStatus,
};

use super::super::hostile_world::{HostileWorld, new_domain, new_rule};
use super::CALLERS;
use crate::alerts::alert;
use crate::support::{commit, key, profile, registration, spec};
use crate::usage_samples::sample;

/// Something that a caller does to a row that others are at; the number varies it.
type Deed = for<'a> fn(&'a HostileWorld, usize) -> BoxFuture<'a, Result<(), Error>>;

const DEEDS: &[Deed] = &[
    |hostile_world, _| {
        async { hostile_world.db.users().upsert_google(&profile("ada")).await.map(drop) }.boxed()
    },
    |hostile_world, _| {
        async {
            hostile_world.db.users().set_plan(hostile_world.ada.id, &"business".parse()?).await.map(drop)
        }
        .boxed()
    },
    |hostile_world, _| {
        async { hostile_world.db.workers().upsert(&registration("anvil")).await.map(drop) }.boxed()
    },
    |hostile_world, _| hostile_world.db.workers().mark_online(hostile_world.anvil.id).boxed(),
    |hostile_world, _| {
        async { hostile_world.db.workers().mark_offline(hostile_world.anvil.id).await.map(drop) }.boxed()
    },
    |hostile_world, _| {
        async { hostile_world.db.workers().mark_silent_offline(Duration::ZERO, 0).await.map(drop) }.boxed()
    },
    |hostile_world, _| {
        let beat = HeartbeatRequest { status: WorkerStatus::Online, resources: WorkerResources::default() };
        async move { hostile_world.db.workers().heartbeat(hostile_world.anvil.id, &beat).await }.boxed()
    },
    |hostile_world, n| {
        async move {
            let name = format!("shop-number-{}", n % 8);
            let made = hostile_world.db.deployments().create(&spec(&hostile_world.ada, &name)).await?;
            hostile_world.db.jobs().assign(made.job, hostile_world.anvil.id).await.map(drop)
        }
        .boxed()
    },
    |hostile_world, n| {
        let commit = commit(&n.to_string());
        async move { hostile_world.db.deployments().redeploy(app(hostile_world, n), &commit).await.map(drop) }
            .boxed()
    },
    |hostile_world, n| {
        async move {
            let (jobs, app) = (hostile_world.db.jobs(), app(hostile_world, n));
            if n % 2 == 0 { jobs.start(app).await.map(drop) } else { jobs.stop(app).await.map(drop) }
        }
        .boxed()
    },
    |hostile_world, n| {
        async move { hostile_world.db.jobs().assign_next(worker(hostile_world, n)).await.map(drop) }.boxed()
    },
    |hostile_world, n| {
        async move {
            let (db, worker) = (&hostile_world.db, worker(hostile_world, n));
            let Some(job) = db.jobs().claim_next(worker).await? else { return Ok(()) };
            let (job_id, status) = (job.job.id, JobStatus::Processing);
            let update = JobStatusUpdate { job_id, status, message: String::new(), progress: Progress::NONE };
            db.jobs().update_status(worker, &update).await?;
            let outcome = [JobOutcome::Completed, JobOutcome::Failed][n % 2];
            let result = JobResult { container_id: "c".into(), port: 1, ..Default::default() };
            db.jobs().complete(job_id, worker, outcome, &result).await.map(drop)
        }
        .boxed()
    },
    |hostile_world, n| {
        async move {
            let active = hostile_world.db.jobs().find_active(app(hostile_world, n)).await?;
            let Some(job) = active else { return Ok(()) };
            hostile_world.db.jobs().cancel(job.id).await.map(drop)
        }
        .boxed()
    },
    |hostile_world, n| {
        async move {
            let Some(job) = hostile_world.db.jobs().find_active(app(hostile_world, n)).await? else {
                return Ok(());
            };
            match hostile_world.db.jobs().reassign(job.id, worker(hostile_world, n)).await {
                Err(Error::Invalid(_)) => Ok(()),
                other => other.map(drop),
            }
        }
        .boxed()
    },
    |hostile_world, _| async { hostile_world.db.workers().delete(hostile_world.anvil.id).await }.boxed(),
    |hostile_world, _| {
        async { hostile_world.db.jobs().fail_stuck(Duration::from_mins(10), 0).await.map(drop) }.boxed()
    },
    |hostile_world, n| hostile_world.db.apps().mark_stopped(app(hostile_world, n)).boxed(),
    |hostile_world, n| hostile_world.db.apps().mark_violated(app(hostile_world, n), "too much").boxed(),
    |hostile_world, n| {
        async move { hostile_world.db.apps().clear_violation(app(hostile_world, n)).await.map(drop) }.boxed()
    },
    |hostile_world, n| {
        async move {
            let as_of = hostile_world.db.apps().now().await?;
            let apps = hostile_world.db.apps().list(hostile_world.ada.id, wh_repo::Page::default()).await?;
            let report = |app: &wh_repo::rows::App| AppStatusReport {
                app_uuid: app.uuid,
                status: [AppStatus::Running, AppStatus::Stopped][n % 2],
                container_id: app.container_id.clone(),
                port: 1,
                message: String::new(),
            };
            let reports: Vec<_> = apps.iter().map(report).collect();
            hostile_world.db.apps().report(worker(hostile_world, n), as_of, &reports).await.map(drop)
        }
        .boxed()
    },
    |hostile_world, n| hostile_world.db.apps().set_auto_deploy(app(hostile_world, n), n % 2 == 0).boxed(),
    |hostile_world, n| hostile_world.db.apps().set_webhook_id(app(hostile_world, n), Some("1")).boxed(),
    |hostile_world, n| {
        async move {
            hostile_world.db.apps().update_spec(app(hostile_world, n), &AppChanges::default()).await.map(drop)
        }
        .boxed()
    },
    |hostile_world, n| {
        async move {
            let apps = hostile_world.db.apps().list(hostile_world.ada.id, wh_repo::Page::of(20)?).await?;
            let Some(app) = apps.iter().find(|app| app.name.ends_with(&format!("r-{}", n % 8))) else {
                return Ok(());
            };
            if n % 2 == 0 {
                hostile_world.db.apps().hard_delete(app.id).await
            } else {
                hostile_world.db.apps().mark_deleted(app.id).await
            }
        }
        .boxed()
    },
    |hostile_world, n| {
        async move { hostile_world.db.env_vars().set(app(hostile_world, n), &key("A"), &"b".into()).await }
            .boxed()
    },
    |hostile_world, n| {
        async move { hostile_world.db.env_vars().delete(app(hostile_world, n), &key("A")).await.map(drop) }
            .boxed()
    },
    |hostile_world, n| {
        async move {
            let hostname = format!("shop{}.acme.dev", n % 4).parse()?;
            let new = NewDomain { hostname, ..new_domain(hostile_world.ada.id, app(hostile_world, n % 2)) };
            let made = hostile_world.db.domains().create(&new).await?;
            hostile_world.db.domains().mark_verified(made.id).await?;
            hostile_world.db.domains().delete(made.id, hostile_world.ada.id).await.map(drop)
        }
        .boxed()
    },
    |hostile_world, n| {
        async move {
            hostile_world
                .db
                .alerts()
                .create(&alert(hostile_world.ada.id, Some(app(hostile_world, n)), "7"))
                .await
                .map(drop)
        }
        .boxed()
    },
    |hostile_world, _| {
        async {
            hostile_world.db.alerts().resolve_by_source(hostile_world.ada.id, "rule", "7").await.map(drop)
        }
        .boxed()
    },
    |hostile_world, n| {
        async move {
            hostile_world
                .db
                .alert_rules()
                .upsert(&new_rule(hostile_world.ada.id, app(hostile_world, n)))
                .await
                .map(drop)
        }
        .boxed()
    },
    |hostile_world, n| {
        hostile_world.db.alert_rules().ensure(app(hostile_world, n), hostile_world.ada.id).boxed()
    },
    |hostile_world, n| {
        async move { hostile_world.db.usage_samples().upsert(&sample(app(hostile_world, n), 5)).await.map(drop) }.boxed()
    },
    |hostile_world, _| {
        async {
            let (from, to) = (chrono::DateTime::UNIX_EPOCH, chrono::DateTime::<chrono::Utc>::MAX_UTC);
            hostile_world
                .db
                .usage_samples()
                .list(UsageScope::User(hostile_world.ada.id), from, to)
                .await
                .map(drop)
        }
        .boxed()
    },
    |hostile_world, _| {
        async {
            hostile_world
                .db
                .git_tokens()
                .upsert(hostile_world.ada.id, GitProvider::GitHub, "ada", &"t".into())
                .await
        }
        .boxed()
    },
    |hostile_world, _| {
        async {
            hostile_world
                .db
                .sessions()
                .revoke_others(hostile_world.ada.id, hostile_world.session.id)
                .await
                .map(drop)
        }
        .boxed()
    },
];

fn app(hostile_world: &HostileWorld, n: usize) -> wh_types::AppId {
    [
        hostile_world.idle.app,
        hostile_world.waiting.app,
        hostile_world.assigned.app,
        hostile_world.at_work.job.app_id,
    ][n % 4]
}

fn worker(hostile_world: &HostileWorld, n: usize) -> wh_types::WorkerId {
    [hostile_world.anvil.id, hostile_world.hammer.id][n % 2]
}

/// What holds whatever happened, as a count of rows that break it.
const BROKEN: &[(&str, &str)] = &[
    (
        "a deleted app has an unbegun job",
        "SELECT count(*) FROM apps JOIN jobs ON jobs.app_id = apps.id \
        WHERE apps.deleted_at IS NOT NULL AND apps.status <> 'deleted'",
    ),
    (
        "an active job and its ended deployment",
        "SELECT count(*) FROM jobs JOIN deployments d ON d.id = deployment_id \
        WHERE jobs.status IN ('pending', 'assigned', 'processing') AND d.status IN ('succeeded', 'failed', 'cancelled')",
    ),
    (
        "an ended job and its active deployment",
        "SELECT count(*) FROM jobs JOIN deployments d ON d.id = deployment_id \
        WHERE jobs.status IN ('completed', 'failed', 'cancelled') AND d.status IN ('pending', 'building', 'deploying')",
    ),
    (
        "a job that began without a worker",
        "SELECT count(*) FROM jobs WHERE started_at IS NOT NULL AND worker_id IS NULL",
    ),
    (
        "an ended job without an end, or an end without one",
        "SELECT count(*) FROM jobs \
        WHERE (status IN ('completed', 'failed', 'cancelled')) <> (completed_at IS NOT NULL)",
    ),
    (
        "a deploying app without a job",
        "SELECT count(*) FROM apps WHERE status = 'deploying' AND NOT EXISTS \
        (SELECT FROM jobs WHERE app_id = apps.id AND jobs.status IN ('pending', 'assigned', 'processing'))",
    ),
    (
        "two living apps of a name",
        "SELECT count(*) FROM (SELECT FROM apps WHERE deleted_at IS NULL \
        GROUP BY user_id, name HAVING count(*) > 1) AS twice",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_told_of_a_fault_when_everybody_does_everything() {
    let hostile_world = HostileWorld::new().await;
    let callers = (0..CALLERS).map(|caller| {
        let hostile_world = &hostile_world;
        async move {
            for round in 0..16 {
                // Every caller goes through the deeds in another order.
                let n = caller * 7 + round * (2 * caller + 1);
                let deed = DEEDS[n % DEEDS.len()];
                if let Err(error) = deed(hostile_world, n / 3).await {
                    let expected =
                        matches!(error, Error::NotFound { .. } | Error::Conflict(_) | Error::Denied(_));
                    assert!(expected, "deed {}: {error:?}", n % DEEDS.len());
                }
            }
        }
    });
    tokio::time::timeout(Duration::from_mins(1), join_all(callers)).await.expect("nobody waits for ever");
    for (what, sql) in BROKEN {
        assert_eq!(hostile_world.world.raw(sql).await, "0", "{what}");
    }
}
