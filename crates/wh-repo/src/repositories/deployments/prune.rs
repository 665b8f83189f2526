//! Build logs that nobody reads any more.

use chrono::{DateTime, Utc};

use super::Deployments;
use crate::engine::{Affected, NotCached, Repeat, batch, sql};
use crate::error::Result;
use crate::time;

impl Deployments<'_> {
    /// Empties the build logs of deployments that ended before `older_than`, oldest first. Returns how many. The deployments stay.
    ///
    /// `limit` bounds one call (0 means 1,000 rows, more than 10,000 mean 10,000): call it until it returns fewer, or let
    /// [`Maintenance::run`](crate::Maintenance::run) do so. Any number of processes may prune at once. Idempotent; the number
    /// may be lost with its answer. One round trip.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for a negative limit.
    pub async fn prune_logs(self, older_than: DateTime<Utc>, limit: i64) -> Result<usize> {
        let limit = batch::size(limit)?;
        let prune = sql!("prune_logs.sql").bind(time::bound(older_than)).bind(limit);
        let pruned =
            self.executor.write("deployments.prune_logs", NotCached, Repeat::Safe, Affected(prune)).await?;
        Ok(pruned.count())
    }
}
