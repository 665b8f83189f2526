//! The record of the keys that the database was written with, in `encryption_keys`.
//!
//! Whoever decides by it holds an advisory lock for a short transaction, so that two services with different secrets cannot
//! both find an empty record, and a key is not forgotten while somebody starts with it. New connections do not wait for it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use uuid::Uuid;
use wh_crypto::{KeyId, StoredForm};
use wh_schema::rows::EncryptionKey;
use wh_types::Vocabulary as _;

use crate::engine::pool::LOCK_CLASS;
use crate::engine::{Affected, Class, Executor, NotCached, Repeat, sql};
use crate::error::{Error, Result};

/// A key that stored values may need.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordedKey {
    /// Its fingerprint.
    pub id: KeyId,
    /// The forms that services were set to write with it; none where it came with a database that was taken over.
    pub forms: Vec<StoredForm>,
    /// When it was recorded.
    pub first_used_at: DateTime<Utc>,
    /// When a service last started with it as its current key.
    pub last_current_at: Option<DateTime<Utc>>,
    /// How many connections of services that encrypt with it are open now. Those behind a pooler are not seen.
    pub connections: u64,
}

#[derive(QueryableByName)]
struct Listed {
    #[diesel(embed)]
    key: EncryptionKey,
    #[diesel(sql_type = BigInt)]
    connections: i64,
}

#[derive(QueryableByName)]
struct Forgotten {
    #[diesel(sql_type = Text)]
    key_id: String,
}

/// Keeps all others from deciding by the record until the end of the transaction. One round trip.
pub(crate) async fn lock(executor: Executor<'_>) -> Result<()> {
    let lock = Affected(sql!("records/lock.sql"));
    executor.write("secrets.lock", NotCached, Repeat::Safe, lock).await.map(|_| ())
}

/// Every key on record, the oldest first. One round trip.
pub(crate) async fn list(executor: Executor<'_>) -> Result<Vec<RecordedKey>> {
    let list = sql!("records/list.sql").bind(LOCK_CLASS);
    let rows: Vec<Listed> = executor.read("secrets.keys", Class::Page, list).await?.all();
    rows.into_iter()
        .map(|Listed { key, connections }| {
            let form = |name: &String| name.parse::<StoredForm>().ok();
            Ok(RecordedKey {
                id: parse(&key.key_id)?,
                forms: key.forms.iter().filter_map(form).collect(),
                first_used_at: key.first_used_at,
                last_current_at: key.last_current_at,
                connections: connections.try_into().unwrap_or_default(),
            })
        })
        .collect()
}

/// Records the key that this process encrypts with. One round trip.
pub(crate) async fn record_current(executor: Executor<'_>) -> Result<()> {
    let keys = &executor.inner().keys;
    let (id, forms) = (keys.current_id().to_string(), [keys.form().as_str()]);
    let record = Affected(sql!("records/record.sql").bind(&id).bind(&forms[..]));
    executor.write("secrets.record", NotCached, Repeat::Safe, record).await.map(|_| ())?;
    executor.inner().pool.keep_on_record();
    Ok(())
}

/// Records keys that may have written what is there. One round trip.
pub(crate) async fn record_previous(executor: Executor<'_>, ids: &[KeyId]) -> Result<()> {
    let ids: Vec<String> = ids.iter().map(KeyId::to_string).collect();
    let record = Affected(sql!("records/record_previous.sql").bind(&ids));
    executor.write("secrets.record_previous", NotCached, Repeat::Safe, record).await.map(|_| ())
}

/// Marks every key that nobody encrypts with, except the current one, as about to be forgotten by this rotation. Two round
/// trips.
pub(crate) async fn mark(executor: Executor<'_>, rotation: Uuid) -> Result<()> {
    let current = executor.inner().keys.current_id().to_string();
    let mark = Affected(sql!("records/mark.sql").bind(rotation).bind(&current));
    executor.write("secrets.mark", NotCached, Repeat::Safe, mark).await.map(|_| ())?;
    let unmark = Affected(sql!("records/unmark.sql").bind(rotation).bind(LOCK_CLASS));
    executor.write("secrets.unmark", NotCached, Repeat::Safe, unmark).await.map(|_| ())
}

/// Forgets the keys that this rotation has marked and that nobody has used since. Three round trips.
pub(crate) async fn forget(executor: Executor<'_>, rotation: Uuid) -> Result<Vec<KeyId>> {
    let current = executor.inner().keys.current_id().to_string();
    let forgotten: Vec<Forgotten> = executor
        .atomic("secrets.forget", async |executor| {
            lock(executor).await?;
            let forget = sql!("records/forget.sql").bind(rotation).bind(&current).bind(LOCK_CLASS);
            Ok(executor.write("secrets.forget", NotCached, Repeat::Safe, forget).await?.all())
        })
        .await?;
    forgotten.iter().map(|row| parse(&row.key_id)).collect()
}

fn parse(id: &str) -> Result<KeyId> {
    KeyId::parse(id).ok_or_else(|| Error::Corrupt {
        table: "encryption_keys",
        column: "key_id",
        row: id.to_owned(),
        reason: "it is not 16 hexadecimal digits".to_owned(),
    })
}
