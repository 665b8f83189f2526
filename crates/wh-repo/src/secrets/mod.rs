//! The encrypted columns as a whole: which keys they need, and how they come to the current one.

mod census;
mod check;
mod encrypted_columns;
mod pass;
mod place;
pub(crate) mod records;

use std::time::Duration;

use uuid::Uuid;
use wh_crypto::KeyId;

pub use self::census::{Census, ColumnCensus, Sealing};
use self::pass::Pass;
pub use self::pass::SecretsProgress;
pub(crate) use self::place::Place;
pub use self::records::RecordedKey;
use crate::audit::seal;
use crate::engine::Executor;
use crate::error::{Error, Result};

/// Operations on the keys and on all encrypted values; made by [`Database::secrets`](crate::Database::secrets). They run in
/// transactions of their own, and have no place in one of a caller.
#[derive(Clone, Copy)]
pub struct Secrets<'a> {
    pub(crate) executor: Executor<'a>,
}

/// How a rotation goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RotateOptions {
    /// Rows of one statement, from 1 to [`MAX_BATCH`](Self::MAX_BATCH). A statement that rewrites holds the locks of so many
    /// rows, for as long as it takes.
    pub batch: u32,
    /// Passes over all columns, at least 1. One is enough where nothing has to be done; the next looks whether all is done.
    pub passes: u32,
}

impl RotateOptions {
    /// Most rows of one statement.
    pub const MAX_BATCH: u32 = 10_000;
}

impl Default for RotateOptions {
    fn default() -> Self {
        Self { batch: 1000, passes: 5 }
    }
}

/// What a rotation has done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rotation {
    /// How many values were written anew.
    pub rewritten: u64,
    /// How many passes it took. In the last one nothing was left to do, unless `left` says otherwise.
    pub passes: u32,
    /// Values that the last pass found to be due and could not replace, because others were writing there.
    pub left: u64,
    /// What the last pass found.
    pub census: Census,
    /// Audit trails that were sealed anew.
    pub sealed: u64,
    /// Audit trails with a fault, which keep their seal of a previous key ([`Audit::verify_all`](crate::Audit::verify_all)).
    pub unsealable: u64,
    /// Keys that nothing needs any more: they were taken off the record.
    pub forgotten: Vec<KeyId>,
    /// What is on record now, the current key among it.
    pub keys: Vec<RecordedKey>,
}

impl Rotation {
    /// True where the current key alone opens everything, and no other is on record: the previous secrets can go.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.left == 0 && self.unsealable == 0 && self.census.unopenable.is_empty() && self.keys.len() <= 1
    }
}

impl Secrets<'_> {
    /// Looks whether the key ring reads what the database holds, and records its current key; to be called before any
    /// traffic, which `DataLayer` does. Gives the keys that were on record before.
    ///
    /// Every key on record must be in the ring. A database that holds encrypted values and no record (it comes from the
    /// original) is tried: some of the oldest and newest values of each column must open; then all keys of the ring are
    /// recorded, since any of them may be needed. Any number of processes may do this at once. Safe to send again. Four
    /// round trips, and at most six more where there was no record.
    ///
    /// # Errors
    /// [`Error::Keys`] with the keys of the ring and the missing ones; nothing was recorded then.
    #[doc(alias = "EnableSecretEncryption")]
    pub async fn check(self) -> Result<Vec<RecordedKey>> {
        check::check(self.executor).await
    }

    /// The keys on record, the oldest first: each of them may be needed. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn keys(self) -> Result<Vec<RecordedKey>> {
        records::list(self.executor).await
    }

    /// Counts all encrypted values by column, key and form, and lists those that no key opens. Changes nothing. Six round
    /// trips, and one for every 1000 rows of a table.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn status(self, progress: impl FnMut(&SecretsProgress) + Send) -> Result<Census> {
        let batch = RotateOptions::default().batch;
        Ok(Pass { executor: self.executor, batch, number: 1, rewrite: false }.run(progress).await?.census)
    }

    /// Writes every value anew that is not encrypted with the current key, not in the form that the ring writes, or not
    /// encrypted at all, while services go on; a value that was changed in the meantime is left as it is. Then looks at
    /// everything again, and forgets the keys that nothing needs any more.
    ///
    /// May be dropped or killed at any point and called again: what is done stays done. Several at once do no harm. A value
    /// that no key opens stays as it is, and is listed; as long as there is one, every key stays on record.
    ///
    /// A key is forgotten only where no connection of a service that encrypts with it was open from before the last look to
    /// its end, and none came in between. Behind a pooler connections are not seen: stop those services first.
    ///
    /// Seals the heads of audit trails anew, two round trips for each and one for every 1,000 links since its last seal.
    ///
    /// Thirteen round trips where there is nothing to do, eight for each further pass, and one for the first value that is
    /// rewritten; in each pass one for every `batch` rows of a table (fewer rows where their values have more than 8 MiB
    /// in all), and another one if any of them have to be rewritten.
    ///
    /// # Errors
    /// [`Error::Invalid`] for options out of bounds; [`Error::Unavailable`].
    pub async fn rotate(
        self,
        options: RotateOptions,
        mut progress: impl FnMut(&SecretsProgress) + Send,
    ) -> Result<Rotation> {
        let RotateOptions { batch, passes } = options;
        if !(1..=RotateOptions::MAX_BATCH).contains(&batch) {
            let problem = format!("it is {batch}: 1 to {} rows are allowed", RotateOptions::MAX_BATCH);
            return Err(Error::invalid("batch", problem));
        }
        if passes == 0 {
            return Err(Error::invalid("passes", "it is 0: at least one pass is needed"));
        }
        let (rotation, mut rewritten, mut number) = (Uuid::new_v4(), 0, 0);
        loop {
            number += 1;
            // Before the look: who comes later takes the mark away again.
            records::mark(self.executor, rotation).await?;
            let pass = Pass { executor: self.executor, batch, number, rewrite: true };
            let seen = pass.run(&mut progress).await?;
            rewritten += seen.rewritten;
            let settled = seen.due == 0;
            if !settled && number < passes {
                if seen.due > seen.rewritten {
                    // Somebody holds those rows; a moment later they may be free.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                continue;
            }
            let (sealed, unsealable) = seal::seal_anew(self.executor).await?;
            let forgotten = if settled && unsealable == 0 && seen.census.unopenable.is_empty() {
                records::forget(self.executor, rotation).await?
            } else {
                Vec::new()
            };
            let keys = records::list(self.executor).await?;
            let left = seen.due.saturating_sub(seen.rewritten);
            let (passes, census) = (number, seen.census);
            return Ok(Rotation { rewritten, passes, left, census, sealed, unsealable, forgotten, keys });
        }
    }
}
