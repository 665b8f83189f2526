//! Workers taking up what was assigned to them.

use diesel::sql_query;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_types::{JobId, JobStatus, WorkerId};

use super::step::{Moved, follow_effects, followed, found, step_statement};
use super::{JobWithPayload, Jobs};
use crate::engine::About;
use crate::engine::prepared;
use crate::error::Result;

const CLAIM: &str = step_statement!(
    find: "id = $1 AND worker_id = $2",
    set: "status = 'processing', started_at = coalesce(jobs.started_at, wh_now())",
    guard: "found.status = 'assigned'",
    effects: follow_effects!()
);

const CLAIM_NEXT: &str = concat!(
    "WITH next AS MATERIALIZED (SELECT id FROM jobs WHERE worker_id = $1 AND status = 'assigned' \
         ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED), \
     moved AS (UPDATE jobs SET status = 'processing', started_at = coalesce(jobs.started_at, wh_now()), \
         updated_at = wh_now() FROM next WHERE jobs.id = next.id RETURNING jobs.*), ",
    follow_effects!(),
    " SELECT ",
    followed!(),
    ", moved.* FROM moved LEFT JOIN app ON true"
);

impl Jobs<'_> {
    /// Takes up the oldest job that is assigned to this worker, with its payload, or says that there is none; the job is
    /// `processing` from here on. Callers that race get different jobs and never wait for each other (the atomic form of
    /// `NextAssignedJob`). One round trip.
    ///
    /// It is not sent again by itself when the connection breaks. Where its answer was lost, the job stays `processing`
    /// until the sweep fails it, 15 minutes later.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) where no key of the ring opens the payload: the job is `processing` then,
    /// and must be failed.
    #[doc(alias = "DecryptJobPayload")]
    #[doc(alias = "NextAssignedJob")]
    pub async fn claim_next(self, worker: WorkerId) -> Result<Option<JobWithPayload>> {
        let moved: Option<Moved> = self
            .executor
            .changing(About::AppsOf(worker))
            .find_once("jobs.claim_next", |mut conn| {
                prepared(sql_query(CLAIM_NEXT).bind::<BigInt, _>(worker)).get_result(&mut conn).boxed()
            })
            .await?;
        moved.map(|moved| self.open(moved.job)).transpose()
    }

    /// Takes up one assigned job, which a worker was told of. Exactly one of several racing callers gets it. One round
    /// trip.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) for a job that does not exist or is another worker's;
    /// [`Conflict::IllegalStep`](crate::Conflict::IllegalStep) where it was claimed already, is over, or was never
    /// assigned; [`Error::Corrupt`](crate::Error::Corrupt) as in [`claim_next`](Self::claim_next).
    #[doc(alias = "DecryptJobPayload")]
    pub async fn claim(self, id: JobId, worker: WorkerId) -> Result<JobWithPayload> {
        let step = self
            .executor
            .changing(About::AppOfJob(id))
            .find_once("jobs.claim", |mut conn| {
                prepared(sql_query(CLAIM).bind::<BigInt, _>(id).bind::<BigInt, _>(worker))
                    .get_result(&mut conn)
                    .boxed()
            })
            .await?;
        let step = found(step)?;
        if step.moved { self.open(step.job) } else { Err(step.illegal(JobStatus::Processing)) }
    }
}
