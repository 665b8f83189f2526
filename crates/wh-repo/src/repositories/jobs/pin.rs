//! Jobs that are made for one worker.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use secrecy::{ExposeSecret, SecretString};
use wh_schema::rows::Job;
use wh_types::{AppId, AppStatus, CommitMetadata, DeploymentId, JobId, JobType, UserId, WorkerId};

use super::Jobs;
use super::listen::tell_worker;
use crate::cache::{AppKeys, Changed, Changes};
use crate::engine::About;
use crate::engine::Executor;
use crate::engine::prepared;
use crate::error::{Conflict, Error, Result};
use crate::secrets::Place;
use crate::text::{check, cut};

/// A job for one worker, about an app that this worker has.
#[derive(Clone, Debug)]
pub struct NewPinnedJob {
    /// What to do: start, stop or delete.
    pub job_type: JobType,
    /// The app.
    pub app: AppId,
    /// Whose job it is.
    pub worker: WorkerId,
    /// What the worker needs to know; encrypted at rest.
    pub payload: SecretString,
    /// What the app is from now on, until the job ends.
    pub app_status: AppStatus,
}

/// What [`Jobs::create_pinned`] made, or had made before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedJob {
    /// The job, assigned to its worker.
    pub job: Job,
    /// False where an earlier call had made it.
    pub fresh: bool,
}

/// Everything about a pinned job, with the deployment that it carries out where it does.
pub(crate) struct Pinned<'a> {
    pub(crate) operation: &'static str,
    pub(crate) job_type: JobType,
    pub(crate) app: AppId,
    pub(crate) worker: WorkerId,
    pub(crate) payload: &'a SecretString,
    pub(crate) app_status: AppStatus,
    pub(crate) deployment: Option<(&'a str, &'a CommitMetadata)>,
}

/// The ids are drawn ahead, so that the payload can be bound to its row before that exists.
const DRAW: &str = "\
SELECT nextval('jobs_id_seq') AS job_id, CASE WHEN $1 THEN nextval('deployments_id_seq') END AS deployment_id";

/// The job goes in before the app is changed, since that is the order in which every step of a job takes its locks. Until
/// then the app is held against deletion by a lock that gets in nobody else's way.
const PIN: &str = concat!(
    "WITH app AS MATERIALIZED (SELECT id, user_id, name FROM apps WHERE id = $1 AND deleted_at IS NULL \
         AND EXISTS (SELECT FROM workers WHERE id = $2) FOR KEY SHARE), \
     job AS (INSERT INTO jobs (id, app_id, deployment_id, worker_id, job_type, status, payload, assigned_at) \
         OVERRIDING SYSTEM VALUE SELECT $3, app.id, $4, $2, $5, 'assigned', $6, wh_now() FROM app \
         ON CONFLICT DO NOTHING RETURNING *), \
     deployment AS (INSERT INTO deployments (id, app_id, worker_id, branch, commit_sha, commit_message, commit_author) \
         OVERRIDING SYSTEM VALUE SELECT deployment_id, app_id, worker_id, $8, $9, $10, $11 FROM job \
         WHERE deployment_id IS NOT NULL), \
     moved AS (UPDATE apps SET status = $7, worker_id = $2, updated_at = wh_now() FROM job WHERE apps.id = job.app_id \
         RETURNING apps.user_id, apps.name, ",
    tell_worker!(),
    ") \
     SELECT true AS fresh, true AS same_commit, moved.user_id AS app_user, moved.name AS app_name, job.* \
     FROM job, moved \
     UNION ALL \
     SELECT false, \
         coalesce((SELECT branch = $8 AND commit_sha = $9 FROM deployments WHERE id = jobs.deployment_id), true), \
         app.user_id, app.name, jobs.* \
     FROM jobs JOIN app ON jobs.app_id = app.id \
     WHERE NOT EXISTS (SELECT FROM job) AND jobs.status IN ('pending', 'assigned', 'processing')"
);

const WHAT_IS_MISSING: &str = "\
SELECT EXISTS (SELECT FROM apps WHERE id = $1 AND deleted_at IS NULL) AS app, \
    EXISTS (SELECT FROM workers WHERE id = $2) AS worker";

