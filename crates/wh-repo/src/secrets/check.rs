//! The look at the keys before any traffic: does the ring read what the database holds?

use wh_crypto::{CryptoError, KeyId, Unencrypted};

use crate::engine::Executor;
use crate::error::Result;
use crate::error::{KeyMismatch, Unopenable};
use crate::secrets::encrypted_columns::{ENCRYPTED_COLUMNS, EncryptedColumn, Sample};
use crate::secrets::records::{self, RecordedKey};

/// Refuses a ring that lacks a key on record, or records its current key. In a transaction of its own.
pub(crate) async fn check(executor: Executor<'_>) -> Result<Vec<RecordedKey>> {
    executor
        .atomic("secrets.check", async |executor| {
            records::lock(executor).await?;
            let recorded = records::list(executor).await?;
            let ring = executor.inner().keys.ids();
            let missing: Vec<KeyId> =
                recorded.iter().map(|key| key.id).filter(|id| !ring.contains(id)).collect();
            if !missing.is_empty() {
                return Err(KeyMismatch { ring, missing, unopenable: Vec::new() }.into());
            }
            if recorded.is_empty() && take_over(executor).await? {
                records::record_previous(executor, &ring).await?;
            }
            records::record_current(executor).await?;
            Ok(recorded)
        })
        .await
}

/// Tries values of a database that has no record of its keys, and says whether it holds any.
async fn take_over(executor: Executor<'_>) -> Result<bool> {
    let (mut found, mut missing, mut unopenable) = (false, Vec::new(), Vec::new());
    for column in ENCRYPTED_COLUMNS {
        let samples = (column.sample)(executor).await?;
        found |= !samples.is_empty();
        for sample in samples {
            let Err(value) = try_open(executor, column, sample) else { continue };
            if let CryptoError::UnknownKey { wanted, .. } = value.reason
                && !missing.contains(&wanted)
            {
                missing.push(wanted);
            }
            unopenable.push(value);
        }
    }
    if unopenable.is_empty() {
        return Ok(found);
    }
    Err(KeyMismatch { ring: executor.inner().keys.ids(), missing, unopenable }.into())
}

fn try_open(executor: Executor<'_>, column: &EncryptedColumn, sample: Sample) -> Result<(), Unopenable> {
    let EncryptedColumn { table, column, .. } = *column;
    let place = wh_crypto::Place::new(table, column, &sample.place);
    let ring = executor.inner().keys.clone().with_unencrypted(Unencrypted::HandBack);
    match ring.open_at(&place, sample.stored.as_stored()) {
        Ok(_) => Ok(()),
        Err(reason) => Err(Unopenable { table, column, row: sample.place, reason }),
    }
}
