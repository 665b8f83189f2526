//! Codes that stand in for the second factor, each once. Hashing them takes its time and happens beside the async runtime, on
//! a bounded number of threads.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Bool, Text};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use secrecy::{ExposeSecret, SecretString};
use wh_crypto::CryptoError;
use wh_schema::rows::BackupCode;
use wh_schema::schema::backup_codes;
use wh_types::UserId;

use crate::engine::Executor;
use crate::engine::prepared;
use crate::error::{Error, Result};

/// Operations on backup codes; made by [`Database::backup_codes`](crate::Database::backup_codes) and
/// [`Tx::backup_codes`](crate::Tx::backup_codes).
#[derive(Clone, Copy)]
pub struct BackupCodes<'a> {
    pub(crate) executor: Executor<'a>,
}

/// A statement of its own: what follows needs a snapshot that is younger than the lock, to see the codes of whoever came
/// first.
const LOCK_OWNER: &str = "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE";

const REPLACE: &str = "\
WITH gone AS (DELETE FROM backup_codes WHERE user_id = $1) \
INSERT INTO backup_codes (user_id, code_hash) SELECT $1, new.hash FROM unnest($2) AS new (hash)";

const CONSUME: &str = "\
UPDATE backup_codes SET used_at = wh_now() WHERE id = $1 AND user_id = $2 AND used_at IS NULL";

impl BackupCodes<'_> {
    /// Most codes of a user.
    pub const MAX: usize = 32;

    /// Replaces all backup codes of a user, used or not (`ReplaceBackupCodes`). Stores argon2id hashes; the codes
    /// themselves go nowhere. Safe to send again. Hashing takes some 30 ms a code, before any connection is taken. Three
    /// round trips: the user is locked together with BEGIN, the codes are replaced in one statement, COMMIT.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a user who does not exist; [`Error::Invalid`] for more than [`MAX`](Self::MAX) codes, an empty
    /// one, or one of more than 128 bytes, which would never be compared.
    pub async fn replace(self, user: UserId, codes: &[SecretString]) -> Result<()> {
        if codes.len() > Self::MAX {
            return Err(Error::invalid(
                "codes",
                format!("they are {}, at most {} are allowed", codes.len(), Self::MAX),
            ));
        }
        let unusable = |code: &SecretString| {
            let code = code.expose_secret();
            code.len() > 128 || code.trim().is_empty()
        };
        if codes.iter().any(unusable) {
            let problem = "one of them is empty, or has more than 128 bytes";
            return Err(Error::invalid("codes", problem));
        }
        let hashes = self.executor.inner().codes.hash_all(codes.to_vec()).await;
        let hashes = hashes.map_err(|error| Error::bug("backup_codes.replace", error.to_string()))?;
        self.executor
            .atomic("backup_codes.replace", async |executor: Executor<'_>| {
                replace(executor, user, &hashes).await
            })
            .await
    }

    /// Spends a backup code, and says whether it was one of this user's that was not spent (`ConsumeBackupCode`). However
    /// many callers race with the same code, one is told so. Case, blanks and hyphens do not matter. Comparing takes some
    /// 30 ms for each unspent code, all of which are looked at. Two round trips, one where nothing fits.
    ///
    /// Sent again after a lost answer it may say no, because the first call spent the code.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where nothing fits and a stored hash is none.
    pub async fn consume(self, user: UserId, code: &SecretString) -> Result<bool> {
        let unspent: Vec<BackupCode> = self
            .executor
            .run("backup_codes.consume", |mut conn| {
                prepared(
                    BackupCode::query()
                        .filter(backup_codes::user_id.eq(user))
                        .filter(sql::<Bool>("used_at IS NULL"))
                        .order(backup_codes::id),
                )
                .load(&mut conn)
                .boxed()
            })
            .await?;
        let hashes = unspent.iter().map(|code| code.code_hash.as_phc().to_owned()).collect();
        let found = self.executor.inner().codes.find(code.clone(), hashes).await;
        let found = found.map_err(|error| unreadable(user, &error))?;
        let Some(fitting) = found.and_then(|index| unspent.get(index)) else {
            return Ok(false);
        };
        let spent = self
            .executor
            .run_once("backup_codes.consume", |mut conn| {
                prepared(sql_query(CONSUME).bind::<BigInt, _>(fitting.id).bind::<BigInt, _>(user))
                    .execute(&mut conn)
                    .boxed()
            })
            .await?;
        Ok(spent > 0)
    }
}

async fn replace(executor: Executor<'_>, user: UserId, hashes: &[String]) -> Result<()> {
    let found = executor
        .run("backup_codes.replace", |mut conn| {
            prepared(sql_query(LOCK_OWNER).bind::<BigInt, _>(user)).execute(&mut conn).boxed()
        })
        .await?;
    if found == 0 {
        return Err(Error::not_found("user"));
    }
    executor
        .run("backup_codes.replace", |mut conn| {
            prepared(sql_query(REPLACE).bind::<BigInt, _>(user).bind::<Array<Text>, _>(hashes))
                .execute(&mut conn)
                .boxed()
        })
        .await
        .map(drop)
}

fn unreadable(user: UserId, error: &CryptoError) -> Error {
    match error {
        CryptoError::BadHash(_) => Error::Corrupt {
            table: "backup_codes",
            column: "code_hash",
            row: format!("of user {user}"),
            reason: error.to_string(),
        },
        _ => Error::bug("backup_codes.consume", error.to_string()),
    }
}
