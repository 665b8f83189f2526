//! Apps that end: deleted by their user, or stopped by the platform.

use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use futures_util::future::try_join;
use futures_util::{FutureExt, TryFutureExt};
use wh_types::AppId;

use super::Apps;
use crate::cache::AppKeys;
use crate::engine::About;
use crate::engine::prepared;
use crate::error::{Error, Result};
use crate::text::cut;

/// `FOR UPDATE` is more than the UPDATE itself would take: it waits for jobs that are just being made for the app, and
/// those that come later see that it is gone.
const MARK_DELETED: &str = "\
WITH found AS MATERIALIZED (SELECT id, user_id, name FROM apps WHERE id = $1 FOR UPDATE), \
gone AS (UPDATE apps SET status = 'deleted', deleted_at = wh_now(), updated_at = wh_now(), container_id = '', port = 0 \
    FROM found WHERE apps.id = found.id AND apps.deleted_at IS NULL) \
SELECT id, user_id, name FROM found";

/// Locks jobs before their app, as every step of a job does: in the other order two of them could wait for each other.
const HARD_DELETE: &str = "\
WITH waiting AS MATERIALIZED (SELECT id, deployment_id FROM jobs \
    WHERE app_id = $1 AND status IN ('pending', 'assigned') FOR UPDATE), \
found AS MATERIALIZED (SELECT id, user_id, name FROM apps WHERE id = $1 AND (SELECT count(*) FROM waiting) >= 0 FOR UPDATE), \
job AS (UPDATE jobs SET status = 'cancelled', message = 'The app was deleted.', completed_at = wh_now(), \
    updated_at = wh_now() FROM waiting WHERE jobs.id = waiting.id), \
deployment AS (UPDATE deployments SET status = 'cancelled', finished_at = wh_now() \
    FROM waiting WHERE deployments.id = waiting.deployment_id), \
env AS (DELETE FROM app_env_vars USING found WHERE app_env_vars.app_id = found.id), \
domain AS (DELETE FROM domains USING found WHERE domains.app_id = found.id), \
rule AS (DELETE FROM app_alert_rules USING found WHERE app_alert_rules.app_id = found.id), \
gone AS (UPDATE apps SET status = 'deleted', deleted_at = wh_now(), updated_at = wh_now(), container_id = '', port = 0 \
    FROM found WHERE apps.id = found.id AND apps.deleted_at IS NULL) \
SELECT id, user_id, name FROM found";

const MARK_VIOLATED: &str = "\
UPDATE apps SET status = 'violated', violation_reason = $2, updated_at = wh_now() WHERE id = $1 AND deleted_at IS NULL \
RETURNING id, user_id, name";

impl Apps<'_> {
    /// Records that an app is deleted (`MarkAppDeleted`): its row stays, its name and subdomain are free again, it has no
    /// container any more. Jobs, environment and domains stay; [`hard_delete`](Self::hard_delete) takes them along.
    /// Deleting it again changes nothing. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app that never was.
    #[doc(alias = "MarkAppDeleted")]
    pub async fn mark_deleted(self, id: AppId) -> Result<()> {
        let found = self
            .executor
            .changing(About::App(id))
            .find("apps.mark_deleted", |mut conn| {
                prepared(sql_query(MARK_DELETED).bind::<BigInt, _>(id)).get_result(&mut conn).boxed()
            })
            .await?;
        present(found)
    }

    /// Deletes an app with all that it would leave behind (`HardDeleteApp`): its jobs that no worker has begun are
    /// cancelled, with their deployments; its environment, domains and alert rules go. A job that is being processed goes
    /// on, and its end changes the app no more. The row stays, marked as deleted, for the history of deployments.
    /// Deleting it again changes nothing.
    ///
    /// All in one statement, which is sent twice together: the second sees a job that was being made while the first
    /// waited. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app that never was.
    #[doc(alias = "HardDeleteApp")]
    pub async fn hard_delete(self, id: AppId) -> Result<()> {
        let found = self
            .executor
            .changing(About::App(id))
            .run("apps.hard_delete", |mut conn| {
                let statement = || prepared(sql_query(HARD_DELETE).bind::<BigInt, _>(id));
                let first = statement().load::<AppKeys>(&mut conn);
                try_join(first, statement().execute(&mut conn)).map_ok(|(found, _)| found).boxed()
            })
            .await?;
        present(found.into_iter().next())
    }

    /// Records that the platform stopped an app for breaking a limit or a rule (`MarkAppViolated`), with the reason, of
    /// which 4096 characters are kept. Safe to send again. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app that does not exist or is deleted.
    #[doc(alias = "MarkAppViolated")]
    pub async fn mark_violated(self, id: AppId, reason: &str) -> Result<()> {
        let reason = cut(reason, 4096);
        let changed = self
            .executor
            .changing(About::App(id))
            .find("apps.mark_violated", |mut conn| {
                prepared(sql_query(MARK_VIOLATED).bind::<BigInt, _>(id).bind::<Text, _>(reason.as_ref()))
                    .get_result(&mut conn)
                    .boxed()
            })
            .await?;
        present(changed)
    }
}

fn present(found: Option<AppKeys>) -> Result<()> {
    found.map(drop).ok_or(Error::not_found("app"))
}
