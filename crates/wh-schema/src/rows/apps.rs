//! Rows of `apps`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wh_types::{AppId, AppStatus, GitProvider, UserId, WorkerId};

use crate::schema;

/// An app of a user. A deleted app keeps its row; its name and subdomain are free.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize, Deserialize)]
#[diesel(table_name = schema::apps, check_for_backend(diesel::pg::Pg))]
pub struct App {
    /// Key.
    pub id: AppId,
    /// Drawn by the caller that creates the app. Creating it again with the same UUID gives the same app.
    pub uuid: Uuid,
    /// Its owner.
    pub user_id: UserId,
    /// Worker that has its container; `None` before the first deploy is assigned.
    pub worker_id: Option<WorkerId>,
    /// Name that the user gives: a DNS label of 7 to 32 characters, unique among the living apps of the user.
    pub name: String,
    /// DNS label under the zone of its worker, unique among all living apps.
    pub subdomain: String,
    /// Its status.
    pub status: AppStatus,
    /// Host of its repository.
    pub git_provider: GitProvider,
    /// Its repository.
    pub repo_url: String,
    /// The branch that is deployed.
    pub branch: String,
    /// Folder of the repository to build in; empty for its top.
    pub root_dir: String,
    /// Command that builds it; empty if the worker detects it.
    pub build_command: String,
    /// Command that starts it; empty if the worker detects it.
    pub start_command: String,
    /// Commit that was deployed last; empty before the first deployment.
    pub commit_sha: String,
    /// Port of the worker that leads to the container, 1 to 65535; 0 while there is none.
    pub port: i32,
    /// Container on the worker; empty while there is none.
    pub container_id: String,
    /// Port that the program listens on inside its container, 1 to 65535; 0 is unknown. `port` is the worker's.
    pub container_port: i32,
    /// CPU that the container may use, in milli-CPU; 0 is unlimited.
    pub cpu_limit: i32,
    /// Memory that the container may use, in MiB; 0 is unlimited.
    pub memory_limit_mib: i32,
    /// Disk that the container may fill, in MiB; 0 is unlimited.
    pub disk_limit_mib: i32,
    /// Bandwidth of the container, in kbit/s; 0 is unlimited.
    pub bandwidth_limit: i32,
    /// Processes that the container may start; 0 is unlimited.
    pub pids_limit: i32,
    /// Whether a push to the branch deploys.
    pub auto_deploy: bool,
    /// Id of the hook at the Git provider, as the provider writes it.
    pub webhook_id: Option<String>,
    /// Why the platform stopped it; empty unless it did.
    pub violation_reason: String,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// Set by the data layer on every update.
    pub updated_at: DateTime<Utc>,
    /// Set exactly while the status is deleted.
    pub deleted_at: Option<DateTime<Utc>>,
}
