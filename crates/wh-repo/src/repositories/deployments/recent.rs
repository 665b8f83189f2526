//! What a user deployed lately.

use diesel::sql_query;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_schema::rows::Deployment;
use wh_types::{DeploymentId, UserId};

use super::{Deployments, listed_columns};
use crate::engine::prepared;
use crate::error::Result;
use crate::page::Page;

/// As many as the page has from each app, by its index, and the newest of those.
const LIST_RECENT: &str = concat!(
    "SELECT recent.* FROM apps CROSS JOIN LATERAL (SELECT ",
    listed_columns!(),
    " FROM deployments WHERE app_id = apps.id AND id < $2 ORDER BY id DESC LIMIT $3) AS recent \
     WHERE apps.user_id = $1 AND apps.deleted_at IS NULL ORDER BY recent.id DESC LIMIT $3"
);

impl Deployments<'_> {
    /// The deployments of a user's living apps, newest first (`ListRecentUserDeployments`). They come without their build
    /// logs, which may have megabytes each: `build_logs` is empty here. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    #[doc(alias = "ListRecentUserDeployments")]
    pub async fn list_recent_for_user(
        self,
        user: UserId,
        page: Page<DeploymentId>,
    ) -> Result<Vec<Deployment>> {
        self.executor
            .run("deployments.list_recent_for_user", |mut conn| {
                prepared(
                    sql_query(LIST_RECENT)
                        .bind::<BigInt, _>(user)
                        .bind::<BigInt, _>(page.before_or(DeploymentId::new(i64::MAX)))
                        .bind::<BigInt, _>(page.limit()),
                )
                .load(&mut conn)
                .boxed()
            })
            .await
    }
}
