//! Hashing backup codes beside an async runtime (feature `tokio`).

use std::{num::NonZeroUsize, sync::Arc};

use secrecy::SecretString;
use tokio::sync::Semaphore;

use crate::{CryptoError, find_backup_code, hash_backup_code};

/// Hashes and verifies on tokio's blocking threads, a bounded number of calls at a time. Each takes 19 MiB.
///
/// At most [`MAX_WAITING`](Self::MAX_WAITING) further calls wait; the next one is refused at once, so that guesses cannot pile
/// up. Clones share both bounds. A dropped call gives its turn back when the hashing that it began is over.
#[derive(Debug, Clone)]
pub struct BackupCodePool {
    /// One for each call that hashes or waits.
    places: Arc<Semaphore>,
    /// One for each call that hashes.
    turns: Arc<Semaphore>,
}

impl BackupCodePool {
    /// Calls that may wait for their turn.
    pub const MAX_WAITING: usize = 10;

    /// A pool in which this many calls hash at the same time.
    #[must_use]
    pub fn new(parallel: NonZeroUsize) -> Self {
        let parallel = parallel.get().min(Semaphore::MAX_PERMITS - Self::MAX_WAITING);
        Self {
            places: Arc::new(Semaphore::new(parallel + Self::MAX_WAITING)),
            turns: Arc::new(Semaphore::new(parallel)),
        }
    }

    /// As [`hash_backup_code`], for each code, in order.
    ///
    /// # Errors
    /// As [`hash_backup_code`], and [`CryptoError::Busy`].
    pub async fn hash_all(&self, codes: Vec<SecretString>) -> Result<Vec<String>, CryptoError> {
        self.run(move || codes.iter().map(hash_backup_code).collect()).await
    }

    /// As [`find_backup_code`].
    ///
    /// # Errors
    /// As [`find_backup_code`], and [`CryptoError::Busy`].
    pub async fn find(&self, code: SecretString, hashes: Vec<String>) -> Result<Option<usize>, CryptoError> {
        self.run(move || find_backup_code(&code, &hashes)).await
    }

    async fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<R, CryptoError> + Send + 'static,
    ) -> Result<R, CryptoError> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| CryptoError::Busy { waiting: Self::MAX_WAITING })?;
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|_| CryptoError::Bug("the pool was closed"))?;
        let worked = tokio::task::spawn_blocking(move || {
            let result = work();
            drop((turn, place));
            result
        });
        worked.await.map_err(|_| CryptoError::Bug("a hashing thread ended early"))?
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn ten_calls_wait_and_the_next_is_refused_at_once() {
        let pool = BackupCodePool::new(NonZeroUsize::MIN.saturating_add(1));
        let find = || Box::pin(pool.find("AC3D-K7MP-QR9T".into(), vec![]));
        // Two calls hash, and do not come to an end.
        let hashing = [(); 2].map(|()| {
            (
                pool.places.clone().try_acquire_owned().unwrap(),
                pool.turns.clone().try_acquire_owned().unwrap(),
            )
        });
        let mut waiting: Vec<_> = (0..10).map(|_| find()).collect();
        for call in &mut waiting {
            assert_eq!(call.now_or_never(), None, "it waits");
        }
        assert_eq!(find().now_or_never(), Some(Err(CryptoError::Busy { waiting: 10 })));
        assert_eq!(
            pool.clone().hash_all(vec![]).now_or_never(),
            Some(Err(CryptoError::Busy { waiting: 10 }))
        );

        // A call that is dropped makes room for another.
        waiting.pop();
        let mut late = find();
        assert_eq!((&mut late).now_or_never(), None);
        waiting.push(late);
        assert!(matches!(find().now_or_never(), Some(Err(CryptoError::Busy { .. }))));

        drop(hashing);
        for call in waiting {
            assert_eq!(call.await, Ok(None));
        }
        assert_eq!(find().await, Ok(None));
    }
}
