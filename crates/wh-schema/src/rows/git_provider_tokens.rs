//! Rows of `git_provider_tokens`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::Serialize;
use wh_types::{Ciphertext, GitProvider, GitTokenId, UserId};

use crate::schema;

/// A Git account that a user has linked, one per provider.
///
/// It serialises without its token, and is not read back from what was serialised.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize)]
#[diesel(table_name = schema::git_provider_tokens, check_for_backend(diesel::pg::Pg))]
pub struct GitProviderToken {
    /// Key.
    pub id: GitTokenId,
    /// User who linked it.
    pub user_id: UserId,
    /// The host.
    pub provider: GitProvider,
    /// Name of the account at the provider.
    pub username: String,
    /// OAuth access token, encrypted. Never serialised.
    #[serde(skip)]
    pub access_token: Ciphertext,
    /// When it was linked.
    pub created_at: DateTime<Utc>,
    /// Set by the data layer on every update.
    pub updated_at: DateTime<Utc>,
}
