//! What a write changes, as far as it may be cached.

use wh_types::{AppId, JobId, UserId, WorkerId};

use crate::cache::{Changed, Changes};

/// The rows that a write is about, known before it is sent: the answer, which would tell them exactly, may be lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum About {
    User(UserId),
    /// The user with this Google identity.
    GoogleUser(String),
    App(AppId),
    AppOfJob(JobId),
    /// All apps of a worker.
    AppsOf(WorkerId),
    Workers,
    Apps,
}

/// The write changes nothing that is ever cached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NotCached;

/// What a write says of the caches: [`About`] with rows that tell what changed, or [`NotCached`].
pub(crate) trait Scope<R> {
    /// What to look at where the answer is lost.
    fn about(&self) -> Option<About>;

    /// What the answer says was changed.
    fn changed(rows: &[R], into: &mut Vec<Changed>);
}

impl<R> Scope<R> for NotCached {
    fn about(&self) -> Option<About> {
        None
    }

    fn changed(_rows: &[R], _into: &mut Vec<Changed>) {}
}

impl<R: Changes> Scope<R> for About {
    fn about(&self) -> Option<About> {
        Some(self.clone())
    }

    fn changed(rows: &[R], into: &mut Vec<Changed>) {
        for row in rows {
            row.changes(into);
        }
    }
}
