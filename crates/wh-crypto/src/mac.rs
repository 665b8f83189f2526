//! HMAC-SHA256.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::PurposeKey;

/// The HMAC of a message under the key of a purpose.
pub(crate) fn mac(key: &PurposeKey, message: &str) -> Hmac<Sha256> {
    let mut mac = keyed(key.expose_bytes());
    mac.update(message.as_bytes());
    mac
}

/// An HMAC under a key of at most 64 bytes, the block of SHA-256. Bytes beyond are left out.
pub(crate) fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // HMAC fills a short key up with zeros to its block; doing so here leaves no length that could be refused.
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mac = <Hmac<Sha256> as KeyInit>::new(&block);
    zeroize::Zeroize::zeroize(block.as_mut_slice());
    mac
}
