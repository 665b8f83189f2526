//! Giving up a job that no worker has begun.

use wh_types::{JobId, JobStatus};

use super::Jobs;
use super::step::{JobStep, Step, found};
use crate::engine::{About, Repeat, Rows, sql};
use crate::error::Result;

impl Jobs<'_> {
    /// Cancels a job that is pending or assigned, and its deployment, and empties its payload; the app is again what it was
    /// before the job, or failed if it was never deployed. A cancelled job stays as it is. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound);
    /// [`Conflict::IllegalStep`](crate::Conflict::IllegalStep) for a job that a worker has begun, or that is over;
    /// [`Error::Unavailable`](crate::Error::Unavailable). Sent again after one that is in doubt, it answers `fresh: false`
    /// about the first call's work.
    pub async fn cancel(self, id: JobId) -> Result<JobStep> {
        let cancel = sql!("cancel.sql").bind(id);
        let step: Rows<Step> =
            self.executor.write("jobs.cancel", About::AppOfJob(id), Repeat::Never, cancel).await?;
        let step = found(step)?;
        match step.was {
            _ if step.moved => Ok(step.made()),
            JobStatus::Cancelled => Ok(step.known()),
            _ => Err(step.illegal(JobStatus::Cancelled)),
        }
    }
}
