//! What has to be done now and then. Any number of processes may do so: one at a time does it.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::api::{Api, Shared};

/// How often.
const EVERY: Duration = Duration::from_mins(5);

/// Maintains the database again and again.
pub(crate) async fn run(api: Shared) {
    let mut timer = interval(EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick is now, and was seen to at the start.
    timer.tick().await;
    loop {
        timer.tick().await;
        once(&api).await;
    }
}

/// Maintains the database, and the histograms of the metrics.
pub(crate) async fn once(api: &Api) {
    match api.db().maintenance().run(&api.upkeep).await {
        Ok(report) => tracing::debug!(?report, "maintained"),
        Err(error) => tracing::warn!(%error, "maintenance failed"),
    }
    api.metrics.run_upkeep();
}
