//! The slow hash of something a person types.

use std::fmt;

use diesel::deserialize::{FromSql, FromSqlRow, Result};
use diesel::pg::{Pg, PgValue};
use diesel::sql_types::Text;

/// An argon2id hash in PHC form, as `backup_codes` keeps it; `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, FromSqlRow)]
pub struct CodeHash(String);

impl CodeHash {
    /// The PHC string.
    #[must_use]
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeHash(…)")
    }
}

impl FromSql<Text, Pg> for CodeHash {
    fn from_sql(bytes: PgValue<'_>) -> Result<Self> {
        <String as FromSql<Text, Pg>>::from_sql(bytes).map(Self)
    }
}
