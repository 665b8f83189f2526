//! How long to wait before the next attempt to connect.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

/// Waits that double from one failure to the next. The first attempt after a long good time waits for nothing.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// A connection lived for so long. One that broke at once counts as another failure.
    pub(super) fn lived(&mut self, time: Duration) {
        if time >= LONGEST {
            self.failures = 0;
        }
    }

    /// The wait before the next attempt: between half and all of what is due, so that many processes that lost the same
    /// server do not come back in step.
    pub(super) fn next(&mut self) -> Duration {
        let doublings = self.failures.checked_sub(1);
        self.failures = self.failures.saturating_add(1);
        let due = doublings.map_or(Duration::ZERO, |doublings| {
            SHORTEST.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST)
        });
        due.mul_f64(0.5 + random() / 2.0)
    }
}

/// Between 0 and 1. Every `RandomState` has other keys.
fn random() -> f64 {
    let bits = RandomState::new().hash_one(()) >> 32;
    u32::try_from(bits).map_or(0.0, |bits| f64::from(bits) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_start_at_nothing() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.next(), Duration::ZERO);
        let mut due = SHORTEST;
        for _ in 0..100 {
            let wait = backoff.next();
            assert!(wait >= due / 2 && wait <= due, "{wait:?} of {due:?}");
            due = (due * 2).min(LONGEST);
        }
        assert_eq!(due, LONGEST);
    }

    #[test]
    fn only_a_connection_that_lived_makes_the_next_attempt_immediate() {
        let mut backoff = Backoff::default();
        backoff.next();
        backoff.lived(Duration::from_millis(200));
        assert_ne!(backoff.next(), Duration::ZERO);
        backoff.lived(LONGEST);
        assert_eq!(backoff.next(), Duration::ZERO);
    }

    #[test]
    fn two_processes_do_not_come_back_in_step() {
        let waits: std::collections::BTreeSet<_> = (0..8)
            .map(|_| {
                let mut backoff = Backoff { failures: 9 };
                backoff.next()
            })
            .collect();
        assert!(waits.len() > 1);
    }
}
