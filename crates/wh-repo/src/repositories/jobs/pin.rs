//! Jobs about an app that is there: made for the worker that has it.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use wh_schema::rows::Job;
use wh_types::{AppId, AppStatus, CommitMetadata, DeployPayload, JobType, UserId};

use super::Jobs;
use super::payload::{Needs, Prepared};
use crate::cache::{AppKeys, Changed, Changes};
use crate::engine::{About, Class, Executor, Repeat, Rows, sql};
use crate::error::{Conflict, Denied, Error, Result};
use crate::secrets::Place;
use crate::text::cut;

/// A job that was made, now or before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedJob {
    /// The job.
    pub job: Job,
    /// False if an earlier call made it.
    pub fresh: bool,
}

#[derive(QueryableByName)]
struct Outcome {
    #[diesel(sql_type = Bool)]
    fresh: bool,
    #[diesel(sql_type = Bool)]
    same_commit: bool,
    #[diesel(sql_type = BigInt)]
    app_user: UserId,
    #[diesel(sql_type = Text)]
    app_name: String,
    #[diesel(embed)]
    job: Job,
}

impl Changes for Outcome {
    fn changes(&self, into: &mut Vec<Changed>) {
        let name = self.app_name.clone();
        into.push(Changed::App(AppKeys { id: self.job.app_id, user_id: self.app_user, name }));
    }
}

/// What a refused job lacked.
#[derive(QueryableByName)]
struct Present {
    #[diesel(sql_type = Bool)]
    app: bool,
    #[diesel(sql_type = Bool)]
    violated: bool,
    #[diesel(sql_type = Bool)]
    worker: bool,
}

impl Jobs<'_> {
    /// Makes a job that starts the container of an app, for the worker that has it; the app is `deploying` until the job
    /// ends. The payload is made of the app's row, its environment and its Git token. Two round trips.
    ///
    /// Idempotent while the job is unfinished: the second call answers with the same job.
    ///
    /// # Errors
    /// [`Conflict::ActiveJob`] if the app has another unfinished job; [`Conflict::NoContainer`] if there is nothing to
    /// start; [`Denied::Violated`] until the violation is cleared; [`Error::NotFound`] for an app that does not exist or
    /// is deleted; [`Error::Corrupt`] for a variable or a token that no key opens. All of these leave the caller's
    /// transaction usable.
    #[doc(alias = "CreatePinnedJob")]
    pub async fn start(self, app: AppId) -> Result<CreatedJob> {
        pin(self.executor, &Pinned { operation: "jobs.start", job_type: JobType::Start, app, commit: None })
            .await
    }

    /// Makes a job that stops the container of an app, for the worker that has it; the app stays as it is, and routed, until
    /// the job ends. The payload names the container. Two round trips.
    ///
    /// Idempotent while the job is unfinished: the second call answers with the same job.
    ///
    /// # Errors
    /// As [`start`](Self::start), but a violated app can be stopped.
    #[doc(alias = "CreatePinnedJob")]
    pub async fn stop(self, app: AppId) -> Result<CreatedJob> {
        pin(self.executor, &Pinned { operation: "jobs.stop", job_type: JobType::Stop, app, commit: None })
            .await
    }

    /// Makes a job that deletes the container of an app, for the worker that has it; the app stays as it is, and routed, until
    /// the job is completed, and is deleted then. The payload names the container. Two round trips.
    ///
    /// Idempotent while the job is unfinished: the second call answers with the same job.
    ///
    /// # Errors
    /// As [`stop`](Self::stop), with [`Conflict::NoContainer`] for an app that no worker ever had:
    /// [`Apps::hard_delete`](crate::Apps::hard_delete) is for that one.
    #[doc(alias = "CreatePinnedJob")]
    pub async fn delete(self, app: AppId) -> Result<CreatedJob> {
        pin(self.executor, &Pinned { operation: "jobs.delete", job_type: JobType::Delete, app, commit: None })
            .await
    }
}

/// What a job is to do.
pub(crate) struct Pinned<'a> {
    pub(crate) operation: &'static str,
    pub(crate) job_type: JobType,
    pub(crate) app: AppId,
    /// For a job with a deployment.
    pub(crate) commit: Option<&'a CommitMetadata>,
}

