//! Rows of `encryption_keys`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::Serialize;
use uuid::Uuid;

use super::Words;
use crate::schema;

/// A key that stored values may need.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize)]
#[diesel(table_name = schema::encryption_keys, check_for_backend(diesel::pg::Pg))]
pub struct EncryptionKey {
    /// Public fingerprint of a server secret: 16 hexadecimal digits.
    pub key_id: String,
    /// Forms that services were set to write with this key; empty if it came with a database that was taken over.
    #[diesel(deserialize_as = Words)]
    pub forms: Vec<String>,
    /// When the key was recorded.
    pub first_used_at: DateTime<Utc>,
    /// When a service last started with this key as its current one.
    pub last_current_at: Option<DateTime<Utc>>,
    /// Id of the rotation that is checking whether anything needs this key.
    pub retiring: Option<Uuid>,
}
