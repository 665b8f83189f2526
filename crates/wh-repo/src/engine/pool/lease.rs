//! A connection on loan: given back when its work is done, closed when it was walked away from.

use std::sync::atomic::Ordering;
use std::time::Instant;

use bb8::PooledConnection;
use tokio::runtime::Handle;

use super::Manager;
use crate::engine::classify;
use crate::engine::line::Line;
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
    pub(crate) fn begin(&self) -> Result<Line<'_>> {
        let Some(connection) = &self.connection else {
            return Err(Error::bug(self.operation, "a connection was used after it was given back"));
        };
        connection.busy.store(true, Ordering::Relaxed);
        Ok(Line::new(&connection.postgres, &connection.in_flight))
    }

    /// Marks the connection fit for the next user: no transaction is open. The pool closes it all the same while an answer is
    /// in flight.
    pub(crate) fn end(&self) {
        if let Some(connection) = &self.connection {
            connection.busy.store(false, Ordering::Relaxed);
        }
    }

    /// As [`end`](Self::end), once an answer has come that the server gives after all those before it: answers that were
    /// dropped are in as well.
    pub(crate) fn settled(&self) {
        if let Some(connection) = &self.connection {
            connection.in_flight.store(0, Ordering::Release);
        }
        self.end();
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
