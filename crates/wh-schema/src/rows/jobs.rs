//! Rows of `jobs`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::Serialize;
use serde_json::Value;
use wh_types::{AppId, AppStatus, Ciphertext, DeploymentId, JobId, JobStatus, JobType, WorkerId};

use crate::schema;

/// A task for a worker; an app has at most one active job.
///
/// It serialises without its payload, and is not read back from what was serialised.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize)]
#[diesel(table_name = schema::jobs, check_for_backend(diesel::pg::Pg))]
pub struct Job {
    /// Key; later jobs have higher ones.
    pub id: JobId,
    /// The app it is about.
    pub app_id: AppId,
    /// The deployment that it carries out; `None` for start, stop and delete.
    pub deployment_id: Option<DeploymentId>,
    /// Worker that carries it out; `None` while pending, unless pinned.
    pub worker_id: Option<WorkerId>,
    /// The task.
    pub job_type: JobType,
    /// Its status.
    pub status: JobStatus,
    /// Input of the job, JSON, encrypted. Empty once the job has ended. Never serialised.
    #[serde(skip)]
    pub payload: Ciphertext,
    /// Status of the app before the job, which it gets back if the job fails or is cancelled. `None` for jobs from before
    /// migration 0013.
    pub app_was: Option<AppStatus>,
    /// Last message of the worker.
    pub message: String,
    /// Percent, as the worker reported it.
    pub progress: i32,
    /// Final report of the worker.
    pub result: Option<Value>,
    /// When it was put into the queue.
    pub created_at: DateTime<Utc>,
    /// When it was given to its worker.
    pub assigned_at: Option<DateTime<Utc>>,
    /// When the worker began; set once.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was completed, failed or was cancelled.
    pub completed_at: Option<DateTime<Utc>>,
    /// Set by the data layer on every update.
    pub updated_at: DateTime<Utc>,
}
