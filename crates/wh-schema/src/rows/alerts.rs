//! Rows of `alerts`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::{Deserialize, Serialize};
use wh_types::{AlertId, AlertKind, AlertSeverity, AlertStatus, AppId, UserId};

use crate::schema;

/// A warning to a user; a source has at most one open (not resolved) alert.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize, Deserialize)]
#[diesel(table_name = schema::alerts, check_for_backend(diesel::pg::Pg))]
pub struct Alert {
    /// Key; later alerts have higher ones.
    pub id: AlertId,
    /// User who is warned.
    pub user_id: UserId,
    /// The app it is about; `None` for one about the account.
    pub app_id: Option<AppId>,
    /// Its kind.
    pub kind: AlertKind,
    /// Its severity.
    pub severity: AlertSeverity,
    /// Its status.
    pub status: AlertStatus,
    /// One line.
    pub title: String,
    /// Full text.
    pub message: String,
    /// Kind of the source that raised it, such as rule or worker.
    pub source_type: String,
    /// Id of that source.
    pub source_id: String,
    /// When it was raised.
    pub created_at: DateTime<Utc>,
    /// Set by the data layer on every update.
    pub updated_at: DateTime<Utc>,
    /// When it was resolved.
    pub resolved_at: Option<DateTime<Utc>>,
}
