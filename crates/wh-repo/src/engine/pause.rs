//! Pauses before an operation that lost a deadlock is sent again.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::time::sleep;

const SHORTEST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(1);

/// Each further pause is so much longer.
const FACTOR: f32 = 5.0;

/// Lets the transaction that won take what it waited for. Sent again at once, the operation could lock that first: a row
/// lock goes to whoever asks when it is free, not to whoever waited.
pub(super) async fn step_aside(next_attempt: u32) {
    let pauses = ExponentialBuilder::new()
        .with_min_delay(SHORTEST)
        .with_max_delay(LONGEST)
        .with_factor(FACTOR)
        .without_max_times()
        .with_jitter()
        .build();
    let mut pauses = pauses.skip(usize::try_from(next_attempt.saturating_sub(2)).unwrap_or_default());
    sleep(pauses.next().unwrap_or(SHORTEST)).await;
}
