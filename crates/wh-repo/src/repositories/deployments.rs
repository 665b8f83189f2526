//! Deployments: attempts to bring a commit of an app up.

mod create;
mod recent;
mod redeploy;
mod spec;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_schema::rows::Deployment;
use wh_schema::schema::deployments;
use wh_types::{AppId, DeploymentId, WorkerId};

pub use self::create::CreatedDeployment;
pub use self::redeploy::Redeployment;
pub use self::spec::{DeploymentSpec, Source};
use crate::engine::Executor;
use crate::engine::prepared;
use crate::error::{Error, Result};
use crate::page::Page;
use crate::text::without_nul;

/// The columns of a deployment in a list, where nobody reads a build log.
macro_rules! listed_columns {
    () => {
        "id, app_id, worker_id, status, branch, commit_sha, commit_message, commit_author, '' AS build_logs, \
         error_message, container_id, port, started_at, finished_at, created_at"
    };
}
use listed_columns;

const LIST: &str = concat!(
    "SELECT ",
    listed_columns!(),
    " FROM deployments WHERE app_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
);

/// Operations on deployments; made by [`Database::deployments`](crate::Database::deployments) and
/// [`Tx::deployments`](crate::Tx::deployments).
#[derive(Clone, Copy)]
pub struct Deployments<'a> {
    pub(crate) executor: Executor<'a>,
}

impl Deployments<'_> {
    /// The deployment with this id (`FindDeployment`). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "FindDeployment")]
    pub async fn find(self, id: DeploymentId) -> Result<Option<Deployment>> {
        self.executor
            .find("deployments.find", |mut conn| Deployment::query().find(id).first(&mut conn).boxed())
            .await
    }

    /// The deployments of an app, newest first (`ListDeployments`). They come without their build logs, which may have
    /// megabytes each: `build_logs` is empty here. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListDeployments")]
    pub async fn list(self, app: AppId, page: Page<DeploymentId>) -> Result<Vec<Deployment>> {
        self.executor
            .run("deployments.list", |mut conn| {
                prepared(
                    sql_query(LIST)
                        .bind::<BigInt, _>(app)
                        .bind::<BigInt, _>(page.before_or(DeploymentId::new(i64::MAX)))
                        .bind::<BigInt, _>(page.limit()),
                )
                .load(&mut conn)
                .boxed()
            })
            .await
    }

    /// The build log of an app's newest deployment, empty while there is none yet; `None` for an app that was never deployed
    /// (`LatestBuildLogs`). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "LatestBuildLogs")]
    pub async fn latest_build_logs(self, app: AppId) -> Result<Option<String>> {
        self.executor
            .find("deployments.latest_build_logs", |mut conn| {
                deployments::table
                    .filter(deployments::app_id.eq(app))
                    .order(deployments::id.desc())
                    .select(deployments::build_logs)
                    .first(&mut conn)
                    .boxed()
            })
            .await
    }

    /// Stores the build log of a deployment, without NUL characters (`SetDeploymentBuildLogs`). Only the worker that the
    /// deployment was given to may do so. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a deployment that does not exist or is another worker's.
    #[doc(alias = "SetDeploymentBuildLogs")]
    pub async fn set_build_logs(self, id: DeploymentId, worker: WorkerId, logs: &str) -> Result<()> {
        let logs = without_nul(logs);
        let changed = self
            .executor
            .run("deployments.set_build_logs", |mut conn| {
                prepared(
                    diesel::update(deployments::table.find(id).filter(deployments::worker_id.eq(worker)))
                        .set(deployments::build_logs.eq(logs.as_ref())),
                )
                .execute(&mut conn)
            })
            .await?;
        if changed == 0 { Err(Error::not_found("deployment")) } else { Ok(()) }
    }
}
