//! Giving up a job that no worker has begun.

use diesel::sql_query;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_schema::rows::Job;
use wh_types::{JobId, JobStatus};

use super::Jobs;
use super::step::{follow_effects, found, step_statement};
use crate::engine::About;
use crate::engine::prepared;
use crate::error::Result;

const CANCEL: &str = step_statement!(
    find: "id = $1",
    set: "status = 'cancelled', completed_at = wh_now()",
    guard: "found.status IN ('pending', 'assigned')",
    effects: follow_effects!()
);

impl Jobs<'_> {
    /// Cancels a job that is pending or assigned, and its deployment; the app goes on with the container that it has, or is
    /// stopped. Cancelling it again changes nothing. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound);
    /// [`Conflict::IllegalStep`](crate::Conflict::IllegalStep) where a worker is at it, or it is over.
    pub async fn cancel(self, id: JobId) -> Result<Job> {
        let step = self
            .executor
            .changing(About::AppOfJob(id))
            .find("jobs.cancel", |mut conn| {
                prepared(sql_query(CANCEL).bind::<BigInt, _>(id)).get_result(&mut conn).boxed()
            })
            .await?;
        let step = found(step)?;
        if step.moved || step.was == JobStatus::Cancelled {
            Ok(step.job)
        } else {
            Err(step.illegal(JobStatus::Cancelled))
        }
    }
}
