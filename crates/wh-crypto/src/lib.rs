#![doc = include_str!("../README.md")]

mod error;
mod hash;
mod hex;
mod key;
mod key_ring;
mod place;
mod stored;

pub use error::CryptoError;
pub use hash::{
    api_key_bytes_from_hash, generate_token, hash_api_key, hash_api_key_bytes, hash_token, same_hash,
};
pub use key::{KeyId, Purpose, PurposeKey, derive_key};
pub use key_ring::{KeyRing, Opened, OpenedBy, StoredForm, Unencrypted};
pub use place::Place;
