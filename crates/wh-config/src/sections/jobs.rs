use std::time::Duration;

use super::section;

section! {
    /// The job queue.
    Jobs at "jobs" {
        /// How often the queue is polled if no notification arrives.
        poll_interval: Duration, default "5s";
        /// Longest time without a sign of life from a build.
        build_timeout: Duration, default "10m";
    }
}
