//! Jobs that their worker never brought to an end.

use std::time::Duration;

use wh_schema::rows::Job;
use wh_types::JobId;

use super::Jobs;
use super::step::Moved;
use crate::engine::{About, Repeat, sql};
use crate::error::Result;
use crate::page::Page;

/// What a worker is given beyond the build time-out, to report the end of a build.
const GRACE: Duration = Duration::from_mins(5);

impl Jobs<'_> {
    /// Fails jobs that nobody will bring to an end, with their deployments, and returns them; their apps are again what they
    /// were before. A job at work is stuck after `build_timeout` and 5 minutes without a claim or a report of progress, and an
    /// assigned one once its worker has been offline, or gone, for so long. `limit` has the bounds of [`Page::of`]: call it until it
    /// returns fewer. Any number of processes may sweep at once: each job is failed, and returned, once. One round trip.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for a negative limit; [`Error::Unavailable`](crate::Error::Unavailable).
    /// Sent again after one that is in doubt, it returns only what the first call left.
    pub async fn fail_stuck(self, build_timeout: Duration, limit: i64) -> Result<Vec<Job>> {
        let silence = build_timeout.saturating_add(GRACE);
        let limit = Page::<JobId>::of(limit)?.limit();
        let minutes = silence.as_secs() / 60;
        let sweep = sql!("fail_stuck.sql")
            .bind(silence.as_secs_f64().min(1e9))
            .bind(limit)
            .bind(format!("The worker gave no sign of life for {minutes} minutes."))
            .bind(format!("The worker was offline for {minutes} minutes before it took the job up."));
        let moved = self.executor.write("jobs.fail_stuck", About::Apps, Repeat::Never, sweep).await?;
        Ok(moved.all().into_iter().map(|moved: Moved| moved.job).collect())
    }
}
