//! Rows of `pending_totps`.

use chrono::{DateTime, Utc};
use diesel::HasQuery;
use serde::Serialize;
use wh_types::{KeyHash, UserId};

use crate::schema;

/// A sign-in that waits for the second factor; consumed once.
///
/// It serialises without its token's hash, and is not read back from what was serialised.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, Serialize)]
#[diesel(table_name = schema::pending_totps, check_for_backend(diesel::pg::Pg))]
pub struct PendingTotp {
    /// sha256 of the opaque cookie value, which is never stored. Never serialised.
    #[serde(skip)]
    pub token_hash: KeyHash,
    /// User who is signing in.
    pub user_id: UserId,
    /// How they signed in, such as `google`.
    pub provider: String,
    /// When the challenge was made.
    pub created_at: DateTime<Utc>,
    /// When it stops being good.
    pub expires_at: DateTime<Utc>,
}
