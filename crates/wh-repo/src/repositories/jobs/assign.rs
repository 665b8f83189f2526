//! Giving pending jobs to workers.

use diesel::sql_query;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_schema::rows::Job;
use wh_types::{JobId, JobStatus, WorkerId};

use super::Jobs;
use super::listen::tell_worker;
use super::step::{Moved, app_keys, followed, found, step_statement};
use crate::engine::About;
use crate::engine::prepared;
use crate::error::{Error, Result};

/// Where a job runs, its app and its deployment do; and the worker is told.
macro_rules! assign_effects {
    () => {
        concat!(
            "app AS (UPDATE apps SET worker_id = moved.worker_id, updated_at = wh_now() \
                 FROM moved WHERE apps.id = moved.app_id",
            app_keys!(),
            ", ",
            tell_worker!(),
            "), \
             deployment AS (UPDATE deployments SET worker_id = moved.worker_id \
                 FROM moved WHERE deployments.id = moved.deployment_id)"
        )
    };
}

const ASSIGN: &str = step_statement!(
    find: "id = $1",
    set: "status = 'assigned', worker_id = $2, assigned_at = wh_now()",
    guard: "found.status = 'pending' AND EXISTS (SELECT FROM workers WHERE id = $2)",
    effects: assign_effects!()
);

const ASSIGN_NEXT: &str = concat!(
    "WITH next AS MATERIALIZED (SELECT id FROM jobs \
         WHERE status = 'pending' AND EXISTS (SELECT FROM workers WHERE id = $1) \
         ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED), \
     moved AS (UPDATE jobs SET status = 'assigned', worker_id = $1, assigned_at = wh_now(), updated_at = wh_now() \
         FROM next WHERE jobs.id = next.id RETURNING jobs.*), ",
    assign_effects!(),
    " SELECT ",
    followed!(),
    ", moved.* FROM moved LEFT JOIN app ON true"
);

impl Jobs<'_> {
    /// Gives a pending job to a worker; its app and deployment follow. Repeating the same assignment changes nothing. One
    /// round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a job or a worker that does not exist;
    /// [`Conflict::IllegalStep`](crate::Conflict::IllegalStep) where the job is past pending, or another worker's.
    pub async fn assign(self, id: JobId, worker: WorkerId) -> Result<Job> {
        let step = self
            .executor
            .changing(About::AppOfJob(id))
            .find("jobs.assign", |mut conn| {
                prepared(sql_query(ASSIGN).bind::<BigInt, _>(id).bind::<BigInt, _>(worker))
                    .get_result(&mut conn)
                    .boxed()
            })
            .await?;
        let step = found(step)?;
        match step.was {
            _ if step.moved => Ok(step.job),
            JobStatus::Pending => Err(Error::not_found("worker")),
            JobStatus::Assigned if step.job.worker_id == Some(worker) => Ok(step.job),
            _ => Err(step.illegal(JobStatus::Assigned)),
        }
    }

    /// Gives the oldest pending job to a worker, or says that there is none. Callers that race get different jobs and
    /// never wait for each other. Sent again after a lost answer it assigns the next job as well; both are the worker's
    /// to claim. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn assign_next(self, worker: WorkerId) -> Result<Option<Job>> {
        let moved: Option<Moved> = self
            .executor
            .changing(About::AppsOf(worker))
            .find_once("jobs.assign_next", |mut conn| {
                prepared(sql_query(ASSIGN_NEXT).bind::<BigInt, _>(worker)).get_result(&mut conn).boxed()
            })
            .await?;
        Ok(moved.map(|moved| moved.job))
    }
}
