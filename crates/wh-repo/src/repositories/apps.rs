//! Apps: what users deploy.

mod change;
mod end;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use uuid::Uuid;
use wh_schema::rows::App;
use wh_schema::schema::apps;
use wh_types::{AppId, AppStatus, UserId, WorkerId};

pub use self::change::AppChanges;
use crate::cache::{AppKeys, Changed};
use crate::engine::About;
use crate::engine::Executor;
use crate::engine::prepared;
use crate::error::{Error, Result};
use crate::page::Page;
use crate::text;
use crate::time::now;

/// Spelt out, as the partial index over running apps has it.
const RUNNING: &str = "apps.status = 'running'";

/// A page of the apps of one worker, newest first: what comes before (worker, id) in the order of both.
///
/// With `worker_id = …` the order is that of the ids alone. A platform has few workers, so that the planner would walk
/// everybody's apps by id, and expect to come across enough of this one's soon: an idle worker costs a walk to the end.
macro_rules! page_of_worker {
    ($query:expr, $worker:expr, $page:expr) => {
        $query
            .filter(
                sql::<Bool>("(apps.worker_id, apps.id) < (")
                    .bind::<BigInt, _>($worker)
                    .sql(", ")
                    .bind::<BigInt, _>($page.before_or(AppId::new(i64::MAX)))
                    .sql(")"),
            )
            .filter(apps::worker_id.ge($worker))
            .order((apps::worker_id.desc(), apps::id.desc()))
            .limit($page.limit())
    };
}

/// Operations on apps; made by [`Database::apps`](crate::Database::apps) and [`Tx::apps`](crate::Tx::apps).
#[derive(Clone, Copy)]
pub struct Apps<'a> {
    pub(crate) executor: Executor<'a>,
}

impl Apps<'_> {
    /// The app with this id, deleted or not, of whatever user (`FindAppByID`). One round trip; none where the
    /// cache has it.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "FindAppByID")]
    pub async fn find(self, id: AppId) -> Result<Option<App>> {
        let load = async || {
            self.executor.find("apps.find", |mut conn| App::query().find(id).first(&mut conn).boxed()).await
        };
        self.executor.cached().app(id, load).await
    }

    /// The app with this public identity, deleted or not (`FindAppByUUID`). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "FindAppByUUID")]
    pub async fn find_by_uuid(self, uuid: Uuid) -> Result<Option<App>> {
        self.executor
            .find("apps.find_by_uuid", |mut conn| {
                App::query().filter(apps::uuid.eq(uuid)).first(&mut conn).boxed()
            })
            .await
    }

    /// A user's living app of this name (`FindAppByUserIDAndName`); another user's app is as good as none. One round
    /// trip; none where the cache has it.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "FindAppByUserIDAndName")]
    pub async fn find_by_name(self, user: UserId, name: &str) -> Result<Option<App>> {
        if !text::storable(name) {
            return Ok(None);
        }
        let load = async || {
            self.executor
                .find("apps.find_by_name", |mut conn| {
                    App::query()
                        .filter(apps::user_id.eq(user))
                        .filter(apps::name.eq(name))
                        .filter(apps::deleted_at.is_null())
                        .first(&mut conn)
                        .boxed()
                })
                .await
        };
        self.executor.cached().app_by_name(user, name, load).await
    }

    /// A user's living apps, newest first (`ListUserApps`). One round trip; none where the cache has it, which keeps
    /// first pages of the usual length.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListUserApps")]
    pub async fn list(self, user: UserId, page: Page<AppId>) -> Result<Vec<App>> {
        let load = async || {
            self.executor
                .run("apps.list", |mut conn| {
                    App::query()
                        .filter(apps::user_id.eq(user))
                        .filter(apps::deleted_at.is_null())
                        .filter(apps::id.lt(page.before_or(AppId::new(i64::MAX))))
                        .order(apps::id.desc())
                        .limit(page.limit())
                        .load(&mut conn)
                        .boxed()
                })
                .await
        };
        self.executor.cached().apps(user, page, load).await
    }

    /// The living apps that are scheduled on a worker, newest first (`ListAppsByWorker`). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListAppsByWorker")]
    pub async fn list_by_worker(self, worker: WorkerId, page: Page<AppId>) -> Result<Vec<App>> {
        self.executor
            .run("apps.list_by_worker", |mut conn| {
                prepared(page_of_worker!(App::query().filter(apps::deleted_at.is_null()), worker, page))
                    .load(&mut conn)
                    .boxed()
            })
            .await
    }

    /// The running apps of a worker that can be reached, since they have a port, newest first
    /// (`ListRunningAppsForWorker`). A proxy that routes all of them follows the pages to the end. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListRunningAppsForWorker")]
    pub async fn list_running_for_worker(self, worker: WorkerId, page: Page<AppId>) -> Result<Vec<App>> {
        self.executor
            .run("apps.list_running_for_worker", |mut conn| {
                let reachable = App::query().filter(sql::<Bool>(RUNNING)).filter(apps::port.gt(0));
                prepared(page_of_worker!(reachable, worker, page)).load(&mut conn).boxed()
            })
            .await
    }

    /// Takes an app, and the list of its owner's apps, out of all caches (`InvalidateAppCache`): for whoever has changed it past
    /// this layer. Inside a transaction this happens after its COMMIT. One round trip, for what the app is cached by;
    /// none without a cache.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: the app is gone from the caches by its id alone.
    #[doc(alias = "InvalidateAppCache")]
    pub async fn invalidate(self, id: AppId) -> Result<()> {
        if !self.executor.inner().cache.is_on() {
            return Ok(());
        }
        self.executor.evict(&[Changed::AppId(id)]).await;
        self.executor
            .changing(About::App(id))
            .find("apps.invalidate", |mut conn| AppKeys::query().find(id).first(&mut conn).boxed())
            .await
            .map(drop)
    }

    /// Records that an app is stopped (`MarkAppStopped`). An app that was stopped for a violation stays marked so. Safe
    /// to send again. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app that does not exist or is deleted.
    #[doc(alias = "MarkAppStopped")]
    pub async fn mark_stopped(self, id: AppId) -> Result<()> {
        self.executor
            .changing(About::App(id))
            .find("apps.mark_stopped", |mut conn| {
                let status = diesel::dsl::case_when(apps::status.eq(AppStatus::Violated), apps::status)
                    .otherwise(AppStatus::Stopped.into_sql::<diesel::sql_types::Text>());
                prepared(
                    diesel::update(apps::table.find(id).filter(apps::deleted_at.is_null()))
                        .set((apps::status.eq(status), apps::updated_at.eq(now())))
                        .returning(AppKeys::as_returning()),
                )
                .get_result(&mut conn)
                .boxed()
            })
            .await?
            .map(drop)
            .ok_or(Error::not_found("app"))
    }
}
