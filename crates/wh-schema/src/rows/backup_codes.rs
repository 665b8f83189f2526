//! Rows of `backup_codes`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::Serialize;
use wh_types::{BackupCodeId, UserId};

use super::CodeHash;
use crate::schema;

/// A code that stands in for the second factor, once.
///
/// It serialises without its hash, and is not read back from what was serialised.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize)]
#[diesel(table_name = schema::backup_codes, check_for_backend(diesel::pg::Pg))]
pub struct BackupCode {
    /// Key.
    pub id: BackupCodeId,
    /// User of the code.
    pub user_id: UserId,
    /// argon2id hash in PHC form. Never serialised.
    #[serde(skip)]
    pub code_hash: CodeHash,
    /// When it was spent; `None` while it is good.
    pub used_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}
