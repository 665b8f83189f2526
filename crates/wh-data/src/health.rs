//! Whether what the data layer stands on is there.

use std::time::{Duration, Instant};

use crate::DataLayer;

/// What a look at the data layer's servers found, for a readiness probe.
#[derive(Debug)]
#[non_exhaustive]
pub struct Health {
    /// How long Postgres took to answer, a connection from the pool included; or why it did not.
    pub postgres: Result<Duration, wh_repo::Error>,
    /// What the cache knows of its Redis; `None` where the cache is in the process alone, or there is none.
    #[cfg(feature = "redis")]
    pub redis: Option<wh_cache::RedisState>,
    /// Whether mail is sent.
    #[cfg(feature = "mail")]
    pub mail: bool,
}

impl Health {
    /// True where requests can be served: Postgres answers. Without Redis or mail the layer goes on.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.postgres.is_ok()
    }
}

impl DataLayer {
    /// How long Postgres takes to answer, a connection from the pool included. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`](wh_repo::Error::Unavailable).
    pub async fn ping(&self) -> Result<Duration, wh_repo::Error> {
        let begin = Instant::now();
        self.db.apps().now().await?;
        Ok(begin.elapsed())
    }

    /// A look at all parts. One round trip to Postgres; what is known of Redis is told without asking it.
    pub async fn health(&self) -> Health {
        Health {
            postgres: self.ping().await,
            #[cfg(feature = "redis")]
            redis: self.db.cache().and_then(wh_cache::Cache::redis_state),
            #[cfg(feature = "mail")]
            mail: self.mailer.enabled(),
        }
    }
}
