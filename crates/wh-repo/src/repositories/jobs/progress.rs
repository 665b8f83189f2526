//! What workers report while they work.

use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Integer, Text};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_schema::rows::Job;
use wh_types::{JobStatus, JobStatusUpdate, Vocabulary, WorkerId};

use super::Jobs;
use super::step::{follow_effects, found, step_statement};
use crate::engine::About;
use crate::engine::prepared;
use crate::error::Result;
use crate::text::without_nul;

const UPDATE_STATUS: &str = step_statement!(
    find: "id = $1 AND worker_id = $2",
    set: "status = $3, message = $4, progress = greatest(jobs.progress, $5), \
          started_at = CASE WHEN $3 = 'processing' THEN coalesce(jobs.started_at, wh_now()) ELSE jobs.started_at END, \
          completed_at = CASE WHEN $3 IN ('completed', 'failed', 'cancelled') THEN wh_now() END",
    guard: "found.status = ANY($6)",
    effects: follow_effects!()
);

impl Jobs<'_> {
    /// Records how far a worker is with its job (`UpdateJobStatus`): a step of the state machine, or the same status again
    /// with a new message. Progress never goes back, so that reports may arrive twice or out of order. `started_at` is
    /// set once, on the way into `processing`. One round trip.
    ///
    /// App and deployment follow. A job that ends this way has no result, container or build log:
    /// [`complete`](Self::complete) is for a worker that has one.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) for a job that does not exist or is another worker's;
    /// [`Conflict::IllegalStep`](crate::Conflict::IllegalStep), which names both states.
    #[doc(alias = "UpdateJobStatus")]
    pub async fn update_status(self, worker: WorkerId, update: &JobStatusUpdate) -> Result<Job> {
        let to = update.status;
        let from: Vec<JobStatus> = JobStatus::ALL
            .iter()
            .copied()
            .filter(|from| from.can_become(to) || (*from == to && to.is_active()))
            .collect();
        let message = without_nul(&update.message);
        let step = self
            .executor
            .changing(About::AppOfJob(update.job_id))
            .find("jobs.update_status", |mut conn| {
                prepared(
                    sql_query(UPDATE_STATUS)
                        .bind::<BigInt, _>(update.job_id)
                        .bind::<BigInt, _>(worker)
                        .bind::<Text, _>(to)
                        .bind::<Text, _>(message.as_ref())
                        .bind::<Integer, _>(i32::from(update.progress.percent()))
                        .bind::<Array<Text>, _>(&from),
                )
                .get_result(&mut conn)
                .boxed()
            })
            .await?;
        let step = found(step)?;
        if step.moved || step.was == to { Ok(step.job) } else { Err(step.illegal(to)) }
    }
}
