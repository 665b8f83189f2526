//! Hashing backup codes beside an async runtime (feature `tokio`).

use std::num::NonZeroUsize;
use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::Semaphore;

use crate::{CryptoError, find_backup_code, hash_backup_code};

/// Hashes and verifies on tokio's blocking threads, so many at a time; others wait their turn. Each takes 19 MiB.
///
/// A clone shares the bound. A call that is dropped gives its turn back once the hashing that has begun is over.
#[derive(Debug, Clone)]
pub struct BackupCodePool {
    turns: Arc<Semaphore>,
}

impl BackupCodePool {
    /// A pool that lets so many calls hash at the same time.
    #[must_use]
    pub fn new(parallel: NonZeroUsize) -> Self {
        Self { turns: Arc::new(Semaphore::new(parallel.get().min(Semaphore::MAX_PERMITS))) }
    }

    /// As [`hash_backup_code`], for each code, in order.
    ///
    /// # Errors
    /// As [`hash_backup_code`].
    pub async fn hash_all(&self, codes: Vec<SecretString>) -> Result<Vec<String>, CryptoError> {
        self.run(move || codes.iter().map(hash_backup_code).collect()).await
    }

    /// As [`find_backup_code`].
    ///
    /// # Errors
    /// As [`find_backup_code`].
    pub async fn find(&self, code: SecretString, hashes: Vec<String>) -> Result<Option<usize>, CryptoError> {
        self.run(move || find_backup_code(&code, &hashes)).await
    }

    async fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<R, CryptoError> + Send + 'static,
    ) -> Result<R, CryptoError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|_| CryptoError::Bug("the pool was closed"))?;
        let worked = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        worked.await.map_err(|_| CryptoError::Bug("a hashing thread ended early"))?
    }
}
