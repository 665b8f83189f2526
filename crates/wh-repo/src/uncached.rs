//! What stands in for the cache where there is none.

use wh_schema::rows::{App, User, Worker};
use wh_types::{AppId, UserId};

use crate::changes::{About, Changed};
use crate::error::Result;
use crate::inner::Inner;
use crate::page::Page;
use crate::session::{Fate, Session};

/// No cache.
#[derive(Default)]
pub(crate) struct RowCache {}

impl RowCache {
    #[expect(clippy::unused_self, reason = "the other one has to look")]
    pub(crate) const fn is_on(&self) -> bool {
        false
    }
}

/// Nothing to evict after a transaction.
#[derive(Default)]
pub(crate) struct TxChanges {}

impl TxChanges {
    #[expect(clippy::unused_self, reason = "the other one has something to evict")]
    pub(crate) fn into_doubt(self, _inner: &Inner) -> Doubt {
        Doubt::default()
    }
}

/// Nothing to evict.
#[derive(Default)]
pub(crate) struct Doubt {
    pub(crate) fate: Fate,
}

impl Doubt {
    #[expect(clippy::unused_async, reason = "the other one has to wait")]
    pub(crate) async fn settle<R>(self, outcome: Result<R>) -> Result<R> {
        outcome
    }
}

impl Session<'_> {
    /// This session, for a statement that changes what might be cached.
    pub(crate) fn changing(self, _about: About) -> Self {
        self
    }

    #[expect(clippy::unused_async, reason = "the other one has to wait")]
    pub(crate) async fn evict(self, _changed: &[Changed]) {}

    pub(crate) async fn cached_user<L>(self, _id: UserId, load: impl FnOnce() -> L) -> Result<Option<User>>
    where
        L: Future<Output = Result<Option<User>>>,
    {
        load().await
    }

    pub(crate) async fn cached_app<L>(self, _id: AppId, load: impl FnOnce() -> L) -> Result<Option<App>>
    where
        L: Future<Output = Result<Option<App>>>,
    {
        load().await
    }

    pub(crate) async fn cached_app_by_name<L>(
        self,
        _user: UserId,
        _name: &str,
        load: impl FnOnce() -> L,
    ) -> Result<Option<App>>
    where
        L: Future<Output = Result<Option<App>>>,
    {
        load().await
    }

    pub(crate) async fn cached_apps<L>(
        self,
        _user: UserId,
        _page: Page<AppId>,
        load: impl FnOnce() -> L,
    ) -> Result<Vec<App>>
    where
        L: Future<Output = Result<Vec<App>>>,
    {
        load().await
    }

    pub(crate) async fn cached_worker<L>(
        self,
        _hash: &str,
        load: impl FnOnce() -> L,
    ) -> Result<Option<Worker>>
    where
        L: Future<Output = Result<Option<Worker>>>,
    {
        load().await
    }
}
