//! What an app is after each step of its job: the table of the specification, walked to its end.

use std::collections::BTreeSet;
use std::time::Duration;

use wh_repo::rows::App;
use wh_repo::{AppState, Conflict, Denied, Error, JobOutcome, Page};
use wh_types::{
    AppId, AppStatus, JobId, JobResult, JobStatus, JobStatusUpdate, JobType, Progress, Vocabulary, WorkerId,
};

use crate::support::{World, commit};

/// How far a job of an app comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Made,
    Begun,
    Progressed,
    Completed,
    CompletedWithoutResult,
    Failed,
    FailedWithoutResult,
    Swept,
    SweptBeforeItBegan,
    Cancelled,
}

const STEPS: [Step; 10] = [
    Step::Made,
    Step::Begun,
    Step::Progressed,
    Step::Completed,
    Step::CompletedWithoutResult,
    Step::Failed,
    Step::FailedWithoutResult,
    Step::Swept,
    Step::SweptBeforeItBegan,
    Step::Cancelled,
];

impl Step {
    fn is_end(self) -> bool {
        !matches!(self, Self::Made | Self::Begun | Self::Progressed)
    }

    fn is_success(self) -> bool {
        matches!(self, Self::Completed | Self::CompletedWithoutResult)
    }
}

/// The table: what the app is after the step, by its job and what it was before.
fn expected(kind: JobType, step: Step, before: AppStatus) -> AppStatus {
    use AppStatus::{Deleted, Deploying, Failed, Pending, Running, Stopped, Violated};
    match (kind, before) {
        (JobType::Delete, _) if step.is_success() => Deleted,
        (_, Violated) => Violated,
        (JobType::Stop, _) if step.is_success() => Stopped,
        (JobType::Stop | JobType::Delete, _) => before,
        (JobType::Deploy, _) if step == Step::Made => Pending,
        (JobType::Deploy | JobType::Restart | JobType::Start, _) if step.is_success() => Running,
        (JobType::Deploy | JobType::Restart | JobType::Start, _) if !step.is_end() => Deploying,
        (_, Pending | Deploying) => Failed,
        _ => before,
    }
}

struct StepsWorld {
    world: World,
    worker: WorkerId,
}

impl StepsWorld {
    async fn app(&self, id: AppId) -> App {
        self.world.db.apps().find(id).await.unwrap().unwrap()
    }

    async fn make(&self, kind: JobType, app: AppId) -> Result<JobId, Error> {
        let jobs = self.world.db.jobs();
        Ok(match kind {
            JobType::Deploy => jobs.find_active(app).await?.unwrap().id,
            JobType::Restart => self.world.db.deployments().redeploy(app, &commit("beef")).await?.job,
            JobType::Start => jobs.start(app).await?.job.id,
            JobType::Stop => jobs.stop(app).await?.job.id,
            JobType::Delete => jobs.delete(app).await?.job.id,
        })
    }

    async fn report(&self, job: JobId, status: JobStatus) {
        let update = JobStatusUpdate { job_id: job, status, message: "…".into(), progress: Progress::NONE };
        self.world.db.jobs().update_status(self.worker, &update).await.unwrap();
    }

    async fn step(&self, job: JobId, step: Step) {
        let (jobs, worker) = (self.world.db.jobs(), self.worker);
        let result = JobResult { container_id: "new".into(), port: 30_999, ..Default::default() };
        if !matches!(step, Step::Made | Step::Cancelled | Step::SweptBeforeItBegan) {
            jobs.claim(job, worker).await.unwrap();
        }
        match step {
            Step::Made | Step::Begun => {}
            Step::Progressed => self.report(job, JobStatus::Processing).await,
            Step::Completed => {
                drop(jobs.complete(job, worker, JobOutcome::Completed, &result).await.unwrap());
            }
            Step::Failed => drop(jobs.complete(job, worker, JobOutcome::Failed, &result).await.unwrap()),
            Step::CompletedWithoutResult => self.report(job, JobStatus::Completed).await,
            Step::FailedWithoutResult => self.report(job, JobStatus::Failed).await,
            Step::Swept => {
                let silent =
                    format!("UPDATE jobs SET updated_at = now() - interval '1 hour' WHERE id = {job}");
                self.world.raw(&silent).await;
                assert_eq!(jobs.fail_stuck(Duration::from_mins(10), 0).await.unwrap().len(), 1);
            }
            Step::SweptBeforeItBegan => {
                let away =
                    "status = 'offline', offline_since = now() - interval '1 hour', last_heartbeat_at = NULL";
                self.world.raw(&format!("UPDATE workers SET {away}")).await;
                assert_eq!(jobs.fail_stuck(Duration::from_mins(10), 0).await.unwrap().len(), 1);
                self.world.db.workers().mark_online(worker).await.unwrap();
            }
            Step::Cancelled => drop(jobs.cancel(job).await.unwrap()),
        }
    }
}

