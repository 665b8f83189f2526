//! Codes that stand in for the second factor, each once. Hashing them takes its time and happens beside the async runtime, on
//! a bounded number of threads.

use secrecy::{ExposeSecret, SecretString};
use wh_crypto::CryptoError;
use wh_schema::rows::BackupCode;
use wh_types::UserId;

use crate::engine::{Affected, Class, Executor, NotCached, Repeat, sql};
use crate::error::{Error, Result};

/// Operations on backup codes; made by [`Database::backup_codes`](crate::Database::backup_codes) and
/// [`Tx::backup_codes`](crate::Tx::backup_codes).
#[derive(Clone, Copy)]
pub struct BackupCodes<'a> {
    pub(crate) executor: Executor<'a>,
}

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
    #[doc(alias = "ReplaceBackupCodes")]
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
    #[doc(alias = "ConsumeBackupCode")]
    pub async fn consume(self, user: UserId, code: &SecretString) -> Result<bool> {
        let unspent = sql!("backup_codes/unspent.sql").bind(user);
        let unspent: Vec<BackupCode> =
            self.executor.read("backup_codes.consume", Class::Page, unspent).await?.all();
        let hashes = unspent.iter().map(|code| code.code_hash.as_phc().to_owned()).collect();
        let found = self.executor.inner().codes.find(code.clone(), hashes).await;
        let found = found.map_err(|error| unreadable(user, &error))?;
        let Some(fitting) = found.and_then(|index| unspent.get(index)) else {
            return Ok(false);
        };
        let spend = sql!("backup_codes/spend.sql").bind(fitting.id).bind(user);
        let spent =
            self.executor.write("backup_codes.consume", NotCached, Repeat::Never, Affected(spend)).await?;
        Ok(spent.count() > 0)
    }
}

async fn replace(executor: Executor<'_>, user: UserId, hashes: &[String]) -> Result<()> {
    let lock = sql!("backup_codes/lock.sql").bind(user);
    let found = executor.write("backup_codes.replace", NotCached, Repeat::Safe, Affected(lock)).await?;
    if found.count() == 0 {
        return Err(Error::not_found("user"));
    }
    let replace = sql!("backup_codes/replace.sql").bind(user).bind(hashes);
    let replaced = executor.write("backup_codes.replace", NotCached, Repeat::Safe, Affected(replace)).await?;
    replaced.count();
    Ok(())
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
