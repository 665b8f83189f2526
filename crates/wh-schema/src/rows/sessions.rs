//! Rows of `sessions`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::Serialize;
use wh_types::{KeyHash, SessionId, UserId};

use crate::schema;

/// A signed-in browser. Alive: not revoked, seen within the session lifetime, and of an active user.
///
/// It serialises without the hash of its token, and is not read back from what was serialised.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize)]
#[diesel(table_name = schema::sessions, check_for_backend(diesel::pg::Pg))]
pub struct Session {
    /// Key; later sessions have higher ones.
    pub id: SessionId,
    /// User who signed in.
    pub user_id: UserId,
    /// sha256 of the session token, which is never stored. Never serialised.
    #[serde(skip)]
    pub token_hash: KeyHash,
    /// IP address it was last seen from, in its canonical form; empty where unknown.
    pub ip: String,
    /// Where that address is, as a person says it.
    pub geo: String,
    /// The browser, as it calls itself.
    pub user_agent: String,
    /// Whether signing in went through the second factor.
    pub two_factor: bool,
    /// When they signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last used, give or take a minute.
    pub last_seen_at: DateTime<Utc>,
    /// When it was ended.
    pub revoked_at: Option<DateTime<Utc>>,
}
