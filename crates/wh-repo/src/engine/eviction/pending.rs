//! What a transaction changes, to be evicted after its COMMIT.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Doubt;
use crate::cache::Changed;
use crate::engine::Inner;
use crate::engine::scope::About;

/// What an open transaction has changed so far.
#[derive(Default)]
pub(in crate::engine) struct Pending(Mutex<Collected>);

#[derive(Default)]
struct Collected {
    changed: Vec<Changed>,
    /// Statements whose answer is not there. One that the caller did not wait for is carried out and committed like any other.
    unanswered: Vec<Option<About>>,
}

/// A statement that was sent.
pub(in crate::engine) struct Sent(usize);

impl Pending {
    pub(in crate::engine) fn add(&self, changed: &[Changed]) {
        self.collected().changed.extend_from_slice(changed);
    }

    pub(in crate::engine) fn sent(&self, about: Option<About>) -> Sent {
        let unanswered = &mut self.collected().unanswered;
        unanswered.push(about);
        Sent(unanswered.len().saturating_sub(1))
    }

    pub(in crate::engine) fn answered(&self, sent: &Sent, changes: impl FnOnce(&mut Vec<Changed>)) {
        let mut collected = self.collected();
        changes(&mut collected.changed);
        if let Some(about) = collected.unanswered.get_mut(sent.0) {
            *about = None;
        }
    }

    /// What is in doubt while COMMIT is under way.
    pub(in crate::engine) fn into_doubt(self, inner: &Inner) -> Doubt<'_> {
        let Collected { changed, unanswered } = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let about: Vec<_> = unanswered.into_iter().flatten().collect();
        let answers_are_missing = !about.is_empty();
        let doubt = Doubt::new(inner, about, changed);
        if answers_are_missing {
            doubt.fate.lost();
        }
        doubt
    }

    fn collected(&self) -> MutexGuard<'_, Collected> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
