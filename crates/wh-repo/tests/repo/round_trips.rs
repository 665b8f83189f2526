//! What the doc comments say about round trips, counted on the wire.

mod accounts;
mod apps;
mod keys;
mod second_factor;
mod watching;

use std::time::Duration;

use futures_util::future::join_all;
use wh_repo::{Database, Error, JobOutcome, NewLogLine, Page};
use wh_testkit::Proxy;
use wh_types::{
    AppId, HeartbeatRequest, JobResult, JobStatus, JobStatusUpdate, LogStream, Progress, UserId,
    WorkerResources, WorkerStatus,
};

use crate::support::{World, key, open_plain, profile, registration, spec};

/// A world whose repositories speak through a proxy that counts. One connection, so that what is prepared stays so.
struct CountedWorld {
    world: World,
    proxy: Proxy,
    db: Database,
}

impl CountedWorld {
    async fn new() -> Self {
        let world = World::new().await;
        let proxy = Proxy::start(world.postgres.url()).await;
        let db = open_plain(proxy.url(), 1).await;
        // Answers take so long that whatever is sent together is seen together.
        proxy.delay(Duration::from_millis(15));
        Self { world, proxy, db }
    }

    /// Runs the operation once to prepare its statements, and counts the second time.
    async fn count<R>(
        &self,
        operation: &str,
        expected: u64,
        mut work: impl AsyncFnMut(&Database) -> Result<R, Error>,
    ) -> R {
        work(&self.db).await.unwrap_or_else(|error| unreachable!("{operation}: {error}"));
        self.proxy.reset_counts();
        let result = work(&self.db).await.unwrap_or_else(|error| unreachable!("{operation}: {error}"));
        assert_eq!(self.proxy.preparations(), 0, "{operation} prepares again");
        assert_eq!(self.proxy.round_trips(), expected, "{operation}");
        result
    }
}

#[tokio::test]
async fn points_and_lists_cost_one() {
    let counted_world = CountedWorld::new().await;
    let ada = counted_world.world.user("ada", "pro").await;
    let anvil = counted_world.world.worker("anvil").await;
    let job = counted_world.world.app_at_work(&ada, "first-shop", &anvil).await.job;
    let app = job.app_id;
    let uuid = counted_world.db.apps().find(app).await.unwrap().unwrap().uuid;
    let heartbeat = HeartbeatRequest { status: WorkerStatus::Online, resources: WorkerResources::default() };
    let report = JobStatusUpdate {
        job_id: job.id,
        status: JobStatus::Processing,
        message: String::new(),
        progress: Progress::NONE,
    };

    counted_world.count("users.find", 1, async |db| db.users().find(ada.id).await).await;
    counted_world
        .count("users.upsert_google", 1, async |db| db.users().upsert_google(&profile("ada")).await)
        .await;
    counted_world
        .count("users.set_plan", 1, async |db| db.users().set_plan(ada.id, &"pro".parse().unwrap()).await)
        .await;
    counted_world.count("users.set_active", 1, async |db| db.users().set_active(ada.id, true).await).await;
    counted_world
        .count("workers.upsert", 1, async |db| db.workers().upsert(&registration("anvil")).await)
        .await;
    counted_world.count("workers.find", 1, async |db| db.workers().find(anvil.id).await).await;
    counted_world
        .count("workers.find_by_api_key", 1, async |db| {
            db.workers().find_by_api_key(&"whk_anvil".into()).await
        })
        .await;
    counted_world.count("workers.list", 1, async |db| db.workers().list().await).await;
    counted_world.count("workers.mark_online", 1, async |db| db.workers().mark_online(anvil.id).await).await;
    counted_world
        .count("workers.heartbeat", 1, async |db| db.workers().heartbeat(anvil.id, &heartbeat).await)
        .await;
    counted_world.count("apps.find", 1, async |db| db.apps().find(app).await).await;
    counted_world.count("apps.find_by_uuid", 1, async |db| db.apps().find_by_uuid(uuid).await).await;
    counted_world
        .count("apps.find_by_name", 1, async |db| db.apps().find_by_name(ada.id, "first-shop").await)
        .await;
    counted_world.count("apps.list", 1, async |db| db.apps().list(ada.id, Page::default()).await).await;
    counted_world.count("apps.mark_stopped", 1, async |db| db.apps().mark_stopped(app).await).await;
    counted_world
        .count("env_vars.set", 1, async |db| db.env_vars().set(app, &key("A"), &"b".into()).await)
        .await;
    counted_world.count("env_vars.list", 1, async |db| db.env_vars().list(app).await).await;
    counted_world.count("env_vars.delete", 1, async |db| db.env_vars().delete(app, &key("A")).await).await;
    let deployment = job.deployment_id.unwrap();
    counted_world
        .count("deployments.find_for_user", 1, async |db| {
            db.deployments().find_for_user(deployment, ada.id).await
        })
        .await;
    counted_world
        .count("jobs.find_for_user", 1, async |db| db.jobs().find_for_user(job.id, ada.id).await)
        .await;
    counted_world.count("deployments.find", 1, async |db| db.deployments().find(deployment).await).await;
    counted_world
        .count("deployments.list", 1, async |db| db.deployments().list(app, Page::default()).await)
        .await;
    counted_world
        .count("deployments.set_build_logs", 1, async |db| {
            db.deployments().set_build_logs(deployment, anvil.id, "log").await
        })
        .await;
    counted_world.count("jobs.find", 1, async |db| db.jobs().find(job.id).await).await;
    counted_world
        .count("jobs.find_for_worker", 1, async |db| db.jobs().find_for_worker(job.id, anvil.id).await)
        .await;
    counted_world.count("jobs.find_active", 1, async |db| db.jobs().find_active(app).await).await;
    counted_world
        .count("jobs.list_for_app", 1, async |db| db.jobs().list_for_app(app, Page::default()).await)
        .await;
    counted_world
        .count("jobs.update_status", 1, async |db| db.jobs().update_status(anvil.id, &report).await)
        .await;
    counted_world
        .count("jobs.complete", 1, async |db| {
            db.jobs().complete(job.id, anvil.id, JobOutcome::Failed, &JobResult::default()).await
        })
        .await;
}

