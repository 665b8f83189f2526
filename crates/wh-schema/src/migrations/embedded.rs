//! The files of `migrations/`, embedded at build time.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::Direction;

/// The files of one migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number, from 1 on.
    pub version: i64,
    /// The part of the file name between the number and the direction.
    pub slug: &'static str,
    /// The file that applies it.
    pub up: &'static str,
    /// The file that takes it back.
    pub down: &'static str,
    /// A query that runs before the up file. Each row that it returns, one text `finding`, is a reason not to run it. Its first
    /// comment says what is wrong and what to do.
    pub check: Option<&'static str>,
}

impl Migration {
    /// The text of one of its files.
    #[must_use]
    pub const fn sql(&self, direction: Direction) -> &'static str {
        match direction {
            Direction::Up => self.up,
            Direction::Down => self.down,
        }
    }
}

const EMBEDDED: &[Migration] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Every migration, oldest first.
#[must_use]
pub const fn all() -> &'static [Migration] {
    EMBEDDED
}

/// Hexadecimal sha256 over all files: two builds with the same fingerprint make the same schema.
#[must_use]
pub fn fingerprint() -> String {
    let mut hash = Sha256::new();
    for migration in EMBEDDED {
        for part in [migration.slug, migration.up, migration.down, migration.check.unwrap_or_default()] {
            // NUL cannot occur in a part, so it keeps the parts apart.
            hash.update(part.as_bytes());
            hash.update([0]);
        }
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_embedded_in_order() {
        assert!(all().len() >= 7);
        assert!(all().iter().map(|migration| migration.version).eq((1..).take(all().len())));
        assert!(all()[3].up.contains("drop column max_retries"));
        assert!(all()[4].up.contains("rename to audit_events"));
    }

    #[test]
    fn the_fingerprint_is_a_sha256() {
        assert_eq!(fingerprint().len(), 64);
        assert_eq!(fingerprint(), fingerprint());
    }
}
