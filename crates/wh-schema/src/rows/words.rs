//! A `text[]` whose elements are never null.

use diesel::deserialize::{FromSql, Result};
use diesel::pg::{Pg, PgValue};
use diesel::sql_types::{Array, Nullable, Text};

/// Reads a `text[]` column. A `CHECK` forbids null elements; the type in Postgres cannot.
#[derive(Debug, diesel::deserialize::FromSqlRow)]
pub struct Words(Vec<String>);

impl FromSql<Array<Nullable<Text>>, Pg> for Words {
    fn from_sql(bytes: PgValue<'_>) -> Result<Self> {
        let words = <Vec<Option<String>> as FromSql<Array<Nullable<Text>>, Pg>>::from_sql(bytes)?;
        words
            .into_iter()
            .collect::<Option<_>>()
            .map(Self)
            .ok_or_else(|| "an element of a text[] is null, which its CHECK forbids".into())
    }
}

impl From<Words> for Vec<String> {
    fn from(words: Words) -> Self {
        words.0
    }
}
