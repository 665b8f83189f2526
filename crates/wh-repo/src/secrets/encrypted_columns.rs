//! The encrypted columns, and the statements that read and rewrite each as a whole.
//!
//! The statements spell the row of a value as [`Place`](crate::secrets::Place) does, because the form `v2` authenticates it. A
//! test opens values of every operation through these statements.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use wh_types::Ciphertext;

use crate::engine::{Affected, Class, Executor, NotCached, Repeat, sql};
use crate::error::Result;

type Reply<'a, T> = BoxFuture<'a, Result<T>>;

/// An encrypted column.
pub(super) struct EncryptedColumn {
    pub(super) table: &'static str,
    pub(super) column: &'static str,
    /// A page of rows in the order of their keys, also those without a value.
    pub(super) page: for<'a> fn(Executor<'a>, After<'a>) -> Reply<'a, Vec<StoredValue>>,
    /// Replaces values that are still as they were read; returns the number of rows.
    pub(super) replace: for<'a> fn(Executor<'a>, &'a Replacements) -> Reply<'a, usize>,
    /// Some of the oldest and of the newest encrypted values.
    pub(super) sample: for<'a> fn(Executor<'a>) -> Reply<'a, Vec<Sample>>,
}

/// Where a page begins and how far it goes. A key is a number and a text, which is empty for most tables.
pub(super) struct After<'a> {
    pub(super) id: i64,
    pub(super) part: &'a str,
    pub(super) rows: i64,
    pub(super) bytes: i64,
}

/// A row of a page.
#[derive(QueryableByName)]
pub(super) struct StoredValue {
    #[diesel(sql_type = BigInt)]
    pub(super) id: i64,
    #[diesel(sql_type = Text)]
    pub(super) part: String,
    #[diesel(sql_type = Text)]
    pub(super) place: String,
    #[diesel(sql_type = Text)]
    pub(super) stored: Ciphertext,
}

/// Values to be replaced, as columns: the keys, the value that was read, the value that takes its place.
#[derive(Default)]
pub(super) struct Replacements {
    pub(super) ids: Vec<i64>,
    pub(super) parts: Vec<String>,
    pub(super) seen: Vec<Ciphertext>,
    pub(super) sealed: Vec<String>,
}

/// A value that was picked out.
#[derive(QueryableByName)]
pub(super) struct Sample {
    #[diesel(sql_type = Text)]
    pub(super) place: String,
    #[diesel(sql_type = Text)]
    pub(super) stored: Ciphertext,
}

macro_rules! encrypted {
    ($table:literal, $column:literal, $page:literal, $replace:literal, $sample:literal) => {
        EncryptedColumn {
            table: $table,
            column: $column,
            page: |executor, After { id, part, rows, bytes }| {
                let page = sql!($page).bind(id).bind(part).bind(rows).bind(bytes);
                async move { Ok(executor.read("secrets.page", Class::Long, page).await?.all()) }.boxed()
            },
            replace: |executor, Replacements { ids, parts, seen, sealed }| {
                let replace = Affected(sql!($replace).bind(ids).bind(parts).bind(seen).bind(sealed));
                async move {
                    let replaced = executor.write("secrets.replace", NotCached, Repeat::Safe, replace);
                    Ok(replaced.await?.count())
                }
                .boxed()
            },
            sample: |executor| {
                async move { Ok(executor.read("secrets.sample", Class::Page, sql!($sample)).await?.all()) }
                    .boxed()
            },
        }
    };
}

/// Every column that the ledger of columns calls encrypted; a test compares the two.
pub(super) static ENCRYPTED_COLUMNS: &[EncryptedColumn] = &[
    encrypted!(
        "app_env_vars",
        "value",
        "columns/app_env_vars/page.sql",
        "columns/app_env_vars/replace.sql",
        "columns/app_env_vars/sample.sql"
    ),
    encrypted!(
        "git_provider_tokens",
        "access_token",
        "columns/git_provider_tokens/page.sql",
        "columns/git_provider_tokens/replace.sql",
        "columns/git_provider_tokens/sample.sql"
    ),
    encrypted!(
        "jobs",
        "payload",
        "columns/jobs/page.sql",
        "columns/jobs/replace.sql",
        "columns/jobs/sample.sql"
    ),
    encrypted!(
        "users",
        "totp_secret",
        "columns/users/page.sql",
        "columns/users/replace.sql",
        "columns/users/sample.sql"
    ),
    encrypted!(
        "webhooks",
        "secret",
        "columns/webhooks/page.sql",
        "columns/webhooks/replace.sql",
        "columns/webhooks/sample.sql"
    ),
];

#[cfg(test)]
mod tests {
    use wh_schema::columns::{ALL, Class};

    use super::ENCRYPTED_COLUMNS;

    #[test]
    fn every_column_that_the_ledger_calls_encrypted_is_here_and_no_other() {
        let known: Vec<_> = ENCRYPTED_COLUMNS.iter().map(|column| (column.table, column.column)).collect();
        let classified = ALL.iter().filter(|column| column.class == Class::Encrypted);
        let classified: Vec<_> = classified.map(|column| (column.table, column.name)).collect();
        assert!(classified.len() >= 5, "{classified:?}");
        assert_eq!(known, classified);
    }
}
