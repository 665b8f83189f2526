//! How long to wait before a mail is tried again.

use std::time::Duration;

use crate::Retry;

/// The pause after attempt number `attempt` (the first is 1) at an age of `age`, or none if the mail is to be given up.
/// `random` is any number; it picks the part that is taken off.
pub(crate) fn pause(retry: &Retry, attempt: u32, age: Duration, random: u32) -> Option<Duration> {
    if attempt >= retry.attempts {
        return None;
    }
    let doublings = attempt.saturating_sub(1).min(30);
    let full = retry.first_pause.saturating_mul(1_u32 << doublings).min(retry.longest_pause);
    // Between a half of the pause and the whole of it.
    let part = f64::from(random) / f64::from(u32::MAX);
    let seconds = full.as_secs_f64() * (0.5 + part / 2.0);
    let pause = Duration::try_from_secs_f64(seconds).unwrap_or(full).min(full);
    (age.saturating_add(pause) <= retry.give_up_after).then_some(pause)
}

/// A number that differs from mail to mail. Nothing secret depends on it.
pub(crate) fn random() -> u32 {
    let (_, low) = uuid::Uuid::new_v4().as_u64_pair();
    u32::try_from(low & u64::from(u32::MAX)).unwrap_or_default()
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
        let whole: Vec<_> = (1..=5).map(|attempt| pause(&RETRY, attempt, Duration::ZERO, u32::MAX)).collect();
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(whole, [seconds(4), seconds(8), seconds(16), seconds(20), None]);
        assert_eq!(pause(&RETRY, 1, Duration::ZERO, 0), seconds(2));
    }

    #[test]
    fn a_mail_that_would_be_too_old_by_then_is_given_up() {
        assert!(pause(&RETRY, 1, Duration::from_secs(96), u32::MAX).is_some());
        assert_eq!(pause(&RETRY, 1, Duration::from_secs(97), u32::MAX), None);
    }

    proptest! {
        #[test]
        fn a_pause_is_between_a_half_and_the_whole_and_never_overflows(
            attempt in 1..u32::MAX, first: u64, longest: u64, dice: u32
        ) {
            let retry = Retry {
                first_pause: Duration::from_secs(first),
                longest_pause: Duration::from_secs(longest),
                attempts: u32::MAX,
                give_up_after: Duration::MAX,
            };
            let whole = pause(&retry, attempt, Duration::ZERO, u32::MAX).unwrap();
            let some = pause(&retry, attempt, Duration::ZERO, dice).unwrap();
            prop_assert!(whole <= retry.longest_pause);
            prop_assert!(some <= whole && some.as_secs_f64() >= whole.as_secs_f64() * 0.499_999);
        }
    }
}
