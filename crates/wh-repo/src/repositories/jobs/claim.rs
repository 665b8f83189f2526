//! Workers taking up what was assigned to them.

use wh_types::{JobId, JobStatus, WorkerId};

use super::step::{Moved, Step, found};
use super::{JobWithPayload, Jobs};
use crate::engine::{About, Repeat, Rows, sql};
use crate::error::Result;

impl Jobs<'_> {
    /// Claims the oldest job that is assigned to this worker, and marks it `processing`. `None` if none is. Concurrent callers
    /// get different jobs; a caller waits only if every assigned job is locked, until it is known what becomes of the
    /// oldest. One round trip.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if no key opens the payload: the job is `processing` then, and must be
    /// failed by its id. [`Error::Unavailable`](crate::Error::Unavailable): if the answer is lost, the job stays
    /// `processing` until the sweep fails it.
    #[doc(alias = "NextAssignedJob")]
    #[doc(alias = "DecryptJobPayload")]
    pub async fn claim_next(self, worker: WorkerId) -> Result<Option<JobWithPayload>> {
        let claim = sql!("claim_next.sql").bind(worker);
        let moved: Rows<Moved> =
            self.executor.write("jobs.claim_next", About::AppsOf(worker), Repeat::Never, claim).await?;
        moved.first().map(|moved| self.open(moved.job)).transpose()
    }

    /// Claims one assigned job. Exactly one of several racing callers gets it. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) for a job that does not exist or is another worker's;
    /// [`Conflict::IllegalStep`](crate::Conflict::IllegalStep) if it was claimed already, is over, or was never
    /// assigned; [`Error::Corrupt`](crate::Error::Corrupt) and [`Error::Unavailable`](crate::Error::Unavailable) as in
    /// [`claim_next`](Self::claim_next).
    #[doc(alias = "DecryptJobPayload")]
    pub async fn claim(self, id: JobId, worker: WorkerId) -> Result<JobWithPayload> {
        let claim = sql!("claim.sql").bind(id).bind(worker);
        let step: Rows<Step> =
            self.executor.write("jobs.claim", About::AppOfJob(id), Repeat::Never, claim).await?;
        let step = found(step)?;
        if step.moved { self.open(step.job) } else { Err(step.illegal(JobStatus::Processing)) }
    }
}
