//! Alerts that are over.

use chrono::{DateTime, Utc};

use super::Alerts;
use crate::engine::{Affected, NotCached, Repeat, batch, sql};
use crate::error::Result;
use crate::time;

impl Alerts<'_> {
    /// Deletes alerts that were resolved before `older_than`, oldest first. Returns how many. Open alerts stay.
    ///
    /// `limit` bounds one call (0 means 1,000 rows, more than 10,000 mean 10,000): call it until it returns fewer, or let
    /// [`Maintenance::run`](crate::Maintenance::run) do so. Any number of processes may prune at once. Idempotent; the number
    /// may be lost with its answer. One round trip.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for a negative limit.
    pub async fn prune_resolved(self, older_than: DateTime<Utc>, limit: i64) -> Result<usize> {
        let limit = batch::size(limit)?;
        let prune = sql!("prune_resolved.sql").bind(time::bound(older_than)).bind(limit);
        let pruned =
            self.executor.write("alerts.prune_resolved", NotCached, Repeat::Safe, Affected(prune)).await?;
        Ok(pruned.count())
    }
}
