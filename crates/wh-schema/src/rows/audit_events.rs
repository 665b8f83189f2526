//! Rows of `audit_events`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wh_types::{AuditEventId, AuditKind, SessionId, UserId};

use crate::schema;

/// An action on an account; never changed once recorded.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize, Deserialize)]
#[diesel(table_name = schema::audit_events, check_for_backend(diesel::pg::Pg))]
pub struct AuditEvent {
    /// Unique within its user, ascending in time.
    pub id: AuditEventId,
    /// User of the account.
    pub user_id: UserId,
    /// The action.
    pub kind: AuditKind,
    /// IP address it was done from, in its canonical form; empty where unknown. Rows from before have it as it was given.
    pub ip: String,
    /// Place of that address, in words.
    pub geo: String,
    /// `User-Agent` of the browser.
    pub user_agent: String,
    /// The session it was done in, which may be gone.
    pub session_id: Option<SessionId>,
    /// Kind of the target, such as app; empty without one.
    pub target_type: String,
    /// Id of the target; empty without one.
    pub target_id: String,
    /// Further facts; their keys depend on the kind.
    pub detail: Value,
    /// When it was done.
    pub created_at: DateTime<Utc>,
}
