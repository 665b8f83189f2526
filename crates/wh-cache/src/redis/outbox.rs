//! Evictions that Redis has not confirmed.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::eviction::Eviction;

/// More than this many, and the next one is that everything has to go.
const MOST: usize = 10_000;

/// Evictions on their way, and those that wait for the server to come back. Nothing that they cover is read from Redis.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// How many there are, so that readers need no lock where there are none.
    length: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How many senders each eviction waits for.
    waiting: HashMap<Eviction, usize>,
    /// How often everything was put in the place of many. What was taken before that has nothing to confirm any more.
    overflows: u64,
}

/// Evictions that somebody is about to send.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    counted: Vec<(Eviction, usize)>,
    overflows: u64,
}

impl Batch {
    pub(super) fn evictions(&self) -> impl Iterator<Item = &Eviction> {
        self.counted.iter().map(|(eviction, _)| eviction)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.counted.is_empty()
    }
}

impl Outbox {
    /// Adds evictions, to be confirmed once they were sent.
    pub(super) fn add(&self, evictions: &[Eviction]) -> Batch {
        let mut state = self.lock();
        if state.waiting.len() + evictions.len() > MOST {
            state.waiting.clear();
            state.overflows += 1;
            state.waiting.insert(Eviction::Everything, 1);
            self.length.store(1, Ordering::Release);
            return Batch { counted: vec![(Eviction::Everything, 1)], overflows: state.overflows };
        }
        for eviction in evictions {
            *state.waiting.entry(eviction.clone()).or_default() += 1;
        }
        self.length.store(state.waiting.len(), Ordering::Release);
        let counted = evictions.iter().map(|eviction| (eviction.clone(), 1)).collect();
        Batch { counted, overflows: state.overflows }
    }

    /// Everything that waits.
    pub(super) fn all(&self) -> Batch {
        let state = self.lock();
        let counted = state.waiting.iter().map(|(eviction, count)| (eviction.clone(), *count)).collect();
        Batch { counted, overflows: state.overflows }
    }

    /// The server has carried these out.
    pub(super) fn confirm(&self, batch: &Batch) {
        let mut state = self.lock();
        if state.overflows != batch.overflows {
            return;
        }
        for (eviction, count) in &batch.counted {
            if let Some(waiting) = state.waiting.get_mut(eviction) {
                *waiting = waiting.saturating_sub(*count);
                if *waiting == 0 {
                    state.waiting.remove(eviction);
                }
            }
        }
        self.length.store(state.waiting.len(), Ordering::Release);
    }

    /// Whether Redis may hold something stale under this key.
    pub(super) fn covers(&self, key: &str) -> bool {
        if self.length.load(Ordering::Acquire) == 0 {
            return false;
        }
        let state = self.lock();
        state.waiting.contains_key(&Eviction::Key(key.to_owned()))
            || state
                .waiting
                .keys()
                .any(|eviction| !matches!(eviction, Eviction::Key(_)) && eviction.covers(key))
    }

    /// Every change is whole before anything can panic.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Eviction {
        Eviction::Key(text.to_owned())
    }

    #[test]
    fn an_eviction_waits_until_each_of_its_senders_has_confirmed_it() {
        let outbox = Outbox::default();
        let (first, second) = (outbox.add(&[key("a")]), outbox.add(&[key("a"), key("b")]));
        outbox.confirm(&first);
        assert!(outbox.covers("a") && outbox.covers("b") && !outbox.covers("c"));
        outbox.confirm(&second);
        assert!(!outbox.covers("a") && !outbox.covers("b"));
    }

    #[test]
    fn a_replay_confirms_for_all_senders() {
        let outbox = Outbox::default();
        outbox.add(&[key("a")]);
        outbox.add(&[key("a"), Eviction::Prefix("b".to_owned())]);
        assert!(outbox.covers("bc"));
        outbox.confirm(&outbox.all());
        assert!(outbox.all().is_empty() && !outbox.covers("a"));
    }

    #[test]
    fn too_many_evictions_become_everything_and_nothing_older_confirms_that() {
        let outbox = Outbox::default();
        let first = outbox.add(&[key("a")]);
        let many: Vec<Eviction> = (0..MOST).map(|number| key(&number.to_string())).collect();
        let everything = outbox.add(&many);
        assert!(everything.evictions().eq([&Eviction::Everything]));
        outbox.confirm(&first);
        assert!(outbox.covers("whatever"));
        outbox.confirm(&everything);
        assert!(!outbox.covers("whatever"));
    }
}
