//! The place of a stored value.

use std::fmt::{self, Display};

use crate::KeyId;

/// Table, column and row key of a value. A `v2:` value opens only with its place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place<'a> {
    table: &'a str,
    column: &'a str,
    row: String,
}

impl<'a> Place<'a> {
    /// Names a place. The row key is authenticated with the value, so its text must never change: `42`, or `42/PATH` for a key
    /// of two columns.
    #[must_use]
    pub fn new(table: &'a str, column: &'a str, row: &dyn Display) -> Self {
        Self { table, column, row: row.to_string() }
    }

    /// Associated data of a `v2:` ciphertext: form, key and place, each after its length, so that no two places give the
    /// same bytes.
    pub(crate) fn associated_data(&self, key: KeyId) -> Vec<u8> {
        let key = key.bytes();
        let parts: [&[u8]; 5] =
            [b"wisehosting-v2", &key, self.table.as_bytes(), self.column.as_bytes(), self.row.as_bytes()];
        let mut out = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
        for part in parts {
            out.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            out.extend(part);
        }
        out
    }
}

impl Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{} of row {}", self.table, self.column, self.row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_places_authenticate_the_same_bytes() {
        let key = KeyId::from_bytes([7; 8]);
        let places = [
            Place::new("a", "b", &1).associated_data(key),
            Place::new("a", "b", &11).associated_data(key),
            Place::new("ab", "", &1).associated_data(key),
            Place::new("", "ab", &1).associated_data(key),
            Place::new("a", "b1", &"").associated_data(key),
            Place::new("a", "b", &1).associated_data(KeyId::from_bytes([8; 8])),
        ];
        assert_eq!(places.iter().collect::<BTreeSet<_>>().len(), places.len());
    }

    #[test]
    fn what_is_authenticated_never_changes() {
        let hex = crate::hex::encode(
            &Place::new("jobs", "payload", &42).associated_data(KeyId::from_bytes([0xab; 8])),
        );
        insta::assert_snapshot!(hex, @"000000000000000e77697365686f7374696e672d76320000000000000008abababababababab00000000000000046a6f627300000000000000077061796c6f616400000000000000023432");
    }

    #[test]
    fn a_place_reads_as_a_person_says_it() {
        assert_eq!(Place::new("jobs", "payload", &42).to_string(), "jobs.payload of row 42");
    }
}
