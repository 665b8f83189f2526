//! One pass over all encrypted columns, in the order of their keys.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Text};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_crypto::{KeyRing, OpenedBy, Place, StoredForm, Unencrypted};
use wh_types::Ciphertext;

use super::census::{Census, ColumnCensus, Sealing};
use crate::engine::Executor;
use crate::engine::prepared;
use crate::error::Unopenable;
use crate::error::{Error, Result};
use crate::secrets::encrypted_columns::{ENCRYPTED_COLUMNS, EncryptedColumn};
use crate::secrets::records;

/// Bytes of values that are read at once, beyond the first value.
const PAGE_BYTES: i64 = 8 << 20;

/// How far a pass has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecretsProgress {
    /// Which pass over all columns this is, from 1.
    pub pass: u32,
    /// The table that is being read.
    pub table: &'static str,
    /// The column that is being read.
    pub column: &'static str,
    /// Rows of the table that were read so far.
    pub rows: u64,
    /// About how many rows the table has; 0 where Postgres has not counted yet.
    pub about: u64,
    /// Values of the column that were written anew so far.
    pub rewritten: u64,
}

/// What to do.
pub(super) struct Pass<'a> {
    pub(super) executor: Executor<'a>,
    pub(super) batch: u32,
    pub(super) number: u32,
    pub(super) rewrite: bool,
}

/// What was found and done.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) census: Census,
    /// Values that should be written anew.
    pub(super) due: u64,
    /// Those that were.
    pub(super) rewritten: u64,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    part: String,
    #[diesel(sql_type = Text)]
    place: String,
    #[diesel(sql_type = Text)]
    stored: Ciphertext,
}

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

/// Values on their way back, as columns.
#[derive(Default)]
struct Batch {
    ids: Vec<i64>,
    parts: Vec<String>,
    seen: Vec<Ciphertext>,
    sealed: Vec<String>,
}

/// What Postgres knows of the sizes of tables without counting.
const SIZES: &str = "\
SELECT relname::text AS name, greatest(reltuples, 0)::bigint AS rows FROM pg_class \
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname = ANY($1)";

impl Pass<'_> {
    pub(super) async fn run(&self, mut progress: impl FnMut(&SecretsProgress) + Send) -> Result<Seen> {
        let sizes = self.sizes().await?;
        let ring = self.executor.inner().keys.clone().with_unencrypted(Unencrypted::HandBack);
        let mut seen = Seen::default();
        for column in ENCRYPTED_COLUMNS {
            let EncryptedColumn { table, column: name, .. } = *column;
            let about = sizes.get(table).copied().unwrap_or_default();
            let mut at =
                SecretsProgress { pass: self.number, table, column: name, rows: 0, about, rewritten: 0 };
            let mut census = ColumnCensus { table, column: name, values: BTreeMap::new() };
            let mut cursor = (i64::MIN, String::new());
            progress(&at);
            loop {
                let rows = self.page(column, &cursor).await?;
                let Some(last) = rows.last() else { break };
                cursor = (last.id, last.part.clone());
                at.rows += u64::try_from(rows.len()).unwrap_or_default();
                let batch = sort_out(&ring, column, rows, &mut census, &mut seen)?;
                if self.rewrite && !batch.ids.is_empty() {
                    let first = seen.rewritten == 0;
                    let rewritten = self.replace(column, &batch, first).await?;
                    at.rewritten += rewritten;
                    seen.rewritten += rewritten;
                }
                progress(&at);
            }
            seen.census.columns.push(census);
        }
        Ok(seen)
    }

    async fn sizes(&self) -> Result<BTreeMap<String, u64>> {
        let tables: Vec<&str> = ENCRYPTED_COLUMNS.iter().map(|column| column.table).collect();
        let sizes: Vec<Size> = self
            .executor
            .run("secrets.sizes", |mut conn| {
                prepared(sql_query(SIZES).bind::<Array<Text>, _>(&tables)).load(&mut conn).boxed()
            })
            .await?;
        Ok(sizes.into_iter().map(|size| (size.name, size.rows.try_into().unwrap_or_default())).collect())
    }

    async fn page(&self, column: &EncryptedColumn, (id, part): &(i64, String)) -> Result<Vec<Row>> {
        self.executor
            .run("secrets.page", |mut conn| {
                prepared(
                    sql_query(column.page)
                        .bind::<BigInt, _>(id)
                        .bind::<Text, _>(part)
                        .bind::<BigInt, _>(i64::from(self.batch))
                        .bind::<BigInt, _>(PAGE_BYTES),
                )
                .load(&mut conn)
                .boxed()
            })
            .await
    }

    /// Replaces what still stands as it was read, and says how many that were. The key goes on record first: nothing may be
    /// stored under a key that nobody knows of.
    async fn replace(&self, column: &EncryptedColumn, batch: &Batch, first: bool) -> Result<u64> {
        if first {
            records::record_current(self.executor).await?;
        }
        let Batch { ids, parts, seen, sealed } = batch;
        let replaced = self
            .executor
            .run("secrets.replace", |mut conn| {
                prepared(
                    sql_query(column.replace)
                        .bind::<Array<BigInt>, _>(ids)
                        .bind::<Array<Text>, _>(parts)
                        .bind::<Array<Text>, _>(seen)
                        .bind::<Array<Text>, _>(sealed),
                )
                .execute(&mut conn)
                .boxed()
            })
            .await?;
        Ok(u64::try_from(replaced).unwrap_or_default())
    }
}

/// Counts the values of a page, and gives those that are due with what takes their place.
fn sort_out(
    ring: &KeyRing,
    column: &EncryptedColumn,
    rows: Vec<Row>,
    census: &mut ColumnCensus,
    seen: &mut Seen,
) -> Result<Batch> {
    let EncryptedColumn { table, column: name, .. } = *column;
    let mut batch = Batch::default();
    for Row { id, part, place: row, stored } in rows {
        let place = Place::new(table, name, &row);
        let opened = match ring.open_at(&place, stored.as_stored()) {
            Ok(opened) => opened,
            Err(reason) => {
                *census.values.entry(Sealing::Unopenable).or_default() += 1;
                seen.census.unopenable.push(Unopenable { table, column: name, row, reason });
                continue;
            }
        };
        let sealing = match opened.by {
            OpenedBy::Current(key) | OpenedBy::Previous(key) => {
                let form = StoredForm::of(stored.as_stored()).unwrap_or_default();
                Sealing::Encrypted { key, form }
            }
            OpenedBy::Unencrypted => Sealing::Unencrypted,
            _ => continue,
        };
        *census.values.entry(sealing).or_default() += 1;
        if opened.needs_reencryption {
            let sealed = ring.encrypt_at(&place, &opened.plain).map_err(|error| {
                Error::bug("secrets.rotate", format!("a value cannot be encrypted: {error}"))
            })?;
            seen.due += 1;
            batch.ids.push(id);
            batch.parts.push(part);
            batch.seen.push(stored);
            batch.sealed.push(sealed);
        }
    }
    Ok(batch)
}
