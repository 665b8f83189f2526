//! Rows of `usage_samples`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::{Deserialize, Serialize};
use wh_types::{AppId, UserId};

use crate::schema;

/// Usage of an app within one bucket of time.
#[derive(Clone, Debug, PartialEq, HasQuery, QueryableByName, Serialize, Deserialize)]
#[diesel(table_name = schema::usage_samples, check_for_backend(diesel::pg::Pg))]
pub struct UsageSample {
    /// The app.
    pub app_id: AppId,
    /// Beginning of the bucket.
    pub bucket_start: DateTime<Utc>,
    /// Owner of the app.
    pub user_id: UserId,
    /// In milli-CPU, weighted by samples.
    pub cpu_avg: f64,
    /// In milli-CPU.
    pub cpu_max: i32,
    /// In MiB, weighted by samples.
    pub memory_avg_mib: f64,
    /// In MiB.
    pub memory_max_mib: i32,
    /// Received within the bucket.
    pub network_rx_bytes: i64,
    /// Sent within the bucket.
    pub network_tx_bytes: i64,
    /// Most that was filled within the bucket, in MiB.
    pub disk_mib: i32,
    /// How many measurements were merged into the bucket.
    pub samples: i32,
}
