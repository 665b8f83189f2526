//! The end of a job, recorded for the job, its app and its deployment at once.

use std::borrow::Cow;

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use serde_json::Value;
use wh_schema::rows::Job;
use wh_types::{AppId, Ciphertext, JobId, JobResult, JobStatus, UserId, WorkerId};

use super::Jobs;
use super::payload::{Needs, Prepared};
use super::step::{Step, found, illegal};
use crate::cache::{AppKeys, Changed, Changes};
use crate::engine::{About, Repeat, Rows, sql};
use crate::error::{Conflict, Error, Result};
use crate::secrets::Place;
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

/// A job that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompletedJob {
    /// The job.
    pub job: Job,
    /// True if this call ended it; false for a repeated report. At most one call hears `true`.
    pub fresh: bool,
    /// True if the app was deleted before the job ended.
    pub app_deleted: bool,
    /// The job that this call made to delete the reported container, since its app is deleted. It is assigned to the same
    /// worker.
    pub cleanup: Option<JobId>,
}

#[derive(QueryableByName)]
struct Outcome {
    #[diesel(embed)]
    step: Step,
    #[diesel(sql_type = Bool)]
    app_deleted: bool,
    #[diesel(sql_type = Bool)]
    orphaned: bool,
    #[diesel(sql_type = Nullable<BigInt>)]
    cleanup: Option<JobId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    robbed_app: Option<AppId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    robbed_owner: Option<UserId>,
    #[diesel(sql_type = Nullable<Text>)]
    robbed_name: Option<String>,
}

impl Changes for Outcome {
    fn changes(&self, into: &mut Vec<Changed>) {
        self.step.changes(into);
        if let (Some(id), Some(user_id), Some(name)) =
            (self.robbed_app, self.robbed_owner, self.robbed_name.clone())
        {
            into.push(Changed::App(AppKeys { id, user_id, name }));
        }
    }
}

/// A result as its columns hold it. Texts that only explain are cut, since a refused report would leave the job at work.
struct Report<'a> {
    id: JobId,
    worker: WorkerId,
    status: JobStatus,
    result: &'a JobResult,
    recorded: Value,
    message: Cow<'a, str>,
    author: Cow<'a, str>,
    error: Cow<'a, str>,
    logs: Cow<'a, str>,
}

impl Jobs<'_> {
    /// Records the end of a job that its worker has been processing, and what it means for its app and its deployment: a
    /// deployed app runs in the reported container, a failed step leaves the app what it was, a deleted app frees its
    /// names, domains and environment. The payload is emptied. One statement, so all of it or nothing, and one round trip.
    ///
    /// If the app was deleted meanwhile, the reported container belongs to nobody: the answer says so, and a job that
    /// deletes it is made for this worker. That costs two more round trips.
    ///
    /// A repeated report of the same result changes nothing. The build log goes to the deployment and is no part of that
    /// comparison.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a job that does not exist or is another worker's; [`Conflict::ContradictingResult`] if
    /// it ended already with another result; [`Conflict::IllegalStep`] if no worker had begun; [`Error::Invalid`] for a
    /// container id or a commit hash that is wider than its column; [`Error::Unavailable`]. Sent again after one that is
    /// in doubt, it answers `fresh: false` about the first call's work.
    #[doc(alias = "CompleteJob")]
    pub async fn complete(
        self,
        id: JobId,
        worker: WorkerId,
        outcome: JobOutcome,
        result: &JobResult,
    ) -> Result<CompletedJob> {
        result.check()?;
        let report = Report {
            id,
            worker,
            status: outcome.status(),
            result,
            recorded: recorded(result)?,
            message: cut(&result.commit.message, 65_536),
            author: cut(&result.commit.author, 512),
            error: without_nul(&result.error),
            logs: without_nul(&result.logs),
        };
        let first = self.record(&report, None).await?;
        let outcome = if first.orphaned && first.step.was == JobStatus::Processing {
            let cleanup = self.prepare_cleanup(first.step.job.app_id, &result.container_id).await?;
            self.record(&report, Some(cleanup)).await?
        } else {
            first
        };
        report.judge(outcome)
    }

    async fn record(self, report: &Report<'_>, cleanup: Option<(JobId, Ciphertext)>) -> Result<Outcome> {
        let (cleanup, payload) = cleanup.unzip();
        let complete = sql!("complete.sql")
            .bind(report.id)
            .bind(report.worker)
            .bind(report.status)
            .bind(&report.recorded)
            .bind(&report.result.container_id)
            .bind(i32::from(report.result.port))
            .bind(&report.result.commit.sha)
            .bind(report.message.as_ref())
            .bind(report.author.as_ref())
            .bind(report.error.as_ref())
            .bind(report.logs.as_ref())
            .bind(cleanup)
            .bind(payload);
        let about = About::AppOfJob(report.id);
        let outcome: Rows<Outcome> =
            self.executor.write("jobs.complete", about, Repeat::Never, complete).await?;
        found(outcome)
    }

    /// The id and the payload of a job that deletes a container.
    async fn prepare_cleanup(self, app: AppId, container: &str) -> Result<(JobId, Ciphertext)> {
        let prepared = Prepared::of(self.executor, "jobs.complete", app, Needs::NOTHING).await?;
        let payload = prepared.container(container).to_json()?;
        let sealed = self.executor.inner().seal(&Place::job_payload(prepared.job_id), &payload)?;
        Ok((prepared.job_id, sealed))
    }
}

impl Report<'_> {
    fn judge(&self, outcome: Outcome) -> Result<CompletedJob> {
        let Outcome { step: Step { was, moved, job, .. }, app_deleted, cleanup, .. } = outcome;
        let done = |fresh| CompletedJob { job: job.clone(), fresh, app_deleted, cleanup };
        match was {
            _ if moved => Ok(done(true)),
            JobStatus::Completed | JobStatus::Failed
                if was == self.status && job.result.as_ref() == Some(&self.recorded) =>
            {
                Ok(done(false))
            }
            JobStatus::Completed | JobStatus::Failed => {
                Err(Conflict::ContradictingResult { job: job.id, recorded: was, reported: self.status }
                    .into())
            }
            _ => Err(illegal(&job, was, self.status)),
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