#[derive(QueryableByName)]
struct Drawn {
    #[diesel(sql_type = BigInt)]
    job_id: JobId,
    #[diesel(sql_type = Nullable<BigInt>)]
    deployment_id: Option<DeploymentId>,
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

#[derive(QueryableByName)]
struct Present {
    #[diesel(sql_type = Bool)]
    app: bool,
    #[diesel(sql_type = Bool)]
    worker: bool,
}

impl Jobs<'_> {
    /// Makes a job to start, stop or delete an app, assigned to the worker that has it, and sets the status of the app
    /// (`CreatePinnedJob`). Two round trips: the job's id, which its encrypted payload is bound to, and one statement for
    /// all the rest.
    ///
    /// Safe to send again while the job is unfinished: the same type, worker and payload give the job that is there.
    ///
    /// # Errors
    /// [`Conflict::ActiveJob`] where the app has another unfinished job; [`Error::NotFound`] for an app that does not
    /// exist or is deleted, or a worker that does not exist; [`Error::Invalid`] for another type of job (those have a
    /// deployment), or for the app status `deleted` (the end of the job sets it). All of these leave the caller's
    /// transaction usable.
    #[doc(alias = "CreatePinnedJob")]
    pub async fn create_pinned(self, new: &NewPinnedJob) -> Result<CreatedJob> {
        if !matches!(new.job_type, JobType::Start | JobType::Stop | JobType::Delete) {
            let problem =
                format!("it is {}: start, stop and delete are jobs without a deployment", new.job_type);
            return Err(Error::invalid("job_type", problem));
        }
        if new.app_status == AppStatus::Deleted {
            return Err(Error::invalid("app_status", "it is deleted, which the end of a delete job sets"));
        }
        let pinned = Pinned {
            operation: "jobs.create_pinned",
            job_type: new.job_type,
            app: new.app,
            worker: new.worker,
            payload: &new.payload,
            app_status: new.app_status,
            deployment: None,
        };
        pin(self.executor, &pinned).await
    }
}

/// Makes a pinned job, with its deployment where it has one.
pub(crate) async fn pin(executor: Executor<'_>, new: &Pinned<'_>) -> Result<CreatedJob> {
    if let Some((branch, commit)) = new.deployment {
        check("branch", branch, 0, 255)?;
        check("commit_sha", &commit.sha, 0, 64)?;
    }
    let with_deployment = new.deployment.is_some();
    let drawn: Drawn = executor
        .run(new.operation, |mut conn| {
            prepared(sql_query(DRAW).bind::<Bool, _>(with_deployment)).get_result(&mut conn).boxed()
        })
        .await?;
    // A second time where another job came into being, or came to its end, while the first waited for it.
    for _ in 0..2 {
        if let Some(outcome) = insert(executor, new, &drawn).await? {
            return judge(executor, new, &drawn, outcome);
        }
    }
    let present: Present = executor
        .run(new.operation, |mut conn| {
            prepared(sql_query(WHAT_IS_MISSING).bind::<BigInt, _>(new.app).bind::<BigInt, _>(new.worker))
                .get_result(&mut conn)
                .boxed()
        })
        .await?;
    Err(match present {
        Present { app: false, .. } => Error::not_found("app"),
        Present { worker: false, .. } => Error::not_found("worker"),
        _ => Conflict::ActiveJob { app: new.app }.into(),
    })
}

async fn insert(executor: Executor<'_>, new: &Pinned<'_>, drawn: &Drawn) -> Result<Option<Outcome>> {
    let sealed = executor.inner().seal(&Place::job_payload(drawn.job_id), new.payload)?;
    let (branch, commit) = new.deployment.map_or(("", None), |(branch, commit)| (branch, Some(commit)));
    let message = cut(commit.map_or("", |commit| &commit.message), 65_536);
    let author = cut(commit.map_or("", |commit| &commit.author), 512);
    executor
        .changing(About::App(new.app))
        .find(new.operation, |mut conn| {
            prepared(
                sql_query(PIN)
                    .bind::<BigInt, _>(new.app)
                    .bind::<BigInt, _>(new.worker)
                    .bind::<BigInt, _>(drawn.job_id)
                    .bind::<Nullable<BigInt>, _>(drawn.deployment_id)
                    .bind::<Text, _>(new.job_type)
                    .bind::<Text, _>(&sealed)
                    .bind::<Text, _>(new.app_status)
                    .bind::<Text, _>(branch)
                    .bind::<Text, _>(commit.map_or("", |commit| &commit.sha))
                    .bind::<Text, _>(message.as_ref())
                    .bind::<Text, _>(author.as_ref()),
            )
            .get_result(&mut conn)
            .boxed()
        })
        .await
}

/// The job that is there now: made by this call, by an earlier one that asked for the same, or for something else.
fn judge(executor: Executor<'_>, new: &Pinned<'_>, drawn: &Drawn, outcome: Outcome) -> Result<CreatedJob> {
    let Outcome { fresh, same_commit, job, .. } = outcome;
    // Its own id comes back as not fresh when the statement was sent again by itself, over another connection.
    if fresh || job.id == drawn.job_id {
        return Ok(CreatedJob { job, fresh: true });
    }
    let same = same_commit
        && (job.job_type, job.worker_id) == (new.job_type, Some(new.worker))
        && executor.inner().open(&Place::job_payload(job.id), &job.payload)?.expose_secret()
            == new.payload.expose_secret();
    if same { Ok(CreatedJob { job, fresh: false }) } else { Err(Conflict::ActiveJob { app: new.app }.into()) }
}
