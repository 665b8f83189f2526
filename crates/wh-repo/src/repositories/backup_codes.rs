//! Codes that stand in for the second factor, each once. Hashing them takes its time and happens beside the async runtime, on
//! a bounded number of threads.

use secrecy::{ExposeSecret, SecretString};
use wh_crypto::CryptoError;
use wh_schema::rows::BackupCode;
use wh_types::UserId;

use crate::engine::{Affected, Class, Executor, NotCached, Repeat, sql};
use crate::error::{Denied, Error, Result};
use crate::repositories::second_factor as attempts;

/// Operations on backup codes; made by [`Database::backup_codes`](crate::Database::backup_codes) and
/// [`Tx::backup_codes`](crate::Tx::backup_codes).
#[derive(Clone, Copy)]
pub struct BackupCodes<'a> {
    pub(crate) executor: Executor<'a>,
}

impl BackupCodes<'_> {
    /// Most codes of a user.
    pub const MAX: usize = 32;

    /// Replaces all backup codes of a user, used or not. Stores argon2id hashes of their
    /// [canonical form](wh_crypto::canonical_backup_code). Hashing takes some 30 ms a code, before any connection is taken.
    /// Idempotent. Three round trips, two inside a transaction.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a user who does not exist; [`Error::Invalid`] for more than [`MAX`](Self::MAX) codes, one without
    /// a letter or digit or of more than 128 bytes, and for two that are the same code; [`Denied::Busy`] while too many calls
    /// wait to hash.
    #[doc(alias = "ReplaceBackupCodes")]
    pub async fn replace(self, user: UserId, codes: &[SecretString]) -> Result<()> {
        check(codes)?;
        let hashes = self.executor.inner().codes.hash_all(codes.to_vec()).await;
        let hashes = hashes.map_err(|error| failed("backup_codes.replace", user, &error))?;
        self.executor
            .atomic("backup_codes.replace", async |executor: Executor<'_>| {
                replace(executor, user, &hashes).await
            })
            .await
    }

    /// Spends a backup code. Returns whether it is one of this user's that was not spent; of concurrent callers one gets true.
    /// Codes are compared by their letters and digits: case and separators do not matter. Comparing takes some 30 ms for each
    /// unspent code.
    ///
    /// Each call counts as a wrong answer until it turns out to be right, which resets the count. The count is kept outside the
    /// caller's transaction, so that a rollback does not undo it: the call takes another connection of the pool. Four round
    /// trips, two if no code fits.
    ///
    /// Not idempotent: if the answer is lost, the same call again returns false, because the first call spent the code.
    ///
    /// # Errors
    /// [`Denied::TooManyAttempts`] with the time to wait, after five wrong answers in 15 minutes;
    /// [`Denied::Busy`] while too many calls wait to hash; [`Error::Corrupt`] if no code fits and a stored hash is none.
    #[doc(alias = "ConsumeBackupCode")]
    pub async fn consume(self, user: UserId, code: &SecretString) -> Result<bool> {
        if !attempts::count(self.executor, user).await? {
            return Ok(false);
        }
        let unspent = sql!("backup_codes/unspent.sql").bind(user);
        let unspent: Vec<BackupCode> =
            self.executor.read("backup_codes.consume", Class::Page, unspent).await?.all();
        let hashes = unspent.iter().map(|code| code.code_hash.as_phc().to_owned()).collect();
        let found = self.executor.inner().codes.find(code.clone(), hashes).await;
        let found = found.map_err(|error| failed("backup_codes.consume", user, &error))?;
        let Some(fitting) = found.and_then(|index| unspent.get(index)) else {
            return Ok(false);
        };
        let update = sql!("backup_codes/spend.sql").bind(fitting.id).bind(user);
        let spent =
            self.executor.write("backup_codes.consume", NotCached, Repeat::Never, Affected(update)).await?;
        if spent.count() == 0 {
            return Ok(false);
        }
        attempts::forget(self.executor, user).await?;
        Ok(true)
    }
}

/// Refuses codes that could not be told apart, or never be given.
fn check(codes: &[SecretString]) -> Result<()> {
    if codes.len() > BackupCodes::MAX {
        let problem = format!("they are {}, at most {} are allowed", codes.len(), BackupCodes::MAX);
        return Err(Error::invalid("codes", problem));
    }
    let mut forms: Vec<SecretString> = Vec::with_capacity(codes.len());
    for code in codes {
        let form = wh_crypto::canonical_backup_code(code);
        let form = form.map_err(|error| Error::invalid("codes", error.to_string()))?;
        if forms.iter().any(|known| known.expose_secret() == form.expose_secret()) {
            return Err(Error::invalid("codes", "two of them are the same code: draw each once"));
        }
        forms.push(form);
    }
    Ok(())
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

fn failed(operation: &'static str, user: UserId, error: &CryptoError) -> Error {
    match error {
        CryptoError::BadHash(_) => Error::Corrupt {
            table: "backup_codes",
            column: "code_hash",
            row: format!("of user {user}"),
            reason: error.to_string(),
        },
        CryptoError::Busy { .. } => Denied::Busy.into(),
        _ => Error::bug(operation, error.to_string()),
    }
}
