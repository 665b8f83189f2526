//! The queue.

use std::time::Duration;

use wh_repo::{JobOutcome, Page};
use wh_types::{AppId, JobId, JobResult, JobStatus, JobStatusUpdate, Progress, WorkerId};

use crate::apps::{APP, BUSY};
use crate::explained_world::ExplainedWorld;
use crate::plan::Allowance;
use crate::workers::WORKER;

/// Pending.
const PENDING: JobId = JobId::new(190_007);
/// Assigned to [`TO`].
const ASSIGNED: JobId = JobId::new(194_243);
const TO: WorkerId = WorkerId::new(4);
/// At work on [`AT`].
const PROCESSING: JobId = JobId::new(197_500);
const AT: WorkerId = WorkerId::new(1);

pub(crate) async fn see(explained_world: &mut ExplainedWorld) {
    let page = Page::default();
    explained_world.see("Jobs::find", async |tx| tx.jobs().find(ASSIGNED).await).await;
    explained_world
        .see("Jobs::find_for_user", async |tx| {
            let app = tx.jobs().find(ASSIGNED).await?.map_or(APP, |job| job.app_id);
            let user = tx.apps().find(app).await?.unwrap().user_id;
            tx.jobs().find_for_user(ASSIGNED, user).await
        })
        .await;
    explained_world
        .see("Jobs::find_for_worker", async |tx| tx.jobs().find_for_worker(ASSIGNED, TO).await)
        .await;
    explained_world
        .see("Jobs::find_active", async |tx| tx.jobs().find_active(AppId::new(10_007)).await)
        .await;
    explained_world
        .see("Jobs::find_active", async |tx| {
            tx.jobs().find_active(BUSY).await.map(|none| assert_eq!(none, None))
        })
        .await;
    for app in [APP, BUSY] {
        explained_world.see("Jobs::list_for_app", async |tx| tx.jobs().list_for_app(app, page).await).await;
    }
    explained_world.see("Jobs::next_assigned", async |tx| tx.jobs().next_assigned(TO).await).await;
    explained_world.see("Jobs::assign", async |tx| tx.jobs().assign(PENDING, WORKER).await.map(drop)).await;
    explained_world.see("Jobs::assign_next", async |tx| tx.jobs().assign_next(WORKER).await).await;
    explained_world.see("Jobs::claim", async |tx| tx.jobs().claim(ASSIGNED, TO).await.map(drop)).await;
    explained_world.see("Jobs::claim_next", async |tx| tx.jobs().claim_next(TO).await).await;
    explained_world.see("Jobs::cancel", async |tx| tx.jobs().cancel(ASSIGNED).await.map(drop)).await;
    let report = JobStatusUpdate {
        job_id: PROCESSING,
        status: JobStatus::Failed,
        message: "no".into(),
        progress: Progress::NONE,
    };
    explained_world
        .see("Jobs::update_status", async |tx| tx.jobs().update_status(AT, &report).await.map(drop))
        .await;
    for outcome in [JobOutcome::Completed, JobOutcome::Failed] {
        explained_world
            .see("Jobs::complete", async |tx| {
                tx.jobs().complete(PROCESSING, AT, outcome, &JobResult::default()).await.map(drop)
            })
            .await;
    }
    explained_world
        .see("Jobs::reassign", async |tx| tx.jobs().reassign(ASSIGNED, WORKER).await.map(drop))
        .await;
    explained_world.see("Jobs::start", async |tx| tx.jobs().start(APP).await.map(drop)).await;
    explained_world
        .see("Jobs::stop", async |tx| {
            tx.jobs().stop(APP).await?;
            tx.jobs().stop(APP).await.map(drop)
        })
        .await;
    explained_world.see("Jobs::delete", async |tx| tx.jobs().delete(APP).await.map(drop)).await;
    // A job is looked for and found again, its deployment and its app are looked up.
    let each = Allowance::rows(600);
    explained_world
        .see_with("Jobs::fail_stuck", each, async |tx| {
            tx.jobs().fail_stuck(Duration::from_mins(10), 100).await
        })
        .await;
}
