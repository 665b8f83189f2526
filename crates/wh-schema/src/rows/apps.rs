//! Rows of `apps`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wh_types::{AppId, AppStatus, GitProvider, UserId, WorkerId};

use crate::schema;

/// What a user deploys. A deleted app keeps its row, and frees its name and subdomain.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize, Deserialize)]
#[diesel(table_name = schema::apps, check_for_backend(diesel::pg::Pg))]
pub struct App {
    /// Key.
    pub id: AppId,
    /// Drawn by whoever creates the app: creating it twice gives the same app.
    pub uuid: Uuid,
    /// Its owner.
    pub user_id: UserId,
    /// Where it runs; `None` until a worker has taken its first job.
    pub worker_id: Option<WorkerId>,
    /// What the user calls it: a DNS label of 7 to 32 characters, unique among their living apps.
    pub name: String,
    /// DNS label under the zone of its worker, unique among all living apps.
    pub subdomain: String,
    /// What it is doing.
    pub status: AppStatus,
    /// Host of its repository.
    pub git_provider: GitProvider,
    /// Its repository.
    pub repo_url: String,
    /// The branch that is deployed.
    pub branch: String,
    /// Folder of the repository to build in; empty for its top.
    pub root_dir: String,
    /// How it is built; empty where the worker finds out.
    pub build_command: String,
    /// How it is started; empty where the worker finds out.
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
