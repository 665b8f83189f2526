//! The record of the keys that the database was written with, in `encryption_keys`.
//!
//! Whoever decides by it holds an advisory lock for a short transaction, so that two services with different secrets cannot
//! both find an empty record, and a key is not forgotten while somebody starts with it. New connections do not wait for it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use uuid::Uuid;
use wh_crypto::{KeyId, StoredForm};
use wh_schema::rows::EncryptionKey;

use crate::engine::Executor;
use crate::engine::pool::lock_class;
use crate::engine::prepared;
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

/// How many connections hold the lock of a key, which [`Presence`](crate::engine::pool) takes. `objid` is an unsigned number.
macro_rules! connections {
    () => {
        concat!(
            "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND classid = ",
            lock_class!(),
            " AND objid = (hashtext(key_id)::bigint & 4294967295)::oid \
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
        )
    };
}

/// Beside the locks of the keys.
const LOCK: &str = "SELECT pg_advisory_xact_lock(2003331962, 0)";

const LIST: &str = concat!(
    "SELECT *, ",
    connections!(),
    " AS connections FROM encryption_keys ORDER BY first_used_at, key_id"
);

const RECORD: &str = "\
INSERT INTO encryption_keys (key_id, forms, last_current_at) VALUES ($1, $2, wh_now()) ON CONFLICT (key_id) DO UPDATE SET \
forms = (SELECT array_agg(DISTINCT form ORDER BY form) FROM unnest(encryption_keys.forms || excluded.forms) AS form), \
last_current_at = excluded.last_current_at, retiring = NULL";

/// Keys of a database that was taken over: any of them may have written what is there.
const RECORD_PREVIOUS: &str =
    "INSERT INTO encryption_keys (key_id) SELECT unnest($1) ON CONFLICT (key_id) DO NOTHING";

/// Marks all keys but the current one.
const MARK: &str = "UPDATE encryption_keys SET retiring = $1 WHERE key_id <> $2";

/// Takes the mark from the keys that somebody encrypts with. Runs after the mark was committed: a connection that was opened
/// before is counted here, and a later one finds the mark and takes it away.
const UNMARK: &str =
    concat!("UPDATE encryption_keys SET retiring = NULL WHERE retiring = $1 AND ", connections!(), " > 0");

/// If the mark is still set, no connection using this key was opened since. The count rules out earlier ones.
const FORGET: &str = concat!(
    "DELETE FROM encryption_keys WHERE retiring = $1 AND key_id <> $2 AND ",
    connections!(),
    " = 0 RETURNING key_id"
);

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
    let locked =
        executor.run("secrets.lock", |mut conn| prepared(sql_query(LOCK)).execute(&mut conn).boxed());
    locked.await.map(drop)
}

/// Every key on record, the oldest first. One round trip.
pub(crate) async fn list(executor: Executor<'_>) -> Result<Vec<RecordedKey>> {
    let rows: Vec<Listed> =
        executor.run("secrets.keys", |mut conn| prepared(sql_query(LIST)).load(&mut conn).boxed()).await?;
    rows.into_iter()
        .map(|Listed { key, connections }| {
            let form = |name: &String| StoredForm::ALL.iter().copied().find(|form| form.as_str() == name);
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
    executor
        .run("secrets.record", |mut conn| {
            prepared(sql_query(RECORD).bind::<Text, _>(&id).bind::<Array<Text>, _>(&forms[..]))
                .execute(&mut conn)
                .boxed()
        })
        .await?;
    executor.inner().pool.keep_on_record();
    Ok(())
}

/// Records keys that may have written what is there. One round trip.
pub(crate) async fn record_previous(executor: Executor<'_>, ids: &[KeyId]) -> Result<()> {
    let ids: Vec<String> = ids.iter().map(KeyId::to_string).collect();
    let recorded = executor.run("secrets.record_previous", |mut conn| {
        prepared(sql_query(RECORD_PREVIOUS).bind::<Array<Text>, _>(&ids)).execute(&mut conn).boxed()
    });
    recorded.await.map(drop)
}

/// Marks every key that nobody encrypts with, except the current one, as about to be forgotten by this rotation. Two round
/// trips.
pub(crate) async fn mark(executor: Executor<'_>, rotation: Uuid) -> Result<()> {
    let current = executor.inner().keys.current_id().to_string();
    executor
        .run("secrets.mark", |mut conn| {
            prepared(sql_query(MARK).bind::<SqlUuid, _>(rotation).bind::<Text, _>(&current))
                .execute(&mut conn)
                .boxed()
        })
        .await?;
    let unmarked = executor.run("secrets.unmark", |mut conn| {
        prepared(sql_query(UNMARK).bind::<SqlUuid, _>(rotation)).execute(&mut conn).boxed()
    });
    unmarked.await.map(drop)
}

/// Forgets the keys that this rotation has marked and that nobody has used since. Three round trips.
pub(crate) async fn forget(executor: Executor<'_>, rotation: Uuid) -> Result<Vec<KeyId>> {
    let current = executor.inner().keys.current_id().to_string();
    let forgotten: Vec<Forgotten> = executor
        .atomic("secrets.forget", async |executor| {
            lock(executor).await?;
            executor
                .run("secrets.forget", |mut conn| {
                    prepared(sql_query(FORGET).bind::<SqlUuid, _>(rotation).bind::<Text, _>(&current))
                        .load(&mut conn)
                        .boxed()
                })
                .await
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
