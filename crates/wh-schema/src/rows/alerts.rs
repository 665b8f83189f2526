//! Rows of `alerts`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::{Deserialize, Serialize};
use wh_types::{AlertId, AlertKind, AlertSeverity, AlertStatus, AppId, UserId};

use crate::schema;

/// What a user is warned of; one source has at most one active alert.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize, Deserialize)]
#[diesel(table_name = schema::alerts, check_for_backend(diesel::pg::Pg))]
pub struct Alert {
    /// Key; later alerts have higher ones.
    pub id: AlertId,
    /// Who is warned.
    pub user_id: UserId,
    /// The app it is about; `None` for one about the account.
    pub app_id: Option<AppId>,
    /// What it is about.
    pub kind: AlertKind,
    /// How much it matters.
    pub severity: AlertSeverity,
    /// Where it stands.
    pub status: AlertStatus,
    /// In one line.
    pub title: String,
    /// In full.
    pub message: String,
    /// What raised it, such as a rule or a worker.
    pub source_type: String,
    /// Which one of those raised it.
    pub source_id: String,
    /// When it was raised.
    pub created_at: DateTime<Utc>,
    /// Set by the data layer on every update.
    pub updated_at: DateTime<Utc>,
    /// When its cause went away.
    pub resolved_at: Option<DateTime<Utc>>,
}
