//! Stored forms of a secret: a ciphertext, or a hash.

use std::fmt;

/// A secret as it is stored: `v1:…` or `v2:…`, or plain text from before encryption was switched on. Only a
/// key ring opens it; it is never shown and never serialised.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Ciphertext(String);

impl Ciphertext {
    /// Wraps a stored value.
    #[must_use]
    pub const fn new(stored: String) -> Self {
        Self(stored)
    }

    /// The stored form, for the key ring and for the database.
    #[must_use]
    pub fn as_stored(&self) -> &str {
        &self.0
    }

    /// True where nothing is stored (an empty secret is stored as an empty text).
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Ciphertext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ciphertext(…)")
    }
}

/// The lower-case hexadecimal sha256 of a key or token that is itself never stored.
///
/// It still proves knowledge (a worker's connection is signed with it), so it is not shown either.
#[derive(Clone, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(transparent)]
pub struct KeyHash(String);

impl KeyHash {
    /// Wraps a stored hash.
    #[must_use]
    pub const fn new(hex: String) -> Self {
        Self(hex)
    }

    /// The 64 hexadecimal digits.
    #[must_use]
    pub fn as_hex(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(…)")
    }
}

#[cfg(feature = "diesel")]
crate::columns::text_columns!(Ciphertext => as_stored, KeyHash => as_hex);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_what_is_stored() {
        assert_eq!(format!("{:?}", Ciphertext::new("v1:abc".into())), "Ciphertext(…)");
        assert_eq!(format!("{:?}", KeyHash::new("00ff".into())), "KeyHash(…)");
    }
}
