//! The proof with which a worker opens its connection to the control plane.

use base64_simd::URL_SAFE_NO_PAD;
use hmac::Mac;
use secrecy::SecretString;

use crate::mac::keyed;
use crate::{CryptoError, hex};

/// Keeps this signature apart from all others under the same key.
const LABEL: &str = "wisehosting-worker-hello-v1:";

/// Which worker opens a connection, and when.
///
/// Its text is `name:unix:nonce:signature`: the name in base64url, and 16 random bytes and the HMAC-SHA256 of the text before it
/// in hexadecimal. The key is the sha256 of the worker's API key ([`hash_api_key_bytes`](crate::hash_api_key_bytes)), which the
/// control plane has as well ([`api_key_bytes_from_hash`](crate::api_key_bytes_from_hash)), so the API key never travels.
///
/// A hello is good for some minutes. Who accepts one keeps its nonce for [`VALID_FOR`](Self::VALID_FOR) and refuses it the second
/// time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerHello {
    /// The name under which the worker registered.
    pub worker: String,
    /// When it was signed, in seconds since 1970.
    pub signed_at: i64,
    /// Drawn for this hello.
    pub nonce: [u8; 16],
}

/// A hello whose signature is not verified yet.
#[derive(Debug)]
pub struct SignedHello<'a> {
    hello: WorkerHello,
    message: &'a str,
    signature: [u8; 32],
}

impl WorkerHello {
    /// How long a hello is good, and how far ahead of the reader's clock it may be signed, in seconds.
    pub const VALID_FOR: i64 = 2 * 60;

    /// A hello of this worker at the time `now` in seconds since 1970, with a new nonce.
    ///
    /// # Errors
    /// [`CryptoError::NoRandomness`].
    pub fn new(worker: &str, now: i64) -> Result<Self, CryptoError> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(CryptoError::NoRandomness)?;
        Ok(Self { worker: worker.to_owned(), signed_at: now, nonce })
    }

    /// Signs it with the sha256 of the worker's API key. The text opens a connection, so it is a secret.
    #[must_use]
    pub fn sign(&self, key: &[u8; 32]) -> SecretString {
        let worker = URL_SAFE_NO_PAD.encode_to_string(&self.worker);
        let message = format!("{worker}:{}:{}", self.signed_at, hex::encode(&self.nonce));
        let mut mac = keyed(key);
        mac.update(LABEL.as_bytes());
        mac.update(message.as_bytes());
        format!("{message}:{}", hex::encode(&mac.finalize().into_bytes())).into()
    }

    /// Reads a hello. It proves nothing before [`SignedHello::verify`].
    ///
    /// # Errors
    /// [`CryptoError::HelloMalformed`].
    pub fn read(text: &str) -> Result<SignedHello<'_>, CryptoError> {
        read(text).ok_or(CryptoError::HelloMalformed)
    }
}

impl SignedHello<'_> {
    /// The worker that it claims to be of, for looking its key up.
    #[must_use]
    pub fn worker(&self) -> &str {
        &self.hello.worker
    }

    /// Verifies it with the sha256 of that worker's API key, at the time `now` in seconds since 1970. The signature is compared in
    /// constant time, and before the age.
    ///
    /// # Errors
    /// [`CryptoError::HelloForged`], [`CryptoError::TokenExpired`], [`CryptoError::TokenFromFuture`].
    pub fn verify(self, key: &[u8; 32], now: i64) -> Result<WorkerHello, CryptoError> {
        let mut mac = keyed(key);
        mac.update(LABEL.as_bytes());
        mac.update(self.message.as_bytes());
        mac.verify_slice(&self.signature).map_err(|_| CryptoError::HelloForged)?;
        let valid_for = WorkerHello::VALID_FOR;
        let age = now.saturating_sub(self.hello.signed_at);
        if age > valid_for {
            let since = age.saturating_sub(valid_for).unsigned_abs();
            return Err(CryptoError::TokenExpired { since, valid_for: valid_for.unsigned_abs() });
        }
        if age < -valid_for {
            return Err(CryptoError::TokenFromFuture { ahead: age.unsigned_abs() });
        }
        Ok(self.hello)
    }
}

fn read(text: &str) -> Option<SignedHello<'_>> {
    let (message, signature) = text.rsplit_once(':')?;
    let mut parts = message.split(':');
    let worker = URL_SAFE_NO_PAD.decode_to_vec(parts.next()?).ok()?;
    let hello = WorkerHello {
        worker: String::from_utf8(worker).ok()?,
        signed_at: parts.next()?.parse().ok()?,
        nonce: hex::decode(parts.next()?)?,
    };
    let signature = hex::decode(signature)?;
    parts.next().is_none().then_some(SignedHello { hello, message, signature })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::hash_api_key_bytes;

    const NOW: i64 = 1_764_064_800;
    /// Made by Python's hmac, hashlib and base64.
    const SIGNED: &str = "YW52aWw6w6Q:1764064800:000102030405060708090a0b0c0d0e0f:5020bc4f45efd67d3a5ed86070302d3364681df84180264fdff85396f92f5c22";

    fn key() -> [u8; 32] {
        hash_api_key_bytes(&"whk_0123456789abcdef".into())
    }

    #[test]
    fn a_hello_is_what_another_program_makes_of_it() {
        let hello = WorkerHello {
            worker: "anvil:ä".into(),
            signed_at: NOW,
            nonce: std::array::from_fn(|at| u8::try_from(at).unwrap()),
        };
        assert_eq!(hello.sign(&key()).expose_secret(), SIGNED);
        let read = WorkerHello::read(SIGNED).unwrap();
        assert_eq!(read.worker(), "anvil:ä");
        assert_eq!(read.verify(&key(), NOW).unwrap(), hello);
    }

    #[test]
    fn another_key_and_any_change_are_refused() {
        let other = hash_api_key_bytes(&"whk_0123456789abcdeF".into());
        let forged =
            |text: &str, key: &[u8; 32]| WorkerHello::read(text).unwrap().verify(key, NOW).unwrap_err();
        assert_eq!(forged(SIGNED, &other), CryptoError::HelloForged);
        for (old, new) in
            [("1764064800", "1764064801"), (":0001", ":0002"), ("YW52", "YW53"), ("5c22", "5c23")]
        {
            assert_eq!(forged(&SIGNED.replace(old, new), &key()), CryptoError::HelloForged, "{old}");
        }
        for broken in [
            "",
            ":::",
            "a:b:c:d",
            &SIGNED.replace("5c22", "5C22"),
            &format!("x:{SIGNED}"),
            SIGNED.trim_start_matches('Y'),
        ] {
            assert_eq!(WorkerHello::read(broken).unwrap_err(), CryptoError::HelloMalformed, "{broken}");
        }
    }

    #[test]
    fn an_old_one_and_one_from_the_future_are_refused() {
        let at = |now| WorkerHello::read(SIGNED).unwrap().verify(&key(), now);
        for near in [NOW - 120, NOW + 120] {
            assert!(at(near).is_ok(), "{near}");
        }
        assert_eq!(at(NOW + 121).unwrap_err(), CryptoError::TokenExpired { since: 1, valid_for: 120 });
        assert_eq!(at(NOW - 121).unwrap_err(), CryptoError::TokenFromFuture { ahead: 121 });
    }

    #[test]
    fn nonces_differ() {
        let drawn = || WorkerHello::new("anvil", NOW).unwrap().nonce;
        assert_ne!(drawn(), drawn());
    }
}
