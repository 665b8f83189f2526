#![doc = include_str!("../README.md")]

mod audit_head;
mod backup_code;
mod backup_code_form;
#[cfg(feature = "tokio")]
mod backup_code_pool;
mod cache_key;
mod error;
mod hash;
mod hex;
mod key;
mod key_id;
mod key_ring;
mod mac;
mod parts;
mod place;
mod revoke_token;
mod stored;
mod webhook_signature;
mod worker_hello;

pub use audit_head::AuditHead;
pub use backup_code::{find_backup_code, generate_backup_codes, hash_backup_code};
pub use backup_code_form::canonical_backup_code;
#[cfg(feature = "tokio")]
pub use backup_code_pool::BackupCodePool;
pub use error::CryptoError;
pub use hash::{
    api_key_bytes_from_hash, generate_token, hash_api_key, hash_api_key_bytes, hash_token, same_hash,
};
pub use key::{Purpose, PurposeKey, derive_key};
pub use key_id::KeyId;
pub use key_ring::{KeyRing, Opened, OpenedBy, Unencrypted};
pub use parts::hash_parts;
pub use place::Place;
pub use revoke_token::RevokeToken;
pub use webhook_signature::{WebhookSecret, sign_webhook};
pub use wh_types::StoredForm;
pub use worker_hello::{SignedHello, WorkerHello};
