//! The end of a job, recorded for the job, its app and its deployment at once.

use diesel::sql_query;
use diesel::sql_types::{BigInt, Integer, Jsonb, Text};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use serde_json::Value;
use wh_schema::rows::Job;
use wh_types::{JobId, JobResult, JobStatus, WorkerId};

use super::Jobs;
use super::step::{app_deleted_at, app_keys, app_status, found, step_statement};
use crate::engine::About;
use crate::engine::prepared;
use crate::error::{Conflict, Error, Result};
use crate::text::{cut, json_without_nul, without_nul};

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobOutcome {
    /// The worker did what was asked.
    Completed,
    /// The worker could not; the result says why.
    Failed,
}

impl JobOutcome {
    /// The status of a job that ended so.
    #[must_use]
    pub const fn status(self) -> JobStatus {
        match self {
            Self::Completed => JobStatus::Completed,
            Self::Failed => JobStatus::Failed,
        }
    }
}

const COMPLETE: &str = step_statement!(
    find: "id = $1 AND worker_id = $2",
    set: "status = $3, result = $4, message = CASE WHEN $10 <> '' THEN $10 ELSE jobs.message END, \
          progress = CASE WHEN $3 = 'completed' THEN 100 ELSE jobs.progress END, completed_at = wh_now()",
    guard: "found.status = 'processing'",
    effects: concat!(
        "deployment AS (UPDATE deployments SET \
             status = CASE WHEN $3 = 'completed' THEN 'succeeded' ELSE 'failed' END, \
             container_id = $5, port = $6, error_message = $10, finished_at = wh_now(), \
             commit_sha = coalesce(nullif($7, ''), deployments.commit_sha), \
             commit_message = coalesce(nullif($8, ''), deployments.commit_message), \
             commit_author = coalesce(nullif($9, ''), deployments.commit_author), \
             build_logs = coalesce(nullif($11, ''), deployments.build_logs) \
             FROM moved WHERE deployments.id = moved.deployment_id), ",
        "app AS (UPDATE apps SET updated_at = wh_now(), status = ",
        app_status!(),
        ", deleted_at = ",
        app_deleted_at!(),
        ", \
             container_id = CASE WHEN $3 = 'failed' THEN apps.container_id WHEN moved.job_type = 'delete' THEN '' \
                 WHEN $5 <> '' THEN $5 ELSE apps.container_id END, \
             port = CASE WHEN $3 = 'failed' THEN apps.port WHEN moved.job_type = 'delete' THEN 0 \
                 WHEN $6 <> 0 THEN $6 ELSE apps.port END, \
             commit_sha = CASE WHEN $3 = 'completed' THEN coalesce(nullif($7, ''), apps.commit_sha) \
                 ELSE apps.commit_sha END \
             FROM moved WHERE apps.id = moved.app_id AND apps.deleted_at IS NULL",
        app_keys!(),
        ")"
    )
);

impl Jobs<'_> {
    /// Records the end of a job that its worker has been processing, and what it means for its app and its deployment
    /// (`CompleteJob`): a deployed app runs, a failed deployment fails its app, a deleted app frees its names. One
    /// statement, so all of it or nothing, and one round trip.
    ///
    /// Safe to send again: a repeated report of the same result changes nothing. The build log goes to the deployment and
    /// is no part of that comparison.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a job that does not exist or is another worker's; [`Conflict::ContradictingResult`] where
    /// it ended already with another result; [`Conflict::IllegalStep`] where no worker had begun. Texts that are longer than
    /// their columns are cut, since a refused report would leave the job at work.
    #[doc(alias = "CompleteJob")]
    pub async fn complete(
        self,
        id: JobId,
        worker: WorkerId,
        outcome: JobOutcome,
        result: &JobResult,
    ) -> Result<Job> {
        let reported = outcome.status();
        // A report is taken as far as its columns hold it: refused, it would leave the job at work for ever.
        let container = cut(&result.container_id, 128);
        let logs = without_nul(&result.logs);
        let error = without_nul(&result.error);
        let sha = cut(&result.commit.sha, 64);
        let message = cut(&result.commit.message, 65_536);
        let author = cut(&result.commit.author, 512);
        let recorded = recorded(result)?;
        let step = self
            .executor
            .changing(About::AppOfJob(id))
            .find("jobs.complete", |mut conn| {
                prepared(
                    sql_query(COMPLETE)
                        .bind::<BigInt, _>(id)
                        .bind::<BigInt, _>(worker)
                        .bind::<Text, _>(reported)
                        .bind::<Jsonb, _>(&recorded)
                        .bind::<Text, _>(container.as_ref())
                        .bind::<Integer, _>(i32::from(result.port))
                        .bind::<Text, _>(sha.as_ref())
                        .bind::<Text, _>(message.as_ref())
                        .bind::<Text, _>(author.as_ref())
                        .bind::<Text, _>(error.as_ref())
                        .bind::<Text, _>(logs.as_ref()),
                )
                .get_result(&mut conn)
                .boxed()
            })
            .await?;
        let step = found(step)?;
        match step.was {
            _ if step.moved => Ok(step.job),
            JobStatus::Completed | JobStatus::Failed
                if step.was == reported && step.job.result.as_ref() == Some(&recorded) =>
            {
                Ok(step.job)
            }
            JobStatus::Completed | JobStatus::Failed => {
                Err(Conflict::ContradictingResult { job: id, recorded: step.was, reported }.into())
            }
            _ => Err(step.illegal(reported)),
        }
    }
}

/// What `jobs.result` keeps: everything but the build log, without the NUL that JSON in Postgres cannot hold.
fn recorded(result: &JobResult) -> Result<Value> {
    let without_logs = JobResult { logs: String::new(), ..result.clone() };
    let value = serde_json::to_value(without_logs)
        .map_err(|error| Error::bug("jobs.complete", format!("a result is not JSON: {error}")))?;
    Ok(json_without_nul(&value))
}
