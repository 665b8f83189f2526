//! HMAC-SHA256 under the key of a purpose.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::PurposeKey;

pub(crate) fn mac(key: &PurposeKey, message: &str) -> Hmac<Sha256> {
    // HMAC fills a short key up with zeros to its block; doing so here leaves no length that could be refused.
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    for (to, from) in block.iter_mut().zip(key.expose_bytes()) {
        *to = *from;
    }
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block);
    zeroize::Zeroize::zeroize(block.as_mut_slice());
    mac.update(message.as_bytes());
    mac
}
