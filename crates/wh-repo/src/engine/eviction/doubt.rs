//! Writes of which nobody knows whether they happened.

use std::sync::Weak;
use std::time::Duration;

use diesel::prelude::*;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use wh_schema::schema::{apps, jobs, users};
use wh_types::UserId;

use crate::cache::{AppKeys, Changed};
use crate::engine::Inner;
use crate::engine::executor::{Class, Executor};
use crate::engine::fate::Fate;
use crate::engine::scope::About;
use crate::error::Result;

const OPERATION: &str = "cache.settle";

/// Longest that a caller waits until what its lost write was about is evicted.
const PATIENCE: Duration = Duration::from_millis(500);

/// Longest that finding the rows may hold up a connection of the pool.
const LOOKING: Duration = Duration::from_secs(1);

/// By then a request to cancel has arrived, and so has a COMMIT that was on its way.
const SOON: Duration = Duration::from_secs(1);

/// A write under way. Should its answer be lost, or nobody wait for it any more, it may be carried out all the same; a task
/// then evicts what it is about: at once, soon after, and when the server cannot be at it any more.
pub(in crate::engine) struct Doubt<'a> {
    inner: &'a Inner,
    pub(in crate::engine) fate: Fate,
    about: Vec<About>,
    changed: Vec<Changed>,
}

impl<'a> Doubt<'a> {
    /// What is known of a write beforehand: what it is about, and what it will have changed.
    pub(in crate::engine) fn new(inner: &'a Inner, about: Vec<About>, changed: Vec<Changed>) -> Self {
        Self { inner, fate: Fate::default(), about, changed }
    }

    /// Evicts what a write has changed by its outcome: nothing where it was refused for certain.
    pub(in crate::engine) async fn settle<R>(
        mut self,
        outcome: Result<R>,
        told_by: impl FnOnce(&R, &mut Vec<Changed>),
    ) -> Result<R> {
        if !self.inner.cache.is_on() {
            self.forget();
            return outcome;
        }
        match &outcome {
            Ok(answer) => told_by(answer, &mut self.changed),
            Err(_) if self.fate.is_lost() => {}
            Err(_) => self.forget(),
        }
        if self.fate.is_lost() {
            let _ = timeout(PATIENCE, self.resolve()).await;
        } else {
            let changed = std::mem::take(&mut self.changed);
            self.forget();
            self.inner.cache.evict(&self.inner.keys, &changed).await;
        }
        outcome
    }

    fn forget(&mut self) {
        self.about.clear();
        self.changed.clear();
    }

    /// Leaves the rest to a task, and tells when that has evicted for the first time.
    fn resolve(&mut self) -> oneshot::Receiver<()> {
        let (first, evicted) = oneshot::channel();
        let (about, changed) = (std::mem::take(&mut self.about), std::mem::take(&mut self.changed));
        let late = self.inner.pool.statement_timeout() + SOON;
        let task = resolve(self.inner.me.clone(), about, changed, [Duration::ZERO, SOON, late], first);
        self.inner.pool.runtime().spawn(task);
        evicted
    }
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        let certain = self.about.is_empty() && self.changed.is_empty();
        if self.fate.is_sent() && !certain && self.inner.cache.is_on() {
            drop(self.resolve());
        }
    }
}

async fn resolve(
    inner: Weak<Inner>,
    about: Vec<About>,
    changed: Vec<Changed>,
    waits: [Duration; 3],
    first: oneshot::Sender<()>,
) {
    let mut first = Some(first);
    for (round, wait) in waits.iter().enumerate() {
        if !wait.is_zero() {
            sleep(*wait).await;
        }
        let Some(inner) = inner.upgrade() else { return };
        let mut all = changed.clone();
        for about in &about {
            match timeout(LOOKING, rows(&inner, about)).await {
                Ok(Ok(rows)) => all.extend(rows),
                _ if round + 1 == waits.len() => {
                    tracing::warn!("what a lost write was about is unknown: all like it leaves the cache");
                    all.extend(all_like(about));
                }
                _ => {}
            }
        }
        inner.cache.evict(&inner.keys, &all).await;
        first.take().map(|first| first.send(()));
    }
}

/// The rows that something is about.
async fn rows(inner: &Inner, about: &About) -> Result<Vec<Changed>> {
    let executor = Executor::Pool(inner);
    let apps = match about {
        About::App(id) => executor.read(OPERATION, Class::Key, AppKeys::query().find(*id)).await?,
        About::AppOfJob(id) => {
            let app = jobs::table.find(*id).select(jobs::app_id);
            executor.read(OPERATION, Class::Key, AppKeys::query().filter(apps::id.eq_any(app))).await?
        }
        About::AppsOf(worker) => {
            let living =
                AppKeys::query().filter(apps::worker_id.eq(*worker)).filter(apps::deleted_at.is_null());
            executor.read(OPERATION, Class::Long, living).await?
        }
        About::GoogleUser(google_id) => {
            let user = users::table.filter(users::google_id.eq(google_id)).select(users::id);
            let ids = executor.read::<UserId>(OPERATION, Class::Key, user).await?;
            return Ok(ids.all().into_iter().map(Changed::User).collect());
        }
        About::User(_) | About::Workers | About::Apps => return Ok(all_like(about)),
    };
    Ok(apps.all().into_iter().map(Changed::App).collect())
}

/// Everything that something may be about, without a look at the database.
fn all_like(about: &About) -> Vec<Changed> {
    match about {
        About::User(id) => vec![Changed::User(*id)],
        About::GoogleUser(_) => vec![Changed::EveryUser],
        About::App(_) | About::AppOfJob(_) | About::AppsOf(_) | About::Apps => vec![Changed::EveryApp],
        About::Workers => vec![Changed::EveryWorker],
    }
}
