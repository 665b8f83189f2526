//! Deployments: attempts to bring a commit of an app up.

mod create;
mod prune;
mod recent;
mod redeploy;
mod spec;

use diesel::dsl::exists;
use diesel::prelude::*;
use wh_schema::rows::Deployment;
use wh_schema::schema::{apps, deployments};
use wh_types::{AppId, DeploymentId, UserId, WorkerId};

pub use self::create::CreatedDeployment;
pub use self::spec::{DeploymentSpec, Source};
use crate::engine::{Affected, Class, Executor, NotCached, Repeat, Rows, sql};
use crate::error::{Error, Result};
use crate::page::Page;
use crate::text::without_nul;

/// Operations on deployments; made by [`Database::deployments`](crate::Database::deployments) and
/// [`Tx::deployments`](crate::Tx::deployments).
#[derive(Clone, Copy)]
pub struct Deployments<'a> {
    pub(crate) executor: Executor<'a>,
}

impl Deployments<'_> {
    /// The deployment with this id. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "FindDeployment")]
    pub async fn find(self, id: DeploymentId) -> Result<Option<Deployment>> {
        self.executor
            .read("deployments.find", Class::Key, Deployment::query().find(id))
            .await
            .map(Rows::first)
    }

    /// The deployment with this id, if its app is this user's. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find_for_user(self, id: DeploymentId, user: UserId) -> Result<Option<Deployment>> {
        let of_user = apps::table.filter(apps::id.eq(deployments::app_id)).filter(apps::user_id.eq(user));
        let own = Deployment::query().find(id).filter(exists(of_user));
        self.executor.read("deployments.find_for_user", Class::Key, own).await.map(Rows::first)
    }

    /// The deployments of an app, newest first. They come without their build logs, which may have megabytes each:
    /// `build_logs` is empty here. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListDeployments")]
    pub async fn list(self, app: AppId, page: Page<DeploymentId>) -> Result<Vec<Deployment>> {
        let listed = sql!("deployments/list.sql")
            .bind(app)
            .bind(page.before_or(DeploymentId::new(i64::MAX)))
            .bind(page.limit());
        self.executor.read("deployments.list", Class::Page, listed).await.map(Rows::all)
    }

    /// The build log of an app's newest deployment, empty while there is none yet; `None` for an app that was never deployed.
    /// One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "LatestBuildLogs")]
    pub async fn latest_build_logs(self, app: AppId) -> Result<Option<String>> {
        let newest = deployments::table
            .filter(deployments::app_id.eq(app))
            .order(deployments::id.desc())
            .select(deployments::build_logs)
            .limit(1);
        self.executor.read("deployments.latest_build_logs", Class::Key, newest).await.map(Rows::first)
    }

    /// Stores the build log of a deployment, without NUL characters. Only the worker that the deployment was given to may do
    /// so. Idempotent. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a deployment that does not exist or is another worker's.
    #[doc(alias = "SetDeploymentBuildLogs")]
    pub async fn set_build_logs(self, id: DeploymentId, worker: WorkerId, logs: &str) -> Result<()> {
        let own = deployments::table.find(id).filter(deployments::worker_id.eq(worker));
        let set = diesel::update(own).set(deployments::build_logs.eq(without_nul(logs)));
        let changed =
            self.executor.write("deployments.set_build_logs", NotCached, Repeat::Safe, Affected(set)).await?;
        if changed.count() == 0 { Err(Error::not_found("deployment")) } else { Ok(()) }
    }
}
