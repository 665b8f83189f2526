//! A new app, its environment, its first deployment and the job that carries it out: all at once or not at all.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_plans::Plan;
use wh_types::{AppId, Ciphertext, DeploymentId, EnvKey, JobId, ResourceLimits, UserId};

use super::{DeploymentSpec, Deployments};
use crate::cache::{AppKeys, Changed, Changes};
use crate::engine::About;
use crate::engine::Executor;
use crate::engine::prepared;
use crate::error::{Conflict, Denied, Error, Result};
use crate::secrets::Place;

const OPERATION: &str = "deployments.create";

/// Holds off every other creation for the same user until the transaction ends. It is a statement of its own because
/// the count that follows needs a snapshot that is younger than the lock. `NO KEY` lets sessions and the like, which
/// only refer to the user, go on.
///
/// The ids of what is to come are drawn here, so that ciphertexts can be bound to their rows before these exist.
const LOCK_OWNER: &str = "\
SELECT plan, is_active, nextval('apps_id_seq') AS app_id, nextval('deployments_id_seq') AS deployment_id, \
    nextval('jobs_id_seq') AS job_id \
FROM users WHERE id = $1 FOR NO KEY UPDATE";

/// `app` is empty where a rule refuses it, and then so is all that follows from it: a refusal leaves no trace.
const CREATE: &str = "\
WITH prior AS (SELECT id, user_id = $2 AND name = $3 AS same FROM apps WHERE uuid = $1), \
owned AS (SELECT count(*) AS apps FROM apps WHERE user_id = $2 AND deleted_at IS NULL), \
app AS (INSERT INTO apps (id, uuid, user_id, name, subdomain, git_provider, repo_url, branch, root_dir, build_command, \
        start_command, commit_sha, auto_deploy, cpu_limit, memory_limit_mib, disk_limit_mib, bandwidth_limit, pids_limit) \
    OVERRIDING SYSTEM VALUE SELECT $24, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17 FROM owned \
    WHERE NOT EXISTS (SELECT FROM prior) AND ($18 = 0 OR owned.apps < $18) \
    ON CONFLICT DO NOTHING RETURNING id), \
env AS (INSERT INTO app_env_vars (app_id, key, value) \
    SELECT app.id, var.key, var.value FROM app, unnest($19, $20) AS var (key, value)), \
deployment AS (INSERT INTO deployments (id, app_id, branch, commit_sha, commit_message, commit_author) \
    OVERRIDING SYSTEM VALUE SELECT $25, id, $7, $11, $21, $22 FROM app RETURNING id, app_id), \
job AS (INSERT INTO jobs (id, app_id, deployment_id, job_type, payload) \
    OVERRIDING SYSTEM VALUE SELECT $26, app_id, id, 'deploy', $23 FROM deployment RETURNING id, app_id, deployment_id), \
made AS (SELECT app_id, deployment_id, id AS job_id, true AS fresh FROM job \
    UNION ALL (SELECT prior.id, jobs.deployment_id, jobs.id, false FROM prior JOIN jobs ON jobs.app_id = prior.id \
        WHERE prior.same AND jobs.deployment_id IS NOT NULL ORDER BY jobs.id LIMIT 1)) \
SELECT made.app_id, made.deployment_id, made.job_id, made.fresh, owned.apps AS owned, $2 AS user_id, $3 AS name, \
    EXISTS (SELECT FROM prior) AS uuid_used, \
    EXISTS (SELECT FROM apps WHERE user_id = $2 AND name = $3 AND deleted_at IS NULL) AS name_taken, \
    EXISTS (SELECT FROM apps WHERE subdomain = $4 AND deleted_at IS NULL) AS subdomain_taken \
FROM owned LEFT JOIN made ON true";

/// What [`Deployments::create`] made, or had made before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreatedDeployment {
    /// The app.
    pub app: AppId,
    /// Its first deployment.
    pub deployment: DeploymentId,
    /// The pending job.
    pub job: JobId,
    /// False where an earlier call with the same UUID made all this.
    pub fresh: bool,
}

