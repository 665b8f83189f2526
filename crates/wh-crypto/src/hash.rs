//! Tokens, and the hashes under which keys and tokens are stored.

use base64_simd::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{CryptoError, hex};

/// The sha256 of an API key in lower-case hexadecimal, as it is stored (`HashAPIKey`). It signs the worker's connection, so it
/// is a secret: keep it in a `KeyHash`, which never shows it.
#[must_use]
pub fn hash_api_key(key: &SecretString) -> String {
    hex::encode(&hash_api_key_bytes(key))
}

/// The sha256 of an API key as 32 raw bytes: the key that signs a worker's connection (`HashAPIKeyBytes`). It is a secret.
#[must_use]
pub fn hash_api_key_bytes(key: &SecretString) -> [u8; 32] {
    Sha256::digest(key.expose_secret().as_bytes()).into()
}

/// The 32 raw bytes of a stored hexadecimal hash. None if the text is not one.
#[must_use]
pub fn api_key_bytes_from_hash(stored: &str) -> Option<[u8; 32]> {
    hex::decode(stored)
}

/// Draws a session token or a pending-sign-in token: 256 random bits as 43 characters of base64url.
///
/// # Errors
/// [`CryptoError::NoRandomness`].
pub fn generate_token() -> Result<SecretString, CryptoError> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut_slice()).map_err(CryptoError::NoRandomness)?;
    Ok(URL_SAFE_NO_PAD.encode_to_string(bytes.as_slice()).into())
}

/// The sha256 of a token in lower-case hexadecimal, as `sessions` and `pending_totps` store it.
#[must_use]
pub fn hash_token(token: &SecretString) -> String {
    hash_api_key(token)
}

/// Compares two hashes in constant time.
#[must_use]
pub fn same_hash(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_the_sha256_of_the_text() {
        let key = SecretString::from("abc");
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash_api_key(&key), hash);
        assert_eq!(hash_token(&key), hash);
        assert_eq!(api_key_bytes_from_hash(hash), Some(hash_api_key_bytes(&key)));
        assert_eq!(api_key_bytes_from_hash("ba78"), None);
    }

    #[test]
    fn tokens_are_long_and_differ() {
        let (a, b) = (generate_token().unwrap(), generate_token().unwrap());
        assert_eq!(a.expose_secret().len(), 43);
        assert_ne!(a.expose_secret(), b.expose_secret());
    }

    #[test]
    fn only_equal_hashes_are_the_same() {
        assert!(same_hash("a1", "a1"));
        assert!(!same_hash("a1", "a2"));
        assert!(!same_hash("a1", "a1a1"));
    }
}
