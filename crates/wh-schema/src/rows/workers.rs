//! Rows of `workers`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::{Deserialize, Serialize};
use wh_types::{KeyHash, WorkerId, WorkerStatus};

use crate::schema;

/// A machine that builds and runs apps.
///
/// It serialises without the hash of its API key, and reading it needs one: JSON of it does not read back by itself.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize, Deserialize)]
#[diesel(table_name = schema::workers, check_for_backend(diesel::pg::Pg))]
pub struct Worker {
    /// Key.
    pub id: WorkerId,
    /// Name under which it registers. Registering again updates the row.
    pub name: String,
    /// Where it called from, IPv4 or IPv6.
    pub ip_address: String,
    /// sha256 of its API key, which is itself never stored; the 32 bytes sign the connection. Never
    /// serialised.
    #[serde(skip_serializing)]
    pub api_key_hash: KeyHash,
    /// DNS suffix that it serves: an app is reached at `subdomain.zone`.
    pub zone: String,
    /// Where it stands, as a person says it.
    pub region_name: String,
    /// Whether it holds its connection to the control plane.
    pub status: WorkerStatus,
    /// CPU that it offers, in milli-CPU.
    pub capacity_cpu: i32,
    /// Memory that it offers, in MiB.
    pub capacity_memory_mib: i32,
    /// CPU in use at the last heartbeat, in milli-CPU.
    pub used_cpu: i32,
    /// Memory in use at the last heartbeat, in MiB.
    pub used_memory_mib: i32,
    /// Containers that were up at the last heartbeat.
    pub running_containers: i32,
    /// When it was last heard of; `None` before the first heartbeat.
    pub last_heartbeat_at: Option<DateTime<Utc>>,
    /// When it went offline; `None` while it is online.
    pub offline_since: Option<DateTime<Utc>>,
    /// When it first registered.
    pub created_at: DateTime<Utc>,
    /// Set by the data layer on every update.
    pub updated_at: DateTime<Utc>,
}