/// The locked owner, and the ids for what they create.
#[derive(QueryableByName)]
struct Owner {
    #[diesel(sql_type = Text)]
    plan: String,
    #[diesel(sql_type = Bool)]
    is_active: bool,
    #[diesel(sql_type = BigInt)]
    app_id: AppId,
    #[diesel(sql_type = BigInt)]
    deployment_id: DeploymentId,
    #[diesel(sql_type = BigInt)]
    job_id: JobId,
}

#[derive(QueryableByName)]
struct Outcome {
    #[diesel(sql_type = Nullable<BigInt>)]
    app_id: Option<AppId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    deployment_id: Option<DeploymentId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    job_id: Option<JobId>,
    #[diesel(sql_type = Nullable<Bool>)]
    fresh: Option<bool>,
    #[diesel(sql_type = BigInt)]
    owned: i64,
    #[diesel(sql_type = BigInt)]
    user_id: UserId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    uuid_used: bool,
    #[diesel(sql_type = Bool)]
    name_taken: bool,
    #[diesel(sql_type = Bool)]
    subdomain_taken: bool,
}

impl Changes for Outcome {
    fn changes(&self, into: &mut Vec<Changed>) {
        if let Some(id) = self.app_id {
            into.push(Changed::App(AppKeys { id, user_id: self.user_id, name: self.name.clone() }));
        }
    }
}

/// What is new about an app: the ids it will have, and its secrets, encrypted for their rows.
struct Fresh {
    app: AppId,
    deployment: DeploymentId,
    job: JobId,
    limits: ResourceLimits,
    keys: Vec<EnvKey>,
    values: Vec<Ciphertext>,
    payload: Ciphertext,
}

impl Deployments<'_> {
    /// Creates an app with its environment, its first deployment and the pending job for it
    /// (`CreateDeploymentWithSpec`). Environment and payload are encrypted before they leave the process. The plan's
    /// number of apps holds under any number of racing callers.
    ///
    /// Three round trips: the owner is locked together with BEGIN, everything is created in one statement, COMMIT. Two
    /// inside a caller's transaction. Safe to send again: the same UUID, user and name give what the first call made.
    ///
    /// # Errors
    /// [`Conflict::Taken`] for the name, the subdomain or the UUID; [`Denied::AppLimit`] and [`Denied::OverPlan`] where
    /// the plan does not allow it; [`Denied::Deactivated`]; [`Error::NotFound`] for a user who does not exist;
    /// [`Error::Invalid`] where the spec is out of bounds. All of these leave the caller's transaction usable.
    #[doc(alias = "CreateDeploymentWithSpec")]
    pub async fn create(self, spec: &DeploymentSpec) -> Result<CreatedDeployment> {
        spec.check()?;
        self.executor.atomic(OPERATION, async |executor: Executor<'_>| create(executor, spec).await).await
    }
}

async fn create(executor: Executor<'_>, spec: &DeploymentSpec) -> Result<CreatedDeployment> {
    let owner = lock_owner(executor, spec).await?;
    let plan = executor.inner().plans.for_id(&owner.plan);
    let limits = spec.limits.unwrap_or_else(|| plan.limits());
    plan.check(&limits).map_err(Denied::OverPlan)?;
    let fresh = seal(executor, spec, &owner, limits)?;

    let mut outcome = insert(executor, spec, &plan, &fresh).await?;
    if outcome.is_unexplained(&plan) {
        // Somebody else's insert was committed while ours waited for it: a younger snapshot shows which one.
        outcome = insert(executor, spec, &plan, &fresh).await?;
    }
    outcome.explain(&plan)
}

async fn lock_owner(executor: Executor<'_>, spec: &DeploymentSpec) -> Result<Owner> {
    let owner: Option<Owner> = executor
        .find(OPERATION, |mut conn| {
            prepared(sql_query(LOCK_OWNER).bind::<BigInt, _>(spec.user)).get_result(&mut conn).boxed()
        })
        .await?;
    let owner = owner.ok_or(Error::not_found("user"))?;
    if owner.is_active { Ok(owner) } else { Err(Denied::Deactivated.into()) }
}

