//! The job queue: what the control plane asks of workers.
//!
//! ```text
//!            assign             claim                complete
//!  pending ──────────▶ assigned ──────▶ processing ──────────▶ completed
//!     │                   │                  └───────────────▶ failed
//!     └───────────────────┴──── cancel ──────────────────────▶ cancelled
//! ```
//!
//! Each step is one statement that locks the job, looks at its state, and moves it together with the app and the
//! deployment that it is about; a step that the picture does not have is [`Conflict::IllegalStep`] and changes nothing.

mod assign;
mod cancel;
mod claim;
mod complete;
mod listen;
mod pin;
mod progress;
mod step;
mod sweep;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use secrecy::SecretString;
use wh_schema::rows::Job;
use wh_schema::schema::jobs;
use wh_types::{AppId, JobId, WorkerId};

pub use self::complete::JobOutcome;
pub use self::listen::JobWakeups;
pub use self::pin::{CreatedJob, NewPinnedJob};
pub(crate) use self::pin::{Pinned, pin};
use crate::engine::Executor;
use crate::engine::prepared;
use crate::error::Result;
use crate::page::Page;
use crate::secrets::Place;

/// [`JobStatus::ACTIVE`](wh_types::JobStatus::ACTIVE), spelt out: with a bound list a prepared statement could not use
/// the partial index over exactly these.
const ACTIVE: &str = "status IN ('pending', 'assigned', 'processing')";

/// Spelt out likewise.
const ASSIGNED: &str = "status = 'assigned'";

/// Operations on the job queue; made by [`Database::jobs`](crate::Database::jobs) and [`Tx::jobs`](crate::Tx::jobs).
#[derive(Clone, Copy)]
pub struct Jobs<'a> {
    pub(crate) executor: Executor<'a>,
}

/// A job with its payload opened: what its worker is handed.
#[derive(Clone, Debug)]
pub struct JobWithPayload {
    /// The job; `payload` inside is still encrypted.
    pub job: Job,
    /// The payload as it was given; for a deployment the JSON of a [`DeployPayload`](wh_types::DeployPayload).
    pub payload: SecretString,
}

impl Jobs<'_> {
    /// The job with this id, of whatever worker. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn find(self, id: JobId) -> Result<Option<Job>> {
        self.executor.find("jobs.find", |mut conn| Job::query().find(id).first(&mut conn).boxed()).await
    }

    /// The job with this id and its payload, if it is this worker's (`FindJobForWorker`). One round trip.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) where no key of the ring opens the payload.
    #[doc(alias = "DecryptJobPayload")]
    #[doc(alias = "FindJobForWorker")]
    pub async fn find_for_worker(self, id: JobId, worker: WorkerId) -> Result<Option<JobWithPayload>> {
        let job = self
            .executor
            .find("jobs.find_for_worker", |mut conn| {
                Job::query().find(id).filter(jobs::worker_id.eq(worker)).first(&mut conn).boxed()
            })
            .await?;
        job.map(|job| self.open(job)).transpose()
    }

    /// The oldest job that is assigned to this worker, with its payload (`NextAssignedJob`). Inside a transaction the job
    /// is locked until that ends, and others who ask meanwhile get the next one; outside of one this only looks, and
    /// [`claim_next`](Self::claim_next) is what takes it up. One round trip.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) where no key of the ring opens the payload.
    #[doc(alias = "NextAssignedJob")]
    pub async fn next_assigned(self, worker: WorkerId) -> Result<Option<JobWithPayload>> {
        let job = self
            .executor
            .find("jobs.next_assigned", |mut conn| {
                prepared(
                    Job::query()
                        .filter(jobs::worker_id.eq(worker))
                        .filter(sql::<Bool>(ASSIGNED))
                        .order(jobs::id)
                        .limit(1)
                        .for_update()
                        .skip_locked(),
                )
                .get_result(&mut conn)
                .boxed()
            })
            .await?;
        job.map(|job| self.open(job)).transpose()
    }

    /// The unfinished job of an app, of which there is at most one (`FindActiveJobForApp`). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    #[doc(alias = "FindActiveJobForApp")]
    pub async fn find_active(self, app: AppId) -> Result<Option<Job>> {
        self.executor
            .find("jobs.find_active", |mut conn| {
                prepared(Job::query().filter(jobs::app_id.eq(app)).filter(sql::<Bool>(ACTIVE)).limit(1))
                    .get_result(&mut conn)
                    .boxed()
            })
            .await
    }

    /// The jobs of an app, newest first. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn list_for_app(self, app: AppId, page: Page<JobId>) -> Result<Vec<Job>> {
        self.executor
            .run("jobs.list_for_app", |mut conn| {
                Job::query()
                    .filter(jobs::app_id.eq(app))
                    .filter(jobs::id.lt(page.before_or(JobId::new(i64::MAX))))
                    .order(jobs::id.desc())
                    .limit(page.limit())
                    .load(&mut conn)
                    .boxed()
            })
            .await
    }

    /// Opens the payload of a job that was just read.
    fn open(self, job: Job) -> Result<JobWithPayload> {
        let payload = self.executor.inner().open(&Place::job_payload(job.id), &job.payload)?;
        Ok(JobWithPayload { job, payload })
    }
}
