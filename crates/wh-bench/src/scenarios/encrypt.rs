//! A secret on its way into a column.

use base64_simd::URL_SAFE_NO_PAD;
use futures_util::FutureExt;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use wh_data::secrecy::SecretString;

use super::{OURS, Scenario};
use crate::contender::{Contender, Outcome};
use crate::world::keys;

pub(crate) const SMALL: Scenario = Scenario {
    name: "encrypt-1k",
    title: "encrypt 1 KiB",
    callers: &[1],
    goals: &[(1, 0.6)],
    contenders: |_| async { contenders(1 << 10) }.boxed(),
};

pub(crate) const LARGE: Scenario = Scenario {
    name: "encrypt-64k",
    title: "encrypt 64 KiB",
    callers: &[1],
    goals: &[(1, 0.5)],
    contenders: |_| async { contenders(64 << 10) }.boxed(),
};

const NONCE: usize = 12;

/// ring's cipher, a random nonce, and one copy.
struct Ring {
    key: LessSafeKey,
    random: SystemRandom,
    plain: String,
}

impl Ring {
    fn new(plain: &str) -> Outcome<Self> {
        let random = SystemRandom::new();
        let mut key = [0; 32];
        random.fill(&mut key).map_err(|_| "no randomness")?;
        let key = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| "no key")?;
        Ok(Self { key: LessSafeKey::new(key), random, plain: plain.to_owned() })
    }

    /// Nonce, ciphertext and tag.
    fn seal(&self) -> Outcome<Vec<u8>> {
        let mut nonce = [0; NONCE];
        self.random.fill(&mut nonce).map_err(|_| "no randomness")?;
        let mut sealed = Vec::with_capacity(NONCE + self.plain.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(self.plain.as_bytes());
        let body = sealed.get_mut(NONCE..).unwrap_or_default();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::empty(), body);
        sealed.extend_from_slice(tag.map_err(|_| "too long")?.as_ref());
        Ok(sealed)
    }
}

fn contenders(bytes: usize) -> Outcome<Vec<Contender>> {
    let plain = "s".repeat(bytes);
    let ring = Contender::new(
        "ring",
        Ring::new(&plain)?,
        |ring, _| async move { ring.seal() }.boxed(),
        |sealed| format!("{} bytes", sealed.len()),
    );
    let with_base64 = Contender::new(
        "ring, base64-simd",
        Ring::new(&plain)?,
        |ring, _| async move { Ok(URL_SAFE_NO_PAD.encode_to_string(ring.seal()?)) }.boxed(),
        |text| decoded(text),
    );
    let ours = Contender::new(
        OURS,
        (keys()?, SecretString::from(plain)),
        |(keys, plain), _| async move { Ok(keys.encrypt(plain)?) }.boxed(),
        |text| decoded(text.trim_start_matches("v1:")),
    );
    Ok(vec![ring, with_base64, ours])
}

/// How much stands in a text of base64.
fn decoded(text: &str) -> String {
    match URL_SAFE_NO_PAD.decode_to_vec(text) {
        Ok(sealed) => format!("{} bytes", sealed.len()),
        Err(error) => error.to_string(),
    }
}
