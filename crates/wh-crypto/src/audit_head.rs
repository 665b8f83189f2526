//! Signed heads of audit trails.

use hmac::Mac;

use crate::mac::mac;
use crate::parts::joined;
use crate::{KeyRing, Purpose, PurposeKey, hex};

/// The last link of an audit trail at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditHead<'a> {
    /// The user.
    pub user_id: i64,
    /// The place of the link.
    pub place: i64,
    /// The hash of the link, in lower-case hexadecimal.
    pub hash: &'a str,
    /// When it was the last one, in microseconds since 1970.
    pub sealed_at: i64,
}

impl AuditHead<'_> {
    /// Signs it with the current key: the HMAC-SHA256 under the key of [`Purpose::AuditSeals`], in lower-case hexadecimal.
    #[must_use]
    pub fn sign(&self, ring: &KeyRing) -> String {
        hex::encode(&self.mac(ring.purpose_key(Purpose::AuditSeals)).finalize().into_bytes())
    }

    /// Whether any key of the ring has signed it. Compares in constant time.
    #[must_use]
    pub fn is_signed(&self, signature: &str, ring: &KeyRing) -> bool {
        let signature: Option<[u8; 32]> = hex::decode(signature);
        signature.is_some_and(|signature| {
            ring.purpose_keys(Purpose::AuditSeals).any(|key| self.mac(key).verify_slice(&signature).is_ok())
        })
    }

    fn mac(&self, key: &PurposeKey) -> hmac::Hmac<sha2::Sha256> {
        let [user, place, sealed_at] =
            [self.user_id, self.place, self.sealed_at].map(|number| number.to_string());
        mac(key, &joined(&["wh-audit-seal-1", &user, &place, self.hash, &sealed_at]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_one_head_and_the_keys_of_the_ring() {
        let (old, new) = ("the secret of last year".into(), "the secret of this year".into());
        let before = KeyRing::new(&old, &[]).unwrap();
        let after = KeyRing::new(&new, &[old]).unwrap();
        let head = AuditHead { user_id: 7, place: 3, hash: "00ff", sealed_at: 1_795_589_606_503_637 };
        let signature = head.sign(&before);
        // HKDF and HMAC of Python's standard library.
        assert_eq!(signature, "a4b19823a8a74260f414183b546422f21ce9a9653970a5f58500c369a416c171");
        assert!(head.is_signed(&signature, &before) && head.is_signed(&signature, &after));
        assert!(!head.is_signed(&head.sign(&after), &before));
        for other in [
            AuditHead { user_id: 8, ..head },
            AuditHead { place: 4, ..head },
            AuditHead { hash: "00fe", ..head },
            AuditHead { sealed_at: 0, ..head },
        ] {
            assert!(!other.is_signed(&signature, &after), "{other:?}");
        }
        assert!(!head.is_signed("", &after) && !head.is_signed(&signature.to_uppercase(), &after));
    }
}