/// Makes a job for the worker that has an app, with its deployment if it has one.
pub(crate) async fn pin(executor: Executor<'_>, new: &Pinned<'_>) -> Result<CreatedJob> {
    if let Some(commit) = new.commit {
        commit.check()?;
    }
    let mut prepared = new.prepare(executor).await?;
    // A second time if the app moved, or another job came into being or to its end, while the first waited for it.
    for again in [true, false] {
        if let Some(outcome) = new.insert(executor, &prepared).await? {
            return new.judge(&prepared, outcome);
        }
        if again {
            prepared = new.prepare(executor).await?;
        }
    }
    Err(new.refusal(executor, &prepared).await?)
}

impl Pinned<'_> {
    async fn prepare(&self, executor: Executor<'_>) -> Result<Prepared> {
        let secrets = matches!(self.job_type, JobType::Restart | JobType::Start);
        let needs = Needs { deployment: self.commit.is_some(), secrets };
        Prepared::of(executor, self.operation, self.app, needs).await
    }

    /// What the worker is told.
    fn payload(&self, executor: Executor<'_>, prepared: &Prepared) -> Result<DeployPayload> {
        let app = &prepared.app;
        let no_container = || Err(Conflict::NoContainer { app: app.id }.into());
        if app.deleted_at.is_some() {
            return Err(Error::not_found("app"));
        }
        match self.job_type {
            JobType::Start | JobType::Restart if app.status == AppStatus::Violated => {
                Err(Denied::Violated { app: app.id }.into())
            }
            JobType::Start | JobType::Stop if app.container_id.is_empty() => no_container(),
            JobType::Start | JobType::Stop | JobType::Delete if app.worker_id.is_none() => no_container(),
            JobType::Start => {
                let container_id = app.container_id.clone();
                Ok(DeployPayload { container_id, ..prepared.deploy(executor, &app.commit_sha)? })
            }
            JobType::Stop | JobType::Delete => Ok(prepared.container(&app.container_id)),
            JobType::Deploy | JobType::Restart if app.container_port == 0 => {
                let problem = "the port that the app listens on is not known: set it with update_spec";
                Err(Error::invalid("container_port", problem))
            }
            JobType::Deploy | JobType::Restart => {
                prepared.deploy(executor, self.commit.map_or("", |commit| &commit.sha))
            }
        }
    }

    async fn insert(&self, executor: Executor<'_>, prepared: &Prepared) -> Result<Option<Outcome>> {
        let payload = self.payload(executor, prepared)?.to_json()?;
        let sealed = executor.inner().seal(&Place::job_payload(prepared.job_id), &payload)?;
        let pin = sql!("pin.sql")
            .bind(self.app)
            .bind(prepared.app.worker_id)
            .bind(prepared.job_id)
            .bind(prepared.deployment_id)
            .bind(self.job_type)
            .bind(&sealed)
            .bind(&prepared.app.branch)
            .bind(self.commit.map_or("", |commit| &commit.sha))
            .bind(cut(self.commit.map_or("", |commit| &commit.message), 65_536))
            .bind(cut(self.commit.map_or("", |commit| &commit.author), 512))
            .bind(&prepared.app.container_id);
        let outcome = executor.write(self.operation, About::App(self.app), Repeat::Safe, pin).await?;
        Ok(outcome.first())
    }

    /// The job that is there now: made by this call, by an earlier one that asked for the same, or for something else.
    fn judge(&self, prepared: &Prepared, outcome: Outcome) -> Result<CreatedJob> {
        let Outcome { fresh, same_commit, job, .. } = outcome;
        // Its own id comes back as not fresh if the statement was sent again by itself, over another connection.
        let fresh = fresh || job.id == prepared.job_id;
        if fresh || (same_commit && job.job_type == self.job_type) {
            Ok(CreatedJob { job, fresh })
        } else {
            Err(Conflict::ActiveJob { app: self.app }.into())
        }
    }

    async fn refusal(&self, executor: Executor<'_>, prepared: &Prepared) -> Result<Error> {
        let look = sql!("pin_refused.sql").bind(self.app).bind(prepared.app.worker_id).bind(self.job_type);
        let present: Rows<Present> = executor.read(self.operation, Class::Key, look).await?;
        Ok(match present.first() {
            Some(Present { app: false, .. }) => Error::not_found("app"),
            Some(Present { violated: true, .. }) => Denied::Violated { app: self.app }.into(),
            Some(Present { worker: false, .. }) => Error::not_found("worker"),
            _ => Conflict::ActiveJob { app: self.app }.into(),
        })
    }
}