#[tokio::test]
async fn every_job_at_every_step_leaves_every_app_as_the_table_says() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let worker = world.worker("anvil").await.id;
    world.db.workers().mark_online(worker).await.unwrap();
    let steps_world = StepsWorld { world, worker };
    let mut walked = 0;
    for (k, kind) in JobType::ALL.iter().copied().enumerate() {
        let befores: &[AppStatus] = if kind == JobType::Deploy {
            &[AppStatus::Pending]
        } else {
            &[AppStatus::Running, AppStatus::Stopped, AppStatus::Failed, AppStatus::Violated]
        };
        for (b, before) in befores.iter().copied().enumerate() {
            for (s, step) in STEPS.into_iter().enumerate() {
                let what = format!("{kind} {step:?} of an app that was {before}");
                let made = steps_world.world.app(&ada, &format!("shop-{k}-{b}-{s}")).await;
                if kind == JobType::Deploy {
                    steps_world.world.db.jobs().assign(made.job, worker).await.unwrap();
                } else {
                    steps_world.world.db.jobs().cancel(made.job).await.unwrap();
                    let row = format!(
                        "status = '{before}', container_id = 'old', port = 30001, worker_id = {worker}"
                    );
                    steps_world.world.raw(&format!("UPDATE apps SET {row} WHERE id = {}", made.app)).await;
                    steps_world.world.db.apps().invalidate(made.app).await.unwrap();
                }
                let job = match steps_world.make(kind, made.app).await {
                    Err(Error::Denied(Denied::Violated { .. }))
                        if before == AppStatus::Violated
                            && matches!(kind, JobType::Restart | JobType::Start) =>
                    {
                        continue;
                    }
                    made => made.unwrap(),
                };
                steps_world.step(job, step).await;
                let app = steps_world.app(made.app).await;
                assert_eq!(app.status, expected(kind, step, before), "{what}");
                let container = match (kind, step) {
                    (JobType::Delete, step) if step.is_success() => ("", 0),
                    (JobType::Deploy | JobType::Restart | JobType::Start, Step::Completed) => ("new", 30_999),
                    (JobType::Deploy, _) => ("", 0),
                    _ => ("old", 30_001),
                };
                assert_eq!((app.container_id.as_str(), app.port), container, "{what}");
                let payload =
                    steps_world.world.raw(&format!("SELECT payload FROM jobs WHERE id = {job}")).await;
                assert_eq!(payload.is_empty(), step.is_end(), "{what}");
                let routed = steps_world
                    .world
                    .db
                    .apps()
                    .list_running_for_worker(worker, Page::default())
                    .await
                    .unwrap();
                let runs = before == AppStatus::Running && app.status == AppStatus::Deploying;
                let expected = !container.0.is_empty() && (runs || app.status == AppStatus::Running);
                assert_eq!(routed.iter().any(|routed| routed.id == app.id), expected, "{what}: routed");
                steps_world.world.db.apps().hard_delete(app.id).await.unwrap();
                walked += 1;
            }
        }
    }
    assert_eq!(walked, 10 + 2 * 3 * 10 + 2 * 4 * 10);
}

