//! How long a client waits for a server that may have frozen.

use std::time::{Duration, Instant};

use diesel::QueryResult;
use diesel::result::Error;
use tokio::time::timeout;

/// Time for the server's own time-out to arrive.
const MARGIN: Duration = Duration::from_secs(2);

/// The longest that a statement may take: the server's `statement_timeout` and a little.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound(Option<Duration>);

/// Why there is no answer.
pub(super) enum Failure {
    /// The server or the driver said so.
    Statement(Error),
    /// Nobody said anything for so long.
    NoAnswer(Duration),
}

impl Bound {
    /// None where the server has no time-out either.
    pub(super) const fn after(statement_timeout: Duration) -> Self {
        if statement_timeout.is_zero() {
            Self(None)
        } else {
            Self(Some(statement_timeout.saturating_add(MARGIN)))
        }
    }

    /// Waits for an answer as long as the bound allows.
    pub(super) async fn hold<T>(self, answer: impl Future<Output = QueryResult<T>>) -> Result<T, Failure> {
        let Self(Some(limit)) = self else { return answer.await.map_err(Failure::Statement) };
        let started = Instant::now();
        match timeout(limit, answer).await {
            Ok(answer) => answer.map_err(Failure::Statement),
            Err(_) => Err(Failure::NoAnswer(started.elapsed())),
        }
    }
}
