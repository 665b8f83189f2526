//! Waiting for what comes true sooner or later.

use std::time::{Duration, Instant};

/// How long a wait may take before something is taken to be wrong: far beyond what a busy machine needs.
const PATIENCE: Duration = Duration::from_mins(2);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until a condition holds, by polling it.
///
/// # Panics
///
/// With `what` if it does not hold after two minutes.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// As [`eventually`], for a thread that may block.
///
/// # Panics
///
/// As [`eventually`].
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::sleep(PAUSE);
    }
}
