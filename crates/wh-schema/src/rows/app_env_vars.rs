//! Rows of `app_env_vars`.

use chrono::{DateTime, Utc};
use diesel::HasQuery;
use serde::Serialize;
use wh_types::{AppId, Ciphertext};

use crate::schema;

/// A variable of an app's environment.
///
/// It serialises without its value, and is not read back from what was serialised.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, Serialize)]
#[diesel(table_name = schema::app_env_vars, check_for_backend(diesel::pg::Pg))]
pub struct AppEnvVar {
    /// The app.
    pub app_id: AppId,
    /// Its name, `^[A-Z][A-Z0-9_]{0,63}$`, unique within the app.
    pub key: String,
    /// Its value, encrypted. Never serialised.
    #[serde(skip)]
    pub value: Ciphertext,
    /// When it was first set.
    pub created_at: DateTime<Utc>,
    /// Set by the data layer on every update.
    pub updated_at: DateTime<Utc>,
}
