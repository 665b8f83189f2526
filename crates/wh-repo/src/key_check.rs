//! The look at the keys before any traffic: does the ring read what the database holds?

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_crypto::{CryptoError, KeyId, Unencrypted};
use wh_types::Ciphertext;

use crate::encrypted_columns::{ENCRYPTED_COLUMNS, EncryptedColumn};
use crate::error::Result;
use crate::key_mismatch::{KeyMismatch, Unopenable};
use crate::key_records::{self, RecordedKey};
use crate::prepared::prepared;
use crate::session::Session;

/// A value that was picked out.
#[derive(QueryableByName)]
struct Sample {
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Text)]
    stored: Ciphertext,
}

/// Refuses a ring that lacks a key on record, or records its current key. In a transaction of its own.
pub(crate) async fn check(session: Session<'_>) -> Result<Vec<RecordedKey>> {
    session
        .atomic("secrets.check", async |session| {
            key_records::lock(session).await?;
            let recorded = key_records::list(session).await?;
            let ring = session.inner().keys.ids();
            let missing: Vec<KeyId> =
                recorded.iter().map(|key| key.id).filter(|id| !ring.contains(id)).collect();
            if !missing.is_empty() {
                return Err(KeyMismatch { ring, missing, unopenable: Vec::new() }.into());
            }
            if recorded.is_empty() && take_over(session).await? {
                key_records::record_previous(session, &ring).await?;
            }
            key_records::record_current(session).await?;
            Ok(recorded)
        })
        .await
}

/// Tries values of a database that has no record of its keys, and says whether it holds any.
async fn take_over(session: Session<'_>) -> Result<bool> {
    let (mut found, mut missing, mut unopenable) = (false, Vec::new(), Vec::new());
    for column in ENCRYPTED_COLUMNS {
        let samples: Vec<Sample> = session
            .run("secrets.sample", |mut conn| prepared(sql_query(column.sample)).load(&mut conn).boxed())
            .await?;
        found |= !samples.is_empty();
        for sample in samples {
            let Err(value) = try_open(session, column, sample) else { continue };
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
    Err(KeyMismatch { ring: session.inner().keys.ids(), missing, unopenable }.into())
}

fn try_open(session: Session<'_>, column: &EncryptedColumn, sample: Sample) -> Result<(), Unopenable> {
    let EncryptedColumn { table, column, .. } = *column;
    let place = wh_crypto::Place::new(table, column, &sample.place);
    let ring = session.inner().keys.clone().with_unencrypted(Unencrypted::HandBack);
    match ring.open_at(&place, sample.stored.as_stored()) {
        Ok(_) => Ok(()),
        Err(reason) => Err(Unopenable { table, column, row: sample.place, reason }),
    }
}
