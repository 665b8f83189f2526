//! Rows of `users`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::{Deserialize, Serialize};
use wh_types::{ThemePreference, UserId};

use crate::schema;

/// A person who signs in.
///
/// The shared secret of the second factor and the counter of its failures are not part of it. It serialises without the Google
/// identity, and reading it needs one: its JSON does not read back by itself.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize, Deserialize)]
#[diesel(table_name = schema::users, check_for_backend(diesel::pg::Pg))]
pub struct User {
    /// Key.
    pub id: UserId,
    /// E-mail address, at most 255 characters; unique over all users in its folded form.
    pub email: String,
    /// Subject of the Google account: the only identity that signs in. Never serialised.
    #[serde(skip_serializing)]
    pub google_id: String,
    /// Display name.
    pub name: String,
    /// URL of the picture; empty without one.
    pub avatar_url: String,
    /// Id of a plan of the registry; one that the registry does not know counts as free.
    pub plan: String,
    /// Colour theme of the dashboard.
    pub theme_pref: ThemePreference,
    /// False for an account that may not sign in.
    pub is_active: bool,
    /// When they first signed in.
    pub created_at: DateTime<Utc>,
    /// Set by the data layer on every update.
    pub updated_at: DateTime<Utc>,
    /// Whether signing in asks for the second factor.
    pub totp_enabled: bool,
    /// When the second factor was switched on; `None` while it is off.
    pub totp_verified_at: Option<DateTime<Utc>>,
}
