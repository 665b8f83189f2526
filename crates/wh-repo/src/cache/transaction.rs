//! What a transaction changes, to be evicted after its COMMIT.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Doubt;
use crate::cache::{About, Changed, Changes};
use crate::database::Inner;

/// What an open transaction has changed so far.
#[derive(Default)]
pub(crate) struct TxChanges(Mutex<Collected>);

#[derive(Default)]
struct Collected {
    changed: Vec<Changed>,
    /// Statements whose answer is not there. One that the caller did not wait for is carried out and committed like any other.
    unanswered: Vec<Option<About>>,
}

/// A statement that was sent.
pub(super) struct Sent(usize);

impl TxChanges {
    pub(super) fn add(&self, changed: &[Changed]) {
        self.collected().changed.extend_from_slice(changed);
    }

    pub(super) fn sent(&self, about: About) -> Sent {
        let unanswered = &mut self.collected().unanswered;
        unanswered.push(Some(about));
        Sent(unanswered.len().saturating_sub(1))
    }

    pub(super) fn answered(&self, sent: &Sent, answer: &impl Changes) {
        let mut collected = self.collected();
        answer.changes(&mut collected.changed);
        if let Some(about) = collected.unanswered.get_mut(sent.0) {
            *about = None;
        }
    }

    /// What is in doubt while COMMIT is under way.
    pub(crate) fn into_doubt(self, inner: &Inner) -> Doubt<'_> {
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
