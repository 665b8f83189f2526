//! Rows of `runtime_logs`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::{Deserialize, Serialize};
use wh_types::{AppId, LogStream, RuntimeLogId, WorkerId};

use crate::schema;

/// A line that an app, or the platform about it, printed.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize, Deserialize)]
#[diesel(table_name = schema::runtime_logs, check_for_backend(diesel::pg::Pg))]
pub struct RuntimeLogLine {
    /// Unique within its app and instant; tells lines of one instant apart, in order.
    pub id: RuntimeLogId,
    /// The app.
    pub app_id: AppId,
    /// Where it was printed; may name a worker that is gone.
    pub worker_id: Option<WorkerId>,
    /// Where it came from.
    pub stream: LogStream,
    /// The line without its end, at most 8 KiB.
    pub line: String,
    /// When the worker read it.
    pub logged_at: DateTime<Utc>,
}