#[tokio::test]
async fn a_violation_outlives_everything_but_its_clearing() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let anvil = world.worker("anvil").await;
    let app = world.running_app(&ada, "first-shop", &anvil, 30_001).await;
    let steps_world = StepsWorld { world, worker: anvil.id };
    let (apps, jobs) = (steps_world.world.db.apps(), steps_world.world.db.jobs());
    let job = steps_world.make(JobType::Restart, app).await.unwrap();
    jobs.claim(job, anvil.id).await.unwrap();
    apps.mark_violated(app, "mined").await.unwrap();
    steps_world.report(job, JobStatus::Processing).await;
    apps.mark_stopped(app).await.unwrap();
    assert_eq!(steps_world.app(app).await.status, AppStatus::Violated, "a report of progress");
    steps_world.step_done(job).await;
    let violated = steps_world.app(app).await;
    assert_eq!((violated.status, violated.container_id.as_str()), (AppStatus::Violated, "new"));
    for refusal in
        [steps_world.make(JobType::Restart, app).await, steps_world.make(JobType::Start, app).await]
    {
        insta::allow_duplicates! {
            insta::assert_snapshot!(refusal.unwrap_err(), @"app 1 was stopped for a violation: an operator has to clear it first");
        }
    }

    assert!(apps.clear_violation(app).await.unwrap());
    assert!(!apps.clear_violation(app).await.unwrap(), "there is none any more");
    let cleared = steps_world.app(app).await;
    assert_eq!((cleared.status, cleared.violation_reason.as_str()), (AppStatus::Stopped, ""));
    assert!(apps.clear_violation(AppId::new(0)).await.is_err());

    // Cleared while a step is under way, which then fails: it does not bring the violation back, nor what was before it.
    for (n, first) in [JobType::Stop, JobType::Restart].into_iter().enumerate() {
        let app = steps_world.world.running_app(&ada, &format!("shop-number-{n}"), &anvil, 30_010).await;
        let job = steps_world.make(first, app).await.unwrap();
        apps.mark_violated(app, "mined").await.unwrap();
        apps.clear_violation(app).await.unwrap();
        steps_world.step(job, Step::Failed).await;
        assert_eq!(steps_world.app(app).await.status, AppStatus::Stopped, "{first}");
    }
}

impl StepsWorld {
    /// Ends a job that is at work.
    async fn step_done(&self, job: JobId) {
        let result = JobResult { container_id: "new".into(), port: 30_999, ..Default::default() };
        self.world.db.jobs().complete(job, self.worker, JobOutcome::Completed, &result).await.unwrap();
    }
}

#[tokio::test]
async fn the_apps_of_a_worker_that_is_away_are_shown_as_unreachable_and_not_routed() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let anvil = world.worker("anvil").await;
    world.db.workers().mark_online(anvil.id).await.unwrap();
    let running = world.running_app(&ada, "first-shop", &anvil, 30_001).await;
    let over = world.running_app(&ada, "second-shop", &anvil, 30_002).await;
    world.db.deployments().redeploy(over, &commit("beef")).await.unwrap();
    let started = world.running_app(&ada, "third-shop", &anvil, 30_003).await;
    world.db.apps().mark_stopped(started).await.unwrap();
    world.db.jobs().start(started).await.unwrap();
    let stopped = world.running_app(&ada, "fourth-shop", &anvil, 30_004).await;
    world.db.apps().mark_stopped(stopped).await.unwrap();

    let apps = world.db.apps();
    let shown = async || {
        let mut all = apps.show_all(ada.id, Page::default()).await.unwrap();
        all.reverse();
        for one in &all {
            assert_eq!(apps.show(one.app.id).await.unwrap().as_ref(), Some(one));
        }
        all.iter().map(|app| app.state().to_string()).collect::<Vec<_>>().join(" ")
    };
    let routed = async || {
        let routed = apps.list_running_for_worker(anvil.id, Page::default()).await.unwrap();
        routed.iter().map(|app| app.id).collect::<Vec<_>>()
    };
    assert_eq!(shown().await, "running deploying deploying stopped");
    assert_eq!(routed().await, [over, running], "a start of a stopped app routes nothing yet");
    let stored = apps.find(running).await.unwrap();

    world.db.workers().mark_offline(anvil.id).await.unwrap();
    assert_eq!(shown().await, "unreachable unreachable deploying stopped");
    assert_eq!(routed().await, []);
    assert_eq!(apps.show(running).await.unwrap().unwrap().state(), AppState::Unreachable);
    assert_eq!(apps.find(running).await.unwrap(), stored, "nothing is stored");

    world.db.workers().mark_online(anvil.id).await.unwrap();
    assert_eq!(shown().await, "running deploying deploying stopped");
    assert_eq!(routed().await, [over, running]);
}

