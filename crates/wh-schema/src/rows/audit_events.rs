//! Rows of `audit_events`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wh_types::{AuditEventId, AuditKind, SessionId, UserId};

use crate::schema;

/// Something a user did with their account; never changed once recorded.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize, Deserialize)]
#[diesel(table_name = schema::audit_events, check_for_backend(diesel::pg::Pg))]
pub struct AuditEvent {
    /// Unique within its user, ascending in time.
    pub id: AuditEventId,
    /// Who did it.
    pub user_id: UserId,
    /// What was done.
    pub kind: AuditKind,
    /// Address it was done from; empty where unknown.
    pub ip: String,
    /// Where that address is, as a person says it.
    pub geo: String,
    /// The browser, as it calls itself.
    pub user_agent: String,
    /// The session it was done in, which may be gone.
    pub session_id: Option<SessionId>,
    /// What kind of thing it was done to; empty where there is none.
    pub target_type: String,
    /// Id of that thing; empty where there is none.
    pub target_id: String,
    /// What else is worth knowing, by kind.
    pub detail: Value,
    /// When it was done.
    pub created_at: DateTime<Utc>,
}
