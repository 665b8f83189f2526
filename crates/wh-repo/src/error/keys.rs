//! What is said where keys are missing.

use std::fmt;

use wh_crypto::{CryptoError, KeyId};

/// A stored value that no key of the ring opens. Nothing here shows the value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unopenable {
    /// The table of the value.
    pub table: &'static str,
    /// The column of the value.
    pub column: &'static str,
    /// What the row is known by: its id, `APP/KEY` for an environment variable, `USER/PROVIDER` for a Git token.
    pub row: String,
    /// Why it does not open.
    pub reason: CryptoError,
}

impl fmt::Display for Unopenable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, column, row, reason } = self;
        write!(f, "{table}.{column} of row {row}: {reason}")
    }
}

/// The server secrets that a service was given do not read what its database holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyMismatch {
    /// The fingerprints of the keys that it has, the current one first.
    pub ring: Vec<KeyId>,
    /// The fingerprints of the keys that it would need and does not have.
    pub missing: Vec<KeyId>,
    /// Values of a database without a record of its keys that did not open. At most a few per column are tried.
    pub unopenable: Vec<Unopenable>,
}

impl std::error::Error for KeyMismatch {}

impl fmt::Display for KeyMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server secrets do not read this database: they give {}, ", keys(&self.ring))?;
        if self.missing.is_empty() {
            f.write_str("and stored values were written with another")?;
        } else {
            write!(f, "and stored values also need {}", keys(&self.missing))?;
        }
        f.write_str(
            ". Nothing was changed. To repair it: add the secret that the database was used with before to \
             api_server.previous_secrets, and start again",
        )?;
        for value in &self.unopenable {
            write!(f, "\n  {value}")?;
        }
        Ok(())
    }
}

fn keys(ids: &[KeyId]) -> String {
    let list: Vec<_> = ids.iter().map(KeyId::to_string).collect();
    format!("{} {}", if ids.len() == 1 { "key" } else { "keys" }, list.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(digit: &str) -> KeyId {
        KeyId::parse(&digit.repeat(16)).unwrap()
    }

    #[test]
    fn both_sets_of_keys_are_named_and_what_to_do() {
        let known =
            KeyMismatch { ring: vec![key("a")], missing: vec![key("b"), key("c")], unopenable: Vec::new() };
        insta::assert_snapshot!(known, @"the server secrets do not read this database: they give key aaaaaaaaaaaaaaaa, and stored values also need keys bbbbbbbbbbbbbbbb, cccccccccccccccc. Nothing was changed. To repair it: add the secret that the database was used with before to api_server.previous_secrets, and start again");
        let value = Unopenable {
            table: "app_env_vars",
            column: "value",
            row: "3/TOKEN".to_owned(),
            reason: CryptoError::NotAuthentic { form: "v1", tried: vec![key("a"), key("d")] },
        };
        let foreign =
            KeyMismatch { ring: vec![key("a"), key("d")], missing: Vec::new(), unopenable: vec![value] };
        insta::assert_snapshot!(foreign, @r"
        the server secrets do not read this database: they give keys aaaaaaaaaaaaaaaa, dddddddddddddddd, and stored values were written with another. Nothing was changed. To repair it: add the secret that the database was used with before to api_server.previous_secrets, and start again
          app_env_vars.value of row 3/TOKEN: the stored v1 value does not open with keys aaaaaaaaaaaaaaaa, dddddddddddddddd: it was written with another secret, changed, or moved here from another place
        ");
    }
}
