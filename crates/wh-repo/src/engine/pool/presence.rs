//! Each connection says which key its process encrypts with, for as long as it is open.
//!
//! A rotation forgets a key that nothing is stored under. It must not while a process is left that still writes with that
//! key, and the form `v1` does not tell it afterwards. So connections hold a shared advisory lock in the name of the key,
//! which costs nothing while they are open and ends with them, however they end.

use std::sync::atomic::{AtomicBool, Ordering};

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use wh_crypto::KeyId;

/// The first half of the advisory locks' names; the second is the hash of the key's fingerprint.
pub(crate) const LOCK_CLASS: i32 = 2_003_331_961;

/// What this process encrypts with.
pub(crate) struct Presence {
    key: KeyId,
    /// The key was put on record, and has to be there whenever this process writes.
    on_record: AtomicBool,
}

impl Presence {
    pub(super) const fn new(key: KeyId) -> Self {
        Self { key, on_record: AtomicBool::new(false) }
    }

    /// From now on a connection that finds the key off the record puts it back.
    pub(crate) fn keep_on_record(&self) {
        self.on_record.store(true, Ordering::Relaxed);
    }

    /// Tells of the key on a fresh connection: takes the lock, and the mark of a rotation off the record. One round trip.
    ///
    /// A server that cannot do that (not migrated yet, or a standby, on which nothing is encrypted either) is none the worse
    /// for a connection. Behind a pooler the lock would stay with a server connection that others use, so there is none.
    pub(super) async fn announce(&self, connection: &mut AsyncPgConnection, pooled_elsewhere: bool) {
        // A fingerprint is 16 hexadecimal digits by its type, which makes it safe inside SQL.
        let key = self.key;
        let lock = if pooled_elsewhere {
            String::new()
        } else {
            format!("SELECT pg_advisory_lock_shared({LOCK_CLASS}, hashtext('{key}')); ")
        };
        // In one message and in this order: a rotation that does not see the lock has not committed its mark yet.
        let record = if self.on_record.load(Ordering::Relaxed) {
            // Where the key is on record and unmarked nothing is locked: whoever starts may hold its row.
            format!(
                "INSERT INTO encryption_keys (key_id) SELECT '{key}' WHERE NOT EXISTS \
                 (SELECT FROM encryption_keys WHERE key_id = '{key}' AND retiring IS NULL) \
                 ON CONFLICT (key_id) DO UPDATE SET retiring = NULL"
            )
        } else {
            format!(
                "UPDATE encryption_keys SET retiring = NULL WHERE key_id = '{key}' AND retiring IS NOT NULL"
            )
        };
        if let Err(error) = connection.batch_execute(&format!("{lock}{record}")).await {
            tracing::debug!(%error, "a connection could not tell which key is written with");
        }
    }
}