/// The arrows of a drawing (`from --> to: by whom`), those of the sweep apart.
fn arrows(text: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let arrow = |line: &str| {
        let (from, rest) = line.trim_start_matches("//!").trim().split_once(" --> ")?;
        let (to, by) = rest.split_once(": ")?;
        (from != "[*]").then(|| (format!("{from} {to}"), by == "fail_stuck"))
    };
    let (swept, steps): (Vec<_>, Vec<_>) = text.lines().filter_map(arrow).partition(|(_, swept)| *swept);
    let all = |arrows: Vec<(String, bool)>| arrows.into_iter().map(|(arrow, _)| arrow).collect();
    (all(steps), all(swept))
}

#[tokio::test]
async fn the_state_machine_is_the_same_in_rust_in_sql_and_in_its_drawings() {
    let world = World::new().await;
    let mut rust = BTreeSet::new();
    let mut sql = BTreeSet::new();
    for from in JobStatus::ALL {
        for to in JobStatus::ALL {
            let arrow = format!("{from} {to}");
            if from.can_become(*to) {
                rust.insert(arrow.clone());
            }
            if world.raw(&format!("SELECT wh_job_step_allowed('{from}', '{to}')")).await == "t" {
                sql.insert(arrow);
            }
        }
    }
    assert_eq!(rust.len(), 6);
    assert_eq!(rust, sql);
    for (drawing, text) in [
        ("docs/architecture.md", include_str!("../../../../docs/architecture.md")),
        ("repositories/jobs.rs", include_str!("../../src/repositories/jobs.rs")),
    ] {
        let (steps, swept) = arrows(text);
        assert_eq!(steps, rust, "{drawing}");
        assert_eq!(swept, BTreeSet::from(["assigned failed".to_owned()]), "{drawing}");
    }
}

#[tokio::test]
async fn every_operation_makes_the_steps_of_the_machine_and_no_others() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let anvil = world.worker("anvil").await.id;
    let jobs = world.db.jobs();
    for (n, from) in JobStatus::ALL.iter().copied().enumerate() {
        for to in [
            JobStatus::Assigned,
            JobStatus::Processing,
            JobStatus::Completed,
            JobStatus::Failed,
            JobStatus::Cancelled,
        ] {
            let made = world.app(&ada, &format!("shop-{n}-to-{to}")).await;
            let worker = if from == JobStatus::Pending && to == JobStatus::Assigned {
                "NULL"
            } else {
                &anvil.to_string()
            };
            let bring =
                format!("UPDATE jobs SET status = '{from}', worker_id = {worker} WHERE id = {}", made.job);
            world.raw(&bring).await;
            let result = JobResult::default();
            let outcome = match to {
                JobStatus::Assigned => jobs.assign(made.job, anvil).await.map(|step| (step.job, step.fresh)),
                JobStatus::Processing => jobs.claim(made.job, anvil).await.map(|claimed| (claimed.job, true)),
                JobStatus::Cancelled => jobs.cancel(made.job).await.map(|step| (step.job, step.fresh)),
                ended => {
                    let outcome =
                        if ended == JobStatus::Failed { JobOutcome::Failed } else { JobOutcome::Completed };
                    jobs.complete(made.job, anvil, outcome, &result)
                        .await
                        .map(|ended| (ended.job, ended.fresh))
                }
            };
            match outcome {
                Ok((job, true)) => {
                    assert!(from.can_become(to), "{from} became {to}");
                    assert_eq!(job.status, to);
                }
                // What this worker has already, and what was cancelled already.
                Ok((job, false)) => {
                    assert!(!from.can_become(to), "{from} to {to} was not made");
                    assert_eq!(job.status, from);
                }
                Err(Error::Conflict(Conflict::IllegalStep { from: said, to: asked, .. })) => {
                    assert!(!from.can_become(to), "{from} to {to} was refused");
                    assert_eq!((said, asked), (from, to));
                }
                Err(Error::Conflict(Conflict::ContradictingResult { recorded, .. })) => {
                    assert_eq!(recorded, from);
                }
                Err(error) => unreachable!("{from} to {to}: {error}"),
            }
        }
    }
}
