//! The class of every column. A test fails on a column without one.

mod ledger;

use std::fmt;

pub use ledger::ALL;

/// How sensitive a column is, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Not about a person by itself.
    Plain,
    /// About a person, or text that people and their programs wrote. Never logged.
    Personal,
    /// A hash of a secret that is itself never stored. Never logged, never serialised.
    Hashed,
    /// A secret, encrypted at rest. Never logged, never serialised; only the key ring reads it.
    Encrypted,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Plain => "plain",
            Self::Personal => "personal",
            Self::Hashed => "hashed",
            Self::Encrypted => "encrypted",
        })
    }
}

/// A column and its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its table.
    pub table: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its class.
    pub class: Class,
}

/// The class of a column; `None` for one that does not exist.
#[must_use]
pub fn class(table: &str, column: &str) -> Option<Class> {
    of(table).find(|known| known.name == column).map(|known| known.class)
}

/// The columns of a table, in the order of the table; none for a table that does not exist.
pub fn of(table: &str) -> impl Iterator<Item = Column> {
    ALL.iter().copied().filter(move |column| column.table == table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_found_by_its_table_and_name() {
        assert_eq!(class("jobs", "payload"), Some(Class::Encrypted));
        assert_eq!(class("workers", "api_key_hash"), Some(Class::Hashed));
        assert_eq!(class("users", "email"), Some(Class::Personal));
        assert_eq!(class("users", "nothing"), None);
        assert_eq!(of("app_env_vars").count(), 5);
    }

    #[test]
    fn what_is_read_as_a_secret_is_classified_as_one() {
        let secrets = ALL.iter().filter(|column| column.class >= Class::Hashed).count();
        assert_eq!(secrets, 9);
    }
}