fn seal(
    executor: Executor<'_>,
    spec: &DeploymentSpec,
    owner: &Owner,
    limits: ResourceLimits,
) -> Result<Fresh> {
    let payload = spec.payload(limits).to_json()?;
    let values = spec
        .env
        .iter()
        .map(|(key, value)| executor.inner().seal(&Place::env_var(owner.app_id, key.as_str()), value));
    Ok(Fresh {
        app: owner.app_id,
        deployment: owner.deployment_id,
        job: owner.job_id,
        limits,
        keys: spec.env.keys().cloned().collect(),
        values: values.collect::<Result<_>>()?,
        payload: executor.inner().seal(&Place::job_payload(owner.job_id), &payload)?,
    })
}

async fn insert(
    executor: Executor<'_>,
    spec: &DeploymentSpec,
    plan: &Plan,
    fresh: &Fresh,
) -> Result<Outcome> {
    let source = &spec.source;
    let limits = &fresh.limits;
    let [cpu, memory, disk, bandwidth, pids] =
        [limits.cpu_milli, limits.memory_mib, limits.disk_mib, limits.bandwidth_kbit, limits.pids]
            .map(|limit| i32::try_from(limit).unwrap_or(i32::MAX));
    executor
        .changing(About::App(fresh.app))
        .run(OPERATION, |mut conn| {
            prepared(
                sql_query(CREATE)
                    .bind::<SqlUuid, _>(spec.app_uuid)
                    .bind::<BigInt, _>(spec.user)
                    .bind::<Text, _>(&spec.name)
                    .bind::<Text, _>(&spec.subdomain)
                    .bind::<Text, _>(source.git_provider)
                    .bind::<Text, _>(&source.repo_url)
                    .bind::<Text, _>(&source.branch)
                    .bind::<Text, _>(&source.root_dir)
                    .bind::<Text, _>(&source.build_command)
                    .bind::<Text, _>(&source.start_command)
                    .bind::<Text, _>(&source.commit.sha)
                    .bind::<Bool, _>(spec.auto_deploy)
                    .bind::<Integer, _>(cpu)
                    .bind::<Integer, _>(memory)
                    .bind::<Integer, _>(disk)
                    .bind::<Integer, _>(bandwidth)
                    .bind::<Integer, _>(pids)
                    .bind::<BigInt, _>(i64::from(plan.max_apps))
                    .bind::<Array<Text>, _>(&fresh.keys)
                    .bind::<Array<Text>, _>(&fresh.values)
                    .bind::<Text, _>(&source.commit.message)
                    .bind::<Text, _>(&source.commit.author)
                    .bind::<Text, _>(&fresh.payload)
                    .bind::<BigInt, _>(fresh.app)
                    .bind::<BigInt, _>(fresh.deployment)
                    .bind::<BigInt, _>(fresh.job),
            )
            .get_result(&mut conn)
            .boxed()
        })
        .await
}

impl Outcome {
    fn at_limit(&self, plan: &Plan) -> bool {
        plan.max_apps != 0 && self.owned >= i64::from(plan.max_apps)
    }

    /// Nothing was made, and nothing that this statement could see says why.
    fn is_unexplained(&self, plan: &Plan) -> bool {
        self.app_id.is_none()
            && !(self.uuid_used || self.name_taken || self.subdomain_taken || self.at_limit(plan))
    }

    fn explain(self, plan: &Plan) -> Result<CreatedDeployment> {
        let taken = |field| Err(Conflict::Taken { entity: "app", field }.into());
        match self {
            Self { app_id: Some(app), deployment_id: Some(deployment), job_id: Some(job), fresh, .. } => {
                Ok(CreatedDeployment { app, deployment, job, fresh: fresh.unwrap_or(false) })
            }
            Self { uuid_used: true, .. } => taken("UUID"),
            Self { name_taken: true, .. } => taken("name"),
            _ if self.at_limit(plan) => {
                Err(Denied::AppLimit { plan: plan.id.to_string(), max_apps: plan.max_apps }.into())
            }
            _ => taken("subdomain"),
        }
    }
}
