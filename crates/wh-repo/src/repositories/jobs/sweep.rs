//! Jobs that their worker never brought to an end.

use diesel::sql_query;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_schema::rows::Job;
use wh_types::JobId;

use super::Jobs;
use super::step::Moved;
use crate::engine::About;
use crate::engine::prepared;
use crate::error::Result;
use crate::page::Page;

/// Jobs that somebody is at just now are left out. Apps are locked in the order of their ids, as everybody does who
/// changes several, so that no two wait for each other.
const FAIL_STUCK: &str = "\
WITH stuck AS MATERIALIZED (SELECT id FROM jobs WHERE status IN ('assigned', 'processing') \
    AND coalesce(started_at, assigned_at) < wh_now() - interval '15 minutes' \
    ORDER BY coalesce(started_at, assigned_at) LIMIT $1 FOR UPDATE SKIP LOCKED), \
moved AS (UPDATE jobs SET status = 'failed', completed_at = wh_now(), updated_at = wh_now(), \
        message = CASE WHEN jobs.status = 'assigned' THEN 'No worker took the job up within 15 minutes.' \
            ELSE 'The worker did not finish within 15 minutes.' END \
    FROM stuck WHERE jobs.id = stuck.id RETURNING jobs.*), \
deployment AS (UPDATE deployments SET status = 'failed', error_message = moved.message, finished_at = wh_now() \
    FROM moved WHERE deployments.id = moved.deployment_id), \
failed AS MATERIALIZED (SELECT apps.id FROM apps JOIN moved ON apps.id = moved.app_id \
    WHERE moved.job_type NOT IN ('stop', 'delete') AND apps.deleted_at IS NULL ORDER BY apps.id FOR NO KEY UPDATE OF apps), \
app AS (UPDATE apps SET status = 'failed', updated_at = wh_now() FROM failed WHERE apps.id = failed.id \
    RETURNING apps.id, apps.user_id, apps.name) \
SELECT app.id AS changed_app, app.user_id AS app_owner, app.name AS app_name, moved.* \
FROM moved LEFT JOIN app ON app.id = moved.app_id";

impl Jobs<'_> {
    /// Fails jobs that were assigned or begun more than 15 minutes ago, with their deployments and apps, oldest first,
    /// and gives them. An app whose stopping or deleting got stuck keeps its status. `limit` has the bounds of
    /// [`Page::of`]: call it until it gives fewer. Any number of processes may sweep at once: each job is failed once.
    /// After a lost answer it gives those that were left. One round trip.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for a negative limit.
    pub async fn fail_stuck(self, limit: i64) -> Result<Vec<Job>> {
        let limit = Page::<JobId>::of(limit)?.limit();
        let moved: Vec<Moved> = self
            .executor
            .changing(About::Apps)
            .run("jobs.fail_stuck", |mut conn| {
                prepared(sql_query(FAIL_STUCK).bind::<BigInt, _>(limit)).load(&mut conn).boxed()
            })
            .await?;
        Ok(moved.into_iter().map(|moved| moved.job).collect())
    }
}
