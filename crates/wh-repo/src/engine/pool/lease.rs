//! A connection on loan: given back when its work is done, closed when it was walked away from.

use std::time::Instant;

use bb8::PooledConnection;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

use super::Manager;
use super::farewell::Farewell;
use crate::engine::classify;
use crate::engine::line::Line;
use crate::error::{Error, Result};

/// One connection for one operation or one transaction.
pub(crate) struct Lease {
    /// `None` only while it is being dropped. The place is given back after the connection.
    held: Option<(PooledConnection<'static, Manager>, OwnedSemaphorePermit)>,
    runtime: Handle,
    farewell: Farewell,
    operation: &'static str,
    started: Instant,
}

impl Lease {
    pub(super) fn new(
        connection: PooledConnection<'static, Manager>,
        place: OwnedSemaphorePermit,
        runtime: Handle,
        farewell: Farewell,
        operation: &'static str,
    ) -> Self {
        Self { held: Some((connection, place)), runtime, farewell, operation, started: Instant::now() }
    }

    /// Marks the connection busy: from here to [`end`](Self::end) nobody else may get it as it is.
    pub(crate) fn begin(&self) -> Result<Line<'_>> {
        let Some((connection, _)) = &self.held else {
            return Err(Error::bug(self.operation, "a connection was used after it was given back"));
        };
        connection.condition.begin();
        Ok(Line::new(&connection.postgres, &connection.condition))
    }

    /// Marks the connection fit for the next user: no transaction is open. The pool closes it all the same while an answer is
    /// in flight.
    pub(crate) fn end(&self) {
        if let Some((connection, _)) = &self.held {
            connection.condition.end();
        }
    }

    /// As [`end`](Self::end), once an answer has come that the server gives after all those before it: answers that were
    /// dropped are in as well.
    pub(crate) fn settled(&self) {
        if let Some((connection, _)) = &self.held {
            connection.condition.settle();
        }
        self.end();
    }

    /// Marks the connection dead: the pool closes it instead of lending it again.
    pub(crate) fn bury(&self) {
        if let Some((connection, _)) = &self.held {
            connection.condition.bury();
        }
    }

    /// Says what a failed statement of this lease means to the caller.
    pub(crate) fn failed(&self, error: diesel::result::Error) -> Error {
        classify(self.operation, self.started.elapsed(), error)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some((connection, place)) = self.held.take() else { return };
        // The pool may open a replacement, for which it needs a runtime; a future can be dropped outside of one.
        let _runtime = self.runtime.enter();
        if connection.condition.is_abandoned() && !connection.condition.is_dead() {
            self.runtime.spawn(self.farewell.clone().take_leave(connection, place));
        } else {
            drop(connection);
            drop(place);
        }
    }
}
