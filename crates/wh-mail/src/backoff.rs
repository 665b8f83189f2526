//! Pauses between the attempts to send a mail.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use crate::Retry;

/// The pauses of one mail: one fewer than attempts. Each is between half and all of its nominal length, which doubles.
pub(crate) fn pauses(retry: &Retry) -> ExponentialBackoff {
    // The library adds a random part of up to the length itself, so it gets half of everything.
    ExponentialBuilder::new()
        .with_min_delay(retry.first_pause.min(retry.longest_pause) / 2)
        .with_max_delay(retry.longest_pause / 2)
        .with_max_times(retry.attempts.saturating_sub(1).try_into().unwrap_or(usize::MAX))
        .with_jitter()
        .build()
}

/// The next pause, or none if the attempts are used up or the mail of this age would be too old after it.
pub(crate) fn next(pauses: &mut ExponentialBackoff, retry: &Retry, age: Duration) -> Option<Duration> {
    pauses.next().filter(|pause| age.saturating_add(*pause) <= retry.give_up_after)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RETRY: Retry = Retry {
        first_pause: Duration::from_secs(4),
        longest_pause: Duration::from_secs(20),
        attempts: 5,
        give_up_after: Duration::from_secs(100),
    };

    #[test]
    fn pauses_double_up_to_the_longest_and_end_with_the_last_attempt() {
        let pauses: Vec<_> = pauses(&RETRY).collect();
        let nominal = [4, 8, 16, 20].map(Duration::from_secs);
        assert_eq!(pauses.len(), nominal.len());
        for (pause, nominal) in pauses.iter().zip(nominal) {
            assert!((nominal / 2..=nominal).contains(pause), "{pause:?} of {nominal:?}");
        }
        assert_eq!(super::pauses(&Retry { attempts: 1, ..RETRY }).next(), None);
        assert_eq!(super::pauses(&Retry { attempts: 0, ..RETRY }).next(), None);
    }

    #[test]
    fn a_mail_that_would_be_too_old_by_then_is_given_up() {
        let next = |age| next(&mut pauses(&RETRY), &RETRY, Duration::from_secs(age));
        assert!(next(96).is_some());
        assert_eq!(next(99), None);
    }

    #[test]
    fn mails_of_one_outage_do_not_come_back_in_step() {
        let firsts: std::collections::BTreeSet<_> = (0..8).map(|_| pauses(&RETRY).next()).collect();
        assert!(firsts.len() > 1);
    }

    proptest! {
        #[test]
        fn a_pause_is_never_longer_than_the_longest(first: u64, longest: u64) {
            let retry = Retry {
                first_pause: Duration::from_secs(first),
                longest_pause: Duration::from_secs(longest),
                attempts: u32::MAX,
                give_up_after: Duration::MAX,
            };
            for pause in pauses(&retry).take(70) {
                // The random part is an f32.
                prop_assert!(pause.as_secs_f64() <= retry.longest_pause.as_secs_f64() * 1.000_001);
            }
        }
    }
}
