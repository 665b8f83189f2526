//! One pass over all encrypted columns, in the order of their keys.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use wh_crypto::{KeyRing, OpenedBy, Place, StoredForm, Unencrypted};

use super::census::{Census, ColumnCensus, Sealing};
use crate::engine::{Class, Executor, sql};
use crate::error::Unopenable;
use crate::error::{Error, Result};
use crate::secrets::encrypted_columns::{
    After, ENCRYPTED_COLUMNS, EncryptedColumn, Replacements, StoredValue,
};
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
struct Size {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

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
                let after =
                    After { id: cursor.0, part: &cursor.1, rows: i64::from(self.batch), bytes: PAGE_BYTES };
                let rows = (column.page)(self.executor, after).await?;
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
        let sizes = sql!("pass/sizes.sql").bind(&tables);
        let sizes: Vec<Size> = self.executor.read("secrets.sizes", Class::Page, sizes).await?.all();
        Ok(sizes.into_iter().map(|size| (size.name, size.rows.try_into().unwrap_or_default())).collect())
    }

    /// Replaces values that are still as they were read, and returns how many. The key goes on record before the first value
    /// that it encrypts.
    async fn replace(&self, column: &EncryptedColumn, batch: &Replacements, first: bool) -> Result<u64> {
        if first {
            records::record_current(self.executor).await?;
        }
        let replaced = (column.replace)(self.executor, batch).await?;
        Ok(u64::try_from(replaced).unwrap_or_default())
    }
}

/// Counts the values of a page, and gives those that are due with what takes their place.
fn sort_out(
    ring: &KeyRing,
    column: &EncryptedColumn,
    rows: Vec<StoredValue>,
    census: &mut ColumnCensus,
    seen: &mut Seen,
) -> Result<Replacements> {
    let EncryptedColumn { table, column: name, .. } = *column;
    let mut batch = Replacements::default();
    for StoredValue { id, part, place: row, stored } in rows {
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
