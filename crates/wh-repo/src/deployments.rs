//! Deployments: attempts to bring a commit of an app up.

mod create;
mod recent;
mod redeploy;
mod spec;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_schema::rows::Deployment;
use wh_schema::schema::deployments;
use wh_types::{AppId, DeploymentId, WorkerId};

pub use self::create::CreatedDeployment;
pub use self::redeploy::Redeployment;
pub use self::spec::{DeploymentSpec, Source};
use crate::error::{Error, Result};
use crate::page::Page;
use crate::prepared::prepared;
use crate::session::Session;
use crate::text::without_nul;

/// Operations on deployments; made by [`Database::deployments`](crate::Database::deployments) and
/// [`Tx::deployments`](crate::Tx::deployments).
#[derive(Clone, Copy)]
pub struct Deployments<'a> {
    pub(crate) session: Session<'a>,
}

impl Deployments<'_> {
    /// The deployment with this id (`FindDeployment`). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find(self, id: DeploymentId) -> Result<Option<Deployment>> {
        self.session
            .find("deployments.find", |mut conn| Deployment::query().find(id).first(&mut conn).boxed())
            .await
    }

    /// The deployments of an app, newest first (`ListDeployments`). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list(self, app: AppId, page: Page<DeploymentId>) -> Result<Vec<Deployment>> {
        self.session
            .run("deployments.list", |mut conn| {
                Deployment::query()
                    .filter(deployments::app_id.eq(app))
                    .filter(deployments::id.lt(page.before_or(DeploymentId::new(i64::MAX))))
                    .order(deployments::id.desc())
                    .limit(page.limit())
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
    pub async fn latest_build_logs(self, app: AppId) -> Result<Option<String>> {
        self.session
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
    pub async fn set_build_logs(self, id: DeploymentId, worker: WorkerId, logs: &str) -> Result<()> {
        let logs = without_nul(logs);
        let changed = self
            .session
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
