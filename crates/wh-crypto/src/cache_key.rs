//! Names for cache entries that are found by a secret.

use hmac::Mac;

use crate::mac::mac;
use crate::{KeyRing, Purpose, PurposeKey, hex};

impl KeyRing {
    /// Name of the cache entry of a row that is looked up by this hash: an HMAC under the current key, 64 hexadecimal digits.
    /// A reader of the cache cannot derive the hash from it and cannot confirm a guess.
    #[must_use]
    pub fn cache_key(&self, hash: &str) -> String {
        named(self.purpose_key(Purpose::CacheKeys), hash)
    }

    /// Names of such an entry under every key of the ring, the current one first. An eviction must cover all of them: a process
    /// that still uses a previous secret knows the entry by another name.
    pub fn cache_keys(&self, hash: &str) -> impl Iterator<Item = String> {
        self.purpose_keys(Purpose::CacheKeys).map(move |key| named(key, hash))
    }
}

fn named(key: &PurposeKey, hash: &str) -> String {
    hex::encode(&mac(key, hash).finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_depends_on_the_secret_and_on_the_hash() {
        let (old, new) = ("the secret of last year".into(), "the secret of this year".into());
        let before = KeyRing::new(&old, &[]).unwrap();
        let after = KeyRing::new(&new, &[old]).unwrap();
        assert_eq!(before.cache_key("00ff").len(), 64);
        assert_eq!(before.cache_key("00ff"), before.cache_key("00ff"));
        assert_ne!(before.cache_key("00ff"), before.cache_key("00fe"));
        assert_ne!(before.cache_key("00ff"), after.cache_key("00ff"));
        let names: Vec<_> = after.cache_keys("00ff").collect();
        assert_eq!(names, [after.cache_key("00ff"), before.cache_key("00ff")]);
    }
}
