//! Rows of `deployments`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::{Deserialize, Serialize};
use wh_types::{AppId, DeploymentId, DeploymentStatus, WorkerId};

use crate::schema;

/// One attempt to bring a commit of an app up.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize, Deserialize)]
#[diesel(table_name = schema::deployments, check_for_backend(diesel::pg::Pg))]
pub struct Deployment {
    /// Key; later deployments have higher ones.
    pub id: DeploymentId,
    /// The app.
    pub app_id: AppId,
    /// Worker that builds it. Only this worker may hand in its build logs.
    pub worker_id: Option<WorkerId>,
    /// Its status.
    pub status: DeploymentStatus,
    /// The branch it was made from.
    pub branch: String,
    /// The commit; empty until it is known.
    pub commit_sha: String,
    /// Message of the commit; empty until it is known.
    pub commit_message: String,
    /// Author of the commit as Git has it; empty until it is known.
    pub commit_author: String,
    /// Output of the build, without NUL bytes. Empty in a list, which does not read it. Serialised only if there is any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub build_logs: String,
    /// Why it failed; empty unless it did.
    pub error_message: String,
    /// Container that came out of it; empty while there is none.
    pub container_id: String,
    /// Port of the worker that leads to the container, 1 to 65535; 0 while there is none.
    pub port: i32,
    /// When a worker began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it succeeded, failed or was cancelled.
    pub finished_at: Option<DateTime<Utc>>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
}
