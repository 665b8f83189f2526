//! Codes that stand in for the second factor, each once. Hashing them takes its time and happens beside the async runtime, on
//! a bounded number of threads.

use secrecy::{ExposeSecret, SecretString};
use wh_crypto::{CryptoError, canonical_backup_code};
use wh_schema::rows::BackupCode;
use wh_types::UserId;

use crate::engine::{Affected, Class, Executor, NotCached, Repeat, sql};
use crate::error::{Denied, Error, Result};

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
    /// [`Error::NotFound`] for a user who does not exist; [`Error::Invalid`] for more than [`MAX`](Self::MAX) codes, for an empty
    /// one, one of more than 128 bytes, and for two of the same form ([`canonical_backup_code`]); [`Denied::Busy`] while too many
    /// calls wait to hash.
    #[doc(alias = "ReplaceBackupCodes")]
    pub async fn replace(self, user: UserId, codes: &[SecretString]) -> Result<()> {
        if codes.len() > Self::MAX {
            return Err(Error::invalid(
                "codes",
                format!("they are {}, at most {} are allowed", codes.len(), Self::MAX),
            ));
        }
        let mut forms: Vec<SecretString> = Vec::with_capacity(codes.len());
        for code in codes {
            let form = canonical_backup_code(code);
            let form = form.map_err(|error| refused("backup_codes.replace", &error))?;
            if forms.iter().any(|other| other.expose_secret() == form.expose_secret()) {
                return Err(Error::invalid("codes", "two of them are the same code"));
            }
            forms.push(form);
        }
        let hashes = self.executor.inner().codes.hash_all(codes.to_vec()).await;
        let hashes = hashes.map_err(|error| refused("backup_codes.replace", &error))?;
        self.executor
            .atomic("backup_codes.replace", async |executor: Executor<'_>| {
                replace(executor, user, &hashes).await
            })
            .await
    }

    /// Spends a backup code, and says whether it was one of this user's that was not spent (`ConsumeBackupCode`). However
    /// many callers race with the same code, one is told so. Codes are compared by their
    /// letters and digits ([`canonical_backup_code`]). Comparing takes some
    /// 30 ms for each unspent code, all of which are looked at. Two round trips, one where nothing fits.
    ///
    /// Sent again after a lost answer it may say no, because the first call spent the code.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if nothing fits and a stored hash is none; [`Denied::Busy`] while ten calls of this process wait.
    #[doc(alias = "ConsumeBackupCode")]
    pub async fn consume(self, user: UserId, code: &SecretString) -> Result<bool> {
        let list = sql!("backup_codes/unspent.sql").bind(user);
        let unspent: Vec<BackupCode> =
            self.executor.read("backup_codes.consume", Class::Page, list).await?.all();
        let hashes = unspent.iter().map(|code| code.code_hash.as_phc().to_owned()).collect();
        let found = self.executor.inner().codes.find(code.clone(), hashes).await;
        let found = found.map_err(|error| unreadable(user, &error))?;
        let Some(fitting) = found.and_then(|index| unspent.get(index)) else {
            return Ok(false);
        };
        let update = sql!("backup_codes/spend.sql").bind(fitting.id).bind(user);
        let spent =
            self.executor.write("backup_codes.consume", NotCached, Repeat::Never, Affected(update)).await?;
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
        _ => refused("backup_codes.consume", error),
    }
}

fn refused(operation: &'static str, error: &CryptoError) -> Error {
    match error {
        CryptoError::BadCode(problem) => Error::invalid("codes", format!("one of them {problem}")),
        CryptoError::Busy { .. } => Denied::Busy.into(),
        _ => Error::bug(operation, error.to_string()),
    }
}
