//! Errors of this crate.

use crate::KeyId;

/// An error of this crate. No message holds a secret, a key or a stored value; keys are named by their [`KeyId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CryptoError {
    /// The server secret is empty. Anybody can derive its keys.
    #[error("the server secret must not be empty: set one of at least 16 characters")]
    EmptySecret,
    /// A stored value has the prefix of a ciphertext and is not well formed.
    #[error("the stored value begins with {form}: but {problem}")]
    Malformed {
        /// The form it claims (`v1`).
        form: &'static str,
        /// The fault.
        problem: &'static str,
    },
    /// No key of the ring opens a stored ciphertext.
    #[error(
        "the stored {form} value does not open with {}: it was written with another secret, changed, or moved here from another place",
        keys(.tried)
    )]
    NotAuthentic {
        /// The form it has (`v1`).
        form: &'static str,
        /// Keys that were tried.
        tried: Vec<KeyId>,
    },
    /// A stored value names a key that the ring does not have.
    #[error("the stored value was written with key {wanted}, and the ring has {}: add the secret of that key to the previous ones", keys(.ring))]
    UnknownKey {
        /// The key that the value names.
        wanted: KeyId,
        /// The keys of the ring.
        ring: Vec<KeyId>,
    },
    /// A stored value is bound to a place, and the call gave none.
    #[error("the stored value is bound to its table, column and row: open it with that place")]
    PlaceNeeded,
    /// A stored value is not encrypted, and the ring refuses plain values.
    #[error(
        "the stored value is not encrypted, and plain values are refused: encrypt it, or allow them during a rollout"
    )]
    Unencrypted,
    /// A stored value opens, but its plain text is not UTF-8.
    #[error("the stored value opens with key {key} but is not UTF-8 text")]
    NotText {
        /// The key that opened it.
        key: KeyId,
    },
    /// A plain text longer than the cipher takes (64 GiB).
    #[error("the value is too long to encrypt")]
    TooLong,
    /// The operating system returned no random numbers.
    #[error("the operating system gave no random numbers: {0}")]
    NoRandomness(getrandom::Error),
    /// A stored hash of a backup code is not argon2id, or its parameters exceed the limits.
    #[error("the stored backup code hash is not usable: {0}")]
    BadHash(&'static str),
    /// The backup code is empty or too long.
    #[error("the backup code {0}: use codes of 1 to 128 bytes")]
    BadCode(&'static str),
    /// The maximum number of calls waits for a hashing thread.
    #[error("{waiting} checks of backup codes are waiting: try again in a few seconds")]
    Busy {
        /// Calls that wait.
        waiting: usize,
    },
    /// The text is not a signed token.
    #[error("the token is malformed: expected userID:sessionID:unix:signature")]
    TokenMalformed,
    /// The signature of the token does not fit.
    #[error("the token was not signed by this platform, or was changed")]
    TokenForged,
    /// The token has expired.
    #[error("the token expired {since} seconds ago: tokens are valid for {valid_for} seconds")]
    TokenExpired {
        /// Seconds since it expired.
        since: u64,
        /// Seconds that a token is valid.
        valid_for: u64,
    },
    /// The token was signed further in the future than clocks may differ.
    #[error("the token was signed {ahead} seconds in the future: check the clocks of the machines")]
    TokenFromFuture {
        /// Seconds until the time of its signature.
        ahead: u64,
    },
    /// The text is not the hello of a worker.
    #[error("the worker's hello is malformed: expected name:unix:nonce:signature")]
    HelloMalformed,
    /// The hello of a worker is not signed with the key of that worker.
    #[error("the worker's hello is not signed with its API key, or was changed")]
    HelloForged,
    /// The secret of a webhook is not as Standard Webhooks says.
    #[error("the webhook secret {0}: use whsec_ and 24 to 64 bytes in base64")]
    BadWebhookSecret(&'static str),
    /// A webhook is to be signed without a secret.
    #[error("there is no webhook secret to sign with: give at least one")]
    NoWebhookSecret,
    /// The id of a webhook message cannot be signed unambiguously.
    #[error("the id of the webhook message is not usable: use visible ASCII characters without a full stop")]
    BadMessageId,
    /// A fault of this crate or of its dependencies.
    #[error("a fault of wh-crypto, please report it: {0}")]
    Bug(&'static str),
}

fn keys(ids: &[KeyId]) -> String {
    let ids: Vec<_> = ids.iter().map(KeyId::to_string).collect();
    match ids.as_slice() {
        [one] => format!("key {one}"),
        many => format!("keys {}", many.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_keys_and_say_what_to_do() {
        let (a, b) = (KeyId::from_bytes([0xa1; 8]), KeyId::from_bytes([0xb2; 8]));
        insta::assert_snapshot!(CryptoError::NotAuthentic { form: "v1", tried: vec![a] }, @"the stored v1 value does not open with key a1a1a1a1a1a1a1a1: it was written with another secret, changed, or moved here from another place");
        insta::assert_snapshot!(CryptoError::UnknownKey { wanted: a, ring: vec![a, b] }, @"the stored value was written with key a1a1a1a1a1a1a1a1, and the ring has keys a1a1a1a1a1a1a1a1, b2b2b2b2b2b2b2b2: add the secret of that key to the previous ones");
        insta::assert_snapshot!(CryptoError::Malformed { form: "v1", problem: "is not base64url" }, @"the stored value begins with v1: but is not base64url");
        insta::assert_snapshot!(CryptoError::TokenExpired { since: 1, valid_for: 259_200 }, @"the token expired 1 seconds ago: tokens are valid for 259200 seconds");
    }
}