#[tokio::test]
async fn each_step_of_the_queue_costs_one() {
    let counted_world = CountedWorld::new().await;
    let ada = counted_world.world.user("ada", "pro").await;
    let anvil = counted_world.world.worker("anvil").await;
    for name in ["first-shop", "second-shop", "third-shop"] {
        counted_world.world.app(&ada, name).await;
    }
    let first = counted_world
        .count("jobs.assign_next", 1, async |db| db.jobs().assign_next(anvil.id).await)
        .await
        .unwrap();
    counted_world.count("jobs.assign", 1, async |db| db.jobs().assign(first.id, anvil.id).await).await;
    let claimed =
        counted_world.count("jobs.claim_next", 1, async |db| db.jobs().claim_next(anvil.id).await).await;
    assert!(claimed.is_some());
    let last = counted_world.db.jobs().assign_next(anvil.id).await.unwrap().unwrap();
    // A claim succeeds once, so that its statement is prepared by one that is refused.
    counted_world.db.jobs().claim(first.id, anvil.id).await.unwrap_err();
    counted_world.proxy.reset_counts();
    counted_world.db.jobs().claim(last.id, anvil.id).await.unwrap();
    assert_eq!((counted_world.proxy.round_trips(), counted_world.proxy.preparations()), (1, 0));

    let cancelled = counted_world.world.app(&ada, "fourth-shop").await.job;
    counted_world.count("jobs.cancel", 1, async |db| db.jobs().cancel(cancelled).await).await;
}

#[tokio::test]
async fn creating_an_app_costs_three_and_two_inside_a_transaction() {
    let counted_world = CountedWorld::new().await;
    let ada = counted_world.world.user("ada", "business").await;
    let specs: Vec<_> = (0..4).map(|n| spec(&ada, &format!("shop-number-{n}"))).collect();
    let mut next = specs.iter();
    counted_world
        .count("deployments.create", 3, async |db| db.deployments().create(next.next().unwrap()).await)
        .await;

    counted_world.proxy.reset_counts();
    counted_world
        .db
        .transaction(async |tx| {
            tx.deployments().create(next.next().unwrap()).await?;
            tx.deployments().create(next.next().unwrap()).await
        })
        .await
        .unwrap();
    assert_eq!(counted_world.proxy.round_trips(), 5, "two for each, and COMMIT");
}

#[tokio::test]
async fn a_batch_costs_one_however_large() {
    let counted_world = CountedWorld::new().await;
    let ada = counted_world.world.user("ada", "business").await;
    let mut apps = Vec::new();
    for n in 0..20 {
        apps.push(counted_world.world.app(&ada, &format!("shop-number-{n}")).await.app);
    }
    let lines: Vec<_> = (0..1000).map(|n| line(apps[n % 20])).collect();
    counted_world.count("runtime_logs.save", 1, async |db| db.runtime_logs().save(&lines).await).await;
    counted_world
        .count("runtime_logs.newest", 1, async |db| db.runtime_logs().newest(&apps, 500).await)
        .await;
}

fn line(app: AppId) -> NewLogLine {
    let logged_at = chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap();
    NewLogLine { app, worker: None, stream: LogStream::Stderr, line: "…".into(), logged_at }
}

#[tokio::test]
async fn reads_of_a_transaction_travel_together() {
    let counted_world = CountedWorld::new().await;
    let ada = counted_world.world.user("ada", "pro").await;
    let five = async |db: &Database| {
        db.transaction(async |tx| {
            let users = join_all((0..5).map(|n| tx.users().find(UserId::new(ada.id.get() + n)))).await;
            Ok::<_, Error>(users.len())
        })
        .await
    };
    counted_world.count("five finds in a transaction", 2, five).await;
}
