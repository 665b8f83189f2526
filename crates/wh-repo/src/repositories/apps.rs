//! Apps: what users deploy.

mod change;
mod end;
mod report;
mod shown;

use diesel::prelude::*;
use uuid::Uuid;
use wh_schema::rows::App;
use wh_schema::schema::apps;
use wh_types::{AppId, UserId, WorkerId};

pub use self::change::AppChanges;
pub use self::report::{ReportedApps, StrayContainer};
pub use self::shown::{AppState, ShownApp};
use crate::cache::{AppKeys, Changed};
use crate::engine::{About, Class, Executor, Repeat, Rows, sql};
use crate::error::{Error, Result};
use crate::page::Page;
use crate::text;

/// Operations on apps; made by [`Database::apps`](crate::Database::apps) and [`Tx::apps`](crate::Tx::apps).
#[derive(Clone, Copy)]
pub struct Apps<'a> {
    pub(crate) executor: Executor<'a>,
}

impl Apps<'_> {
    /// The app with this id, deleted or not, of any user. `status` is what is stored: [`show`](Self::show) also says whether its
    /// worker is there. One round trip; none if the cache has it.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "FindAppByID")]
    pub async fn find(self, id: AppId) -> Result<Option<App>> {
        let load = async || {
            self.executor.read("apps.find", Class::Key, App::query().find(id)).await.map(Rows::first)
        };
        self.executor.cached().app(id, load).await
    }

    /// The app with this id if it is this user's; another user's app is as good as none. One round trip; none if the cache
    /// has it.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find_for_user(self, id: AppId, user: UserId) -> Result<Option<App>> {
        Ok(self.find(id).await?.filter(|app| app.user_id == user))
    }

    /// The app with this public identity, deleted or not. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "FindAppByUUID")]
    pub async fn find_by_uuid(self, uuid: Uuid) -> Result<Option<App>> {
        let app = App::query().filter(apps::uuid.eq(uuid));
        self.executor.read("apps.find_by_uuid", Class::Key, app).await.map(Rows::first)
    }

    /// A user's living app of this name; another user's app is as good as none. One round trip; none if the cache has it.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "FindAppByUserIDAndName")]
    pub async fn find_by_name(self, user: UserId, name: &str) -> Result<Option<App>> {
        if !text::storable(name) {
            return Ok(None);
        }
        let load = async || {
            let app = App::query()
                .filter(apps::user_id.eq(user))
                .filter(apps::name.eq(name))
                .filter(apps::deleted_at.is_null());
            self.executor.read("apps.find_by_name", Class::Key, app).await.map(Rows::first)
        };
        self.executor.cached().app_by_name(user, name, load).await
    }

    /// A user's living apps, newest first. `status` is what is stored: [`show_all`](Self::show_all) also says whether their
    /// workers are there. One round trip; none if the cache has it, which keeps first pages of the default length.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListUserApps")]
    pub async fn list(self, user: UserId, page: Page<AppId>) -> Result<Vec<App>> {
        let load = async || {
            let living = App::query()
                .filter(apps::user_id.eq(user))
                .filter(apps::deleted_at.is_null())
                .filter(apps::id.lt(page.before_or(AppId::new(i64::MAX))))
                .order(apps::id.desc())
                .limit(page.limit());
            self.executor.read("apps.list", Class::Page, living).await.map(Rows::all)
        };
        self.executor.cached().apps(user, page, load).await
    }

    /// The living apps of a worker, newest first. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListAppsByWorker")]
    pub async fn list_by_worker(self, worker: WorkerId, page: Page<AppId>) -> Result<Vec<App>> {
        let living = sql!("apps/list_by_worker.sql")
            .bind(worker)
            .bind(page.before_or(AppId::new(i64::MAX)))
            .bind(page.limit());
        self.executor.read("apps.list_by_worker", Class::Page, living).await.map(Rows::all)
    }

    /// The apps of a worker that are routed, newest first: it is online, and they have a container and a port, and run or are
    /// deployed over while they run. A proxy that routes all of them follows the pages to the end. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListRunningAppsForWorker")]
    pub async fn list_running_for_worker(self, worker: WorkerId, page: Page<AppId>) -> Result<Vec<App>> {
        let routed = sql!("apps/list_running_for_worker.sql")
            .bind(worker)
            .bind(page.before_or(AppId::new(i64::MAX)))
            .bind(page.limit());
        self.executor.read("apps.list_running_for_worker", Class::Page, routed).await.map(Rows::all)
    }

    /// Evicts an app and its owner's list of apps from all caches, for a caller who changed it past this layer. Inside a
    /// transaction this happens after its COMMIT. Idempotent. One round trip, for the keys of the app; none without a cache.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: the app is evicted by its id alone.
    #[doc(alias = "InvalidateAppCache")]
    pub async fn invalidate(self, id: AppId) -> Result<()> {
        if !self.executor.inner().cache.is_on() {
            return Ok(());
        }
        self.executor.evict(&[Changed::AppId(id)]).await;
        let keys = AppKeys::query().find(id);
        let _evicted: Rows<AppKeys> =
            self.executor.write("apps.invalidate", About::App(id), Repeat::Safe, keys).await?;
        Ok(())
    }

    /// Records that an app is stopped. A violated app stays violated; an app that is deployed is stopped if its job fails.
    /// Idempotent. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app that does not exist or is deleted.
    #[doc(alias = "MarkAppStopped")]
    pub async fn mark_stopped(self, id: AppId) -> Result<()> {
        let stopped = sql!("apps/mark_stopped.sql").bind(id);
        let keys: Rows<AppKeys> =
            self.executor.write("apps.mark_stopped", About::App(id), Repeat::Safe, stopped).await?;
        present(keys)
    }
}

/// Refuses an app that a statement did not find.
fn present(found: Rows<AppKeys>) -> Result<()> {
    found.first().map(drop).ok_or(Error::not_found("app"))
}
