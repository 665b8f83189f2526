//! How long a client waits for a server that may have frozen.

use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::result::Error;
use tokio::time::timeout;

/// Time for the server's own time-out to arrive.
const MARGIN: Duration = Duration::from_secs(2);

/// The longest that a statement may take: the server's `statement_timeout` and a little.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound(Duration);

/// Why there is no answer.
pub(super) enum Failure {
    /// The server or the driver said so.
    Statement(Error),
    /// Nobody said anything for so long.
    NoAnswer(Duration),
}

impl Bound {
    pub(super) const fn after(statement_timeout: Duration) -> Self {
        Self(statement_timeout.saturating_add(MARGIN))
    }

    /// Waits for an answer as long as the bound allows.
    pub(super) async fn hold<T>(self, answer: impl Future<Output = QueryResult<T>>) -> Result<T, Failure> {
        let started = Instant::now();
        match timeout(self.0, answer).await {
            Ok(answer) => answer.map_err(Failure::Statement),
            Err(_) => Err(Failure::NoAnswer(started.elapsed())),
        }
    }
}
