//! A new app, its environment, its first deployment and the job that carries it out: all at once or not at all.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use wh_plans::Plan;
use wh_types::{AppId, Ciphertext, DeploymentId, EnvKey, JobId, ResourceLimits, UserId};

use super::{DeploymentSpec, Deployments};
use crate::cache::{AppKeys, Changed, Changes};
use crate::engine::{About, Executor, NotCached, Repeat, Rows, sql};
use crate::error::{Conflict, Denied, Error, Result};
use crate::secrets::Place;

const OPERATION: &str = "deployments.create";

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
    /// Creates an app with its environment, its first deployment and the pending job for it. Environment and payload are encrypted before they leave the process. The plan's
    /// number of apps holds under any number of racing callers.
    ///
    /// Three round trips: the owner is locked together with BEGIN, everything is created in one statement, COMMIT. Two
    /// inside a caller's transaction. Idempotent by the UUID: the same UUID, user and name give what the first call made.
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
    let limits = spec.limits.unwrap_or_else(|| executor.inner().default_limits(plan.limits()));
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
    let lock = sql!("lock_owner.sql").bind(spec.user).bind(spec.app_uuid);
    let owner: Rows<Owner> = executor.write(OPERATION, NotCached, Repeat::Safe, lock).await?;
    let owner = owner.first().ok_or(Error::not_found("user"))?;
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
    let create = sql!("create.sql")
        .bind(spec.app_uuid)
        .bind(spec.user)
        .bind(spec.name.as_str())
        .bind(spec.subdomain.as_str())
        .bind(source.git_provider)
        .bind(&source.repo_url)
        .bind(&source.branch)
        .bind(&source.root_dir)
        .bind(&source.build_command)
        .bind(&source.start_command)
        .bind(&source.commit.sha)
        .bind(spec.auto_deploy)
        .bind(cpu)
        .bind(memory)
        .bind(disk)
        .bind(bandwidth)
        .bind(pids)
        .bind(i64::from(plan.max_apps))
        .bind(&fresh.keys)
        .bind(&fresh.values)
        .bind(&source.commit.message)
        .bind(&source.commit.author)
        .bind(&fresh.payload)
        .bind(fresh.app)
        .bind(fresh.deployment)
        .bind(fresh.job)
        .bind(i32::from(source.port));
    let outcome: Rows<Outcome> =
        executor.write(OPERATION, About::App(fresh.app), Repeat::Safe, create).await?;
    outcome.first().ok_or_else(|| Error::bug(OPERATION, "a creation has no outcome"))
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
