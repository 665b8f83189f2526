//! The row of `installation`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::Serialize;
use uuid::Uuid;

use crate::schema;

/// Which installation of the data layer a database is. The table has exactly one row.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize)]
#[diesel(table_name = schema::installation, check_for_backend(diesel::pg::Pg))]
pub struct Installation {
    /// Always true: the key that keeps the table at one row.
    pub only_row: bool,
    /// Drawn by the migration. A restored copy has the same id, so a Redis prefix needs the server's
    /// `system_identifier` and the database's name beside it.
    pub id: Uuid,
    /// When the migration drew it.
    pub created_at: DateTime<Utc>,
}
