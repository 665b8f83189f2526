//! Hellos that were accepted, so that none is a second time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use wh_data::crypto::WorkerHello;

/// The hellos of the last minutes. Several processes need one such list between them.
pub(crate) struct Replays {
    began: i64,
    accepted: Mutex<HashMap<[u8; 16], i64>>,
}

impl Replays {
    /// An empty list of a process that began at this time, in seconds since 1970. It has not seen the hellos from before, and accepts
    /// none of them.
    pub(crate) fn since(began: i64) -> Self {
        Self { began, accepted: Mutex::default() }
    }

    /// Accepts a verified hello at the time `now`, once.
    pub(crate) fn accept(&self, hello: &WorkerHello, now: i64) -> bool {
        let mut accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        // Signed as far ahead as clocks may differ, it is good for twice as long.
        accepted.retain(|_, signed_at| now - *signed_at <= 2 * WorkerHello::VALID_FOR);
        hello.signed_at >= self.began && accepted.insert(hello.nonce, hello.signed_at).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGAN: i64 = 1_764_064_800;

    #[test]
    fn a_hello_is_accepted_once_and_none_from_before_the_start() {
        let replays = Replays::since(BEGAN);
        let hello = |signed_at| WorkerHello::new("anvil", signed_at).unwrap();
        let (first, second) = (hello(BEGAN), hello(BEGAN));
        assert!(replays.accept(&first, BEGAN) && replays.accept(&second, BEGAN));
        assert!(!replays.accept(&first, BEGAN));
        assert!(!replays.accept(&first, BEGAN + WorkerHello::VALID_FOR));
        assert!(!replays.accept(&hello(BEGAN - 1), BEGAN));
        let later = BEGAN + 1000;
        assert!(replays.accept(&hello(later), later));
        assert_eq!(replays.accepted.lock().unwrap().len(), 1, "old ones are forgotten");
    }
}
