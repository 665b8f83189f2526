//! Pauses before the attempts to connect.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

/// Pauses that double from one failure to the next. The first attempt after a connection that lived long has none.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    pauses: Option<ExponentialBackoff>,
}

impl Backoff {
    /// A connection lived for so long. One that broke at once counts as another failure.
    pub(super) fn lived(&mut self, time: Duration) {
        if time >= LONGEST {
            self.pauses = None;
        }
    }

    /// The pause before the next attempt: between half and all of its nominal length, so that processes that lost the same
    /// server do not come back in step.
    pub(super) fn next(&mut self) -> Duration {
        if let Some(pauses) = &mut self.pauses {
            return pauses.next().unwrap_or(LONGEST);
        }
        self.pauses = Some(pauses());
        Duration::ZERO
    }
}

fn pauses() -> ExponentialBackoff {
    // The library adds a random part of up to the length itself, so it gets half of everything.
    ExponentialBuilder::new()
        .with_min_delay(SHORTEST / 2)
        .with_max_delay(LONGEST / 2)
        .without_max_times()
        .with_jitter()
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_start_at_nothing() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.next(), Duration::ZERO);
        let mut nominal = SHORTEST;
        for _ in 0..100 {
            let pause = backoff.next();
            assert!((nominal / 2..=nominal).contains(&pause), "{pause:?} of {nominal:?}");
            nominal = (nominal * 2).min(LONGEST);
        }
        assert_eq!(nominal, LONGEST);
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
        let firsts: std::collections::BTreeSet<_> = (0..8).map(|_| pauses().next()).collect();
        assert!(firsts.len() > 1);
    }
}
