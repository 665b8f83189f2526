//! The newest deployments of a user.

use wh_schema::rows::Deployment;
use wh_types::{DeploymentId, UserId};

use super::Deployments;
use crate::engine::{Class, Rows, sql};
use crate::error::Result;
use crate::page::Page;

impl Deployments<'_> {
    /// The deployments of a user's living apps, newest first. They come without their build logs, which may have megabytes
    /// each: `build_logs` is empty here. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    #[doc(alias = "ListRecentUserDeployments")]
    pub async fn list_recent_for_user(
        self,
        user: UserId,
        page: Page<DeploymentId>,
    ) -> Result<Vec<Deployment>> {
        let recent = sql!("list_recent_for_user.sql")
            .bind(user)
            .bind(page.before_or(DeploymentId::new(i64::MAX)))
            .bind(page.limit());
        self.executor.read("deployments.list_recent_for_user", Class::Page, recent).await.map(Rows::all)
    }
}
