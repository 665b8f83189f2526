use std::time::Duration;

use super::section;

section! {
    /// The job queue.
    Jobs at "jobs" {
        /// How often the queue is looked at where nothing wakes its reader.
        poll_interval: Duration, default "5s";
        /// How long a build may take.
        build_timeout: Duration, default "10m";
    }
}
