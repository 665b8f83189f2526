//! What workers report while they work.

use wh_types::{JobStatusUpdate, WorkerId};

use super::Jobs;
use super::step::{JobStep, Step, found};
use crate::engine::{About, Repeat, Rows, sql};
use crate::error::Result;
use crate::text::without_nul;

impl Jobs<'_> {
    /// Records how far a worker is with its job: a step of the state machine, or the same status again with a new message.
    /// Progress never goes back, so that reports may arrive twice or out of order; each is a sign of life. `started_at` is
    /// set once, on the way into `processing`. One round trip.
    ///
    /// App and deployment follow. A job that ends this way has no result, container or build log:
    /// [`complete`](Self::complete) is for a worker that has one.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) for a job that does not exist or is another worker's;
    /// [`Conflict::IllegalStep`](crate::Conflict::IllegalStep), which names both states;
    /// [`Error::Unavailable`](crate::Error::Unavailable). Sent again after one that is in doubt, it answers `fresh: false`
    /// about the first call's work.
    #[doc(alias = "UpdateJobStatus")]
    pub async fn update_status(self, worker: WorkerId, update: &JobStatusUpdate) -> Result<JobStep> {
        let to = update.status;
        let report = sql!("update_status.sql")
            .bind(update.job_id)
            .bind(worker)
            .bind(to)
            .bind(without_nul(&update.message))
            .bind(i32::from(update.progress.percent()));
        let about = About::AppOfJob(update.job_id);
        let step: Rows<Step> =
            self.executor.write("jobs.update_status", about, Repeat::Never, report).await?;
        let step = found(step)?;
        match step.was {
            was if was == to => Ok(step.known()),
            _ if step.moved => Ok(step.made()),
            _ => Err(step.illegal(to)),
        }
    }
}
