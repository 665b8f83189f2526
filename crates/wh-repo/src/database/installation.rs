//! The identity of a database among all that share a Redis.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use uuid::Uuid;
use wh_cache::Installation;

use super::Database;
use crate::engine::{Class, sql};
use crate::error::{Error, Result};

const OPERATION: &str = "database.installation";

#[derive(QueryableByName)]
struct Facts {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    system_identifier: i64,
    #[diesel(sql_type = Text)]
    database: String,
}

impl Database {
    /// The installation that this database is: the id that its migration drew, the `system_identifier` of its server, and its
    /// name. Entries in Redis are kept apart by it. One round trip; needs no superuser.
    ///
    /// # Errors
    /// [`Error::NotFound`] if somebody deleted the row of the table `installation`.
    pub async fn installation(&self) -> Result<Installation> {
        let facts = self.executor().read::<Facts>(OPERATION, Class::Key, sql!("installation.sql")).await?;
        let Facts { id, system_identifier, database } =
            facts.first().ok_or_else(|| Error::not_found("row of the table installation"))?;
        Ok(Installation::new(id, system_identifier, &database))
    }
}
