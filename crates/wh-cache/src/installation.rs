//! The identity that keeps installations apart in a shared Redis.

use std::fmt::{self, Write};

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The identity of one installation. It decides the prefix of all keys in Redis, so installations that share a Redis never
/// read each other's entries.
///
/// It is a hash of facts that belong to one database and that nobody chooses. A dump restored on another server is
/// another installation; a replica that became the primary is the same.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Installation(String);

/// Bytes of the hash that are kept: 96 bits.
const KEPT: usize = 12;

impl Installation {
    /// The installation of a database: the id that was drawn when it was migrated, the `system_identifier` of its server
    /// (`pg_control_system()`), and its name.
    #[must_use]
    pub fn new(id: Uuid, system_identifier: i64, database: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(id.as_bytes());
        hash.update(system_identifier.to_be_bytes());
        hash.update(database);
        let kept = hash.finalize().into_iter().take(KEPT);
        Self(kept.fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        }))
    }

    /// `wh:` and the hash: the beginning of every key and of the channel.
    pub(crate) fn prefix(&self) -> String {
        format!("wh:{}:", self.0)
    }
}

impl fmt::Debug for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Installation({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_makes_another_installation() {
        let id = Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        let prefix = |id, system, name| Installation::new(id, system, name).prefix();
        // sha256 of the 16 bytes of the id, the 8 bytes of the number, and the name, as Python's hashlib computes it.
        assert_eq!(prefix(id, 7_654_321_098_765_432_109, "wisehosting"), "wh:6edbc4a17b15064bf4924863:");
        let all = [
            prefix(id, 1, "a"),
            prefix(id, 2, "a"),
            prefix(id, 1, "b"),
            prefix(Uuid::nil(), 1, "a"),
            prefix(id, -1, "a"),
        ];
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
    }
}
