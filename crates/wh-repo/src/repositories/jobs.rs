//! The job queue: what the control plane asks of workers.
//!
//! ```text
//! pending --> assigned: assign
//! assigned --> processing: claim
//! processing --> completed: complete
//! processing --> failed: complete
//! pending --> cancelled: cancel
//! assigned --> cancelled: cancel
//! assigned --> failed: fail_stuck
//! ```
//!
//! Each step is one statement that locks the job, looks at its state, and moves it together with the app and the deployment that it
//! is about. `wh_job_step_allowed` holds the arrows but the last, which the sweep alone goes, and `wh_app_status_after` says what the
//! app is then; a step without an arrow is [`Conflict::IllegalStep`](crate::Conflict::IllegalStep) and changes nothing.

mod assign;
mod cancel;
mod claim;
mod complete;
mod listen;
mod payload;
mod pin;
mod progress;
mod prune;
mod step;
mod sweep;

use diesel::dsl::exists;
use diesel::prelude::*;
use secrecy::SecretString;
use wh_schema::rows::Job;
use wh_schema::schema::{apps, jobs};
use wh_types::{AppId, JobId, UserId, WorkerId};

pub use self::complete::{CompletedJob, JobOutcome};
pub use self::listen::JobWakeups;
pub use self::pin::CreatedJob;
pub(crate) use self::pin::{Pinned, pin};
pub use self::step::JobStep;
use crate::engine::{Class, Executor, NotCached, Repeat, Rows, sql};
use crate::error::Result;
use crate::page::Page;
use crate::secrets::Place;

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
    /// The JSON of a [`DeployPayload`](wh_types::DeployPayload); empty once the job is over.
    pub payload: SecretString,
}

impl Jobs<'_> {
    /// The job with this id, of any worker. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn find(self, id: JobId) -> Result<Option<Job>> {
        self.executor.read("jobs.find", Class::Key, Job::query().find(id)).await.map(Rows::first)
    }

    /// The job with this id, if its app is this user's. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn find_for_user(self, id: JobId, user: UserId) -> Result<Option<Job>> {
        let of_user = apps::table.filter(apps::id.eq(jobs::app_id)).filter(apps::user_id.eq(user));
        let own = Job::query().find(id).filter(exists(of_user));
        self.executor.read("jobs.find_for_user", Class::Key, own).await.map(Rows::first)
    }

    /// The job with this id and its payload, if it is this worker's. One round trip.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if no key of the ring opens the payload.
    #[doc(alias = "FindJobForWorker")]
    #[doc(alias = "DecryptJobPayload")]
    pub async fn find_for_worker(self, id: JobId, worker: WorkerId) -> Result<Option<JobWithPayload>> {
        let own = Job::query().find(id).filter(jobs::worker_id.eq(worker));
        let job: Rows<Job> = self.executor.read("jobs.find_for_worker", Class::Key, own).await?;
        job.first().map(|job| self.open(job)).transpose()
    }

    /// The oldest job that is assigned to this worker and that nobody has locked, with its payload. Inside a transaction the
    /// job is locked until that ends, and concurrent callers get the next one; outside of one this only looks, and
    /// [`claim_next`](Self::claim_next) is what takes it up. One round trip.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) if no key of the ring opens the payload.
    #[doc(alias = "NextAssignedJob")]
    pub async fn next_assigned(self, worker: WorkerId) -> Result<Option<JobWithPayload>> {
        // A write, since it locks.
        let next = sql!("jobs/next_assigned.sql").bind(worker);
        let job: Rows<Job> = self.executor.write("jobs.next_assigned", NotCached, Repeat::Safe, next).await?;
        job.first().map(|job| self.open(job)).transpose()
    }

    /// The unfinished job of an app, of which there is at most one. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    #[doc(alias = "FindActiveJobForApp")]
    pub async fn find_active(self, app: AppId) -> Result<Option<Job>> {
        let active = sql!("jobs/find_active.sql").bind(app);
        self.executor.read("jobs.find_active", Class::Key, active).await.map(Rows::first)
    }

    /// The jobs of an app, newest first. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn list_for_app(self, app: AppId, page: Page<JobId>) -> Result<Vec<Job>> {
        let listed = Job::query()
            .filter(jobs::app_id.eq(app))
            .filter(jobs::id.lt(page.before_or(JobId::new(i64::MAX))))
            .order(jobs::id.desc())
            .limit(page.limit());
        self.executor.read("jobs.list_for_app", Class::Page, listed).await.map(Rows::all)
    }

    /// Opens the payload of a job that was just read.
    fn open(self, job: Job) -> Result<JobWithPayload> {
        let payload = self.executor.inner().open(&Place::job_payload(job.id), &job.payload)?;
        Ok(JobWithPayload { job, payload })
    }
}
