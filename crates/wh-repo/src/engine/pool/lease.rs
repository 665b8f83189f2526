//! A connection on loan: given back when its work is done, closed when it was walked away from.

use std::sync::atomic::Ordering;
use std::time::Instant;

use bb8::PooledConnection;
use diesel_async::AsyncPgConnection;
use tokio::runtime::Handle;

use super::Manager;
use crate::engine::classify;
use crate::error::{Error, Result};

/// One connection for one operation or one transaction.
pub(crate) struct Lease<'a> {
    /// `None` only while it is being dropped.
    connection: Option<PooledConnection<'a, Manager>>,
    runtime: Handle,
    operation: &'static str,
    started: Instant,
}

impl<'a> Lease<'a> {
    pub(super) fn new(
        connection: PooledConnection<'a, Manager>,
        runtime: Handle,
        operation: &'static str,
    ) -> Self {
        Self { connection: Some(connection), runtime, operation, started: Instant::now() }
    }

    /// Marks the connection busy: from here to [`end`](Self::end) nobody else may get it as it is.
    pub(crate) fn begin(&self) -> Result<&AsyncPgConnection> {
        let Some(connection) = &self.connection else {
            return Err(Error::bug(self.operation, "a connection was used after it was given back"));
        };
        connection.busy.store(true, Ordering::Relaxed);
        Ok(&connection.postgres)
    }

    /// Marks the connection fit for the next user: nothing runs on it, and no transaction is open.
    pub(crate) fn end(&self) {
        if let Some(connection) = &self.connection {
            connection.busy.store(false, Ordering::Relaxed);
        }
    }

    /// Marks the connection dead: the pool closes it instead of lending it again.
    pub(crate) fn bury(&self) {
        if let Some(connection) = &self.connection {
            connection.dead.store(true, Ordering::Relaxed);
        }
    }

    /// Says what a failed statement of this lease means to the caller.
    pub(crate) fn failed(&self, error: diesel::result::Error) -> Error {
        classify(self.operation, self.started.elapsed(), error)
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        // The pool may open a replacement, for which it needs a runtime; a future can be dropped outside of one.
        let _runtime = self.runtime.enter();
        drop(self.connection.take());
    }
}
