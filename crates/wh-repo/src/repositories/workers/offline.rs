//! Workers that are gone.

use std::time::Duration;

use diesel::QueryableByName;
use diesel::sql_types::Bool;
use wh_schema::rows::Worker;
use wh_types::WorkerId;

use super::Workers;
use crate::cache::{Changed, Changes};
use crate::engine::{About, Repeat, Rows, sql};
use crate::error::{Error, Result};
use crate::page::Page;

/// A worker that is offline now.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct WentOffline {
    /// The worker.
    #[diesel(embed)]
    pub worker: Worker,
    /// True if this call marked it; false if it was offline already.
    #[diesel(sql_type = Bool)]
    pub fresh: bool,
}

impl Changes for WentOffline {
    fn changes(&self, into: &mut Vec<Changed>) {
        self.worker.changes(into);
    }
}

impl Workers<'_> {
    /// Records that a worker dropped its connection, which writes this one row: its apps keep their status and are shown as
    /// unreachable. Its jobs stay, until it is back or [`fail_stuck`](crate::Jobs::fail_stuck) ends them. Not for a control
    /// plane that shuts down. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Unavailable`]. Sent again after one that is in doubt, it answers `fresh: false` about
    /// the first call's own work.
    #[doc(alias = "MarkWorkerOffline")]
    pub async fn mark_offline(self, id: WorkerId) -> Result<WentOffline> {
        let gone = sql!("mark_offline.sql").bind(id);
        let gone: Rows<WentOffline> =
            self.executor.write("workers.mark_offline", About::Workers, Repeat::Never, gone).await?;
        gone.first().ok_or(Error::not_found("worker"))
    }

    /// Does the same for online workers that were not heard of for so long, and returns them. `limit` has the bounds of
    /// [`Page::of`]: call it until it returns fewer. Any number of processes may call it at once; each worker is returned
    /// once. One round trip.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a negative limit; [`Error::Unavailable`]. Sent again after one that is in doubt, it returns only
    /// what the first call left.
    pub async fn mark_silent_offline(self, silence: Duration, limit: i64) -> Result<Vec<Worker>> {
        let limit = Page::<WorkerId>::of(limit)?.limit();
        let gone = sql!("mark_silent_offline.sql").bind(silence.as_secs_f64().min(1e9)).bind(limit);
        let gone =
            self.executor.write("workers.mark_silent_offline", About::Workers, Repeat::Never, gone).await?;
        Ok(gone.all())
    }
}
