//! Rows of `domains`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::{Deserialize, Serialize};
use wh_types::{AppId, DomainId, UserId};

use crate::schema;

/// A claim of a host name for an app. The proxies route it once it is verified.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize, Deserialize)]
#[diesel(table_name = schema::domains, check_for_backend(diesel::pg::Pg))]
pub struct Domain {
    /// Key.
    pub id: DomainId,
    /// Its owner.
    pub user_id: UserId,
    /// The app it points at.
    pub app_id: AppId,
    /// Lower case; unique among verified domains, and once per app.
    pub hostname: String,
    /// Text that the owner publishes in DNS to prove control of the name; not a secret.
    pub verification_token: String,
    /// Whether the proxies route it. A claim that is not verified within 7 days is pruned.
    pub verified: bool,
    /// When it was verified.
    pub verified_at: Option<DateTime<Utc>>,
    /// When DNS was last asked.
    pub last_checked_at: Option<DateTime<Utc>>,
    /// Why the last check failed; empty when it did not.
    pub last_check_error: String,
    /// When it was added.
    pub created_at: DateTime<Utc>,
}
