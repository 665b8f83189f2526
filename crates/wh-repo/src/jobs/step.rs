//! What all steps of the state machine share: lock the job, move it if it stands right, and tell what was found.

use diesel::QueryableByName;
use diesel::sql_types::{Bool, Text};
use wh_schema::rows::Job;
use wh_types::{JobId, JobStatus};

use crate::error::{Conflict, Error, Result};

/// One row of a step's statement: where the job stood, whether it moved, and the job as it is now.
#[derive(QueryableByName)]
pub(super) struct Step {
    #[diesel(sql_type = Text)]
    pub(super) was: JobStatus,
    #[diesel(sql_type = Bool)]
    pub(super) moved: bool,
    #[diesel(embed)]
    pub(super) job: Job,
}

impl Step {
    /// The refusal of a step that the state machine does not have.
    pub(super) fn illegal(&self, to: JobStatus) -> Error {
        Conflict::IllegalStep { job: self.job.id, from: self.was, to }.into()
    }
}

/// The step that was found; none means that there is no such job, or that it is another worker's.
pub(super) fn found(step: Option<Step>) -> Result<Step> {
    step.ok_or(Error::not_found("job"))
}

/// The refusal to take `job`, which somebody has at work already.
pub(super) fn taken(job: JobId, from: JobStatus) -> Error {
    Conflict::IllegalStep { job, from, to: JobStatus::Processing }.into()
}

/// The statement of a step: `found` locks the job that `$which` names and reads its newest state, `moved` changes it
/// where `$guard` holds, `$effects` follow from there.
macro_rules! step_statement {
    (find: $which:literal, set: $set:literal, guard: $guard:literal $(, effects: $effects:expr)?) => {
        concat!(
            "WITH found AS MATERIALIZED (SELECT * FROM jobs WHERE ", $which, " FOR UPDATE), ",
            "moved AS (UPDATE jobs SET ", $set, ", updated_at = wh_now() FROM found ",
            "WHERE jobs.id = found.id AND ", $guard, " RETURNING jobs.*)",
            $(", ", $effects,)?
            " SELECT found.status AS was, true AS moved, moved.* FROM moved, found",
            " UNION ALL",
            " SELECT found.status, false, found.* FROM found WHERE NOT EXISTS (SELECT FROM moved)",
        )
    };
}

/// What follows when a worker begins: the deployment is being built, the app is being deployed.
macro_rules! begin_effects {
    () => {
        "deployment AS (UPDATE deployments SET status = 'building', \
             started_at = coalesce(deployments.started_at, wh_now()) \
             FROM moved WHERE deployments.id = moved.deployment_id AND moved.status = 'processing' \
             AND deployments.status = 'pending'), \
         app AS (UPDATE apps SET status = 'deploying', updated_at = wh_now() \
             FROM moved WHERE apps.id = moved.app_id AND moved.status = 'processing' \
             AND moved.job_type IN ('deploy', 'restart') AND apps.deleted_at IS NULL AND apps.status <> 'deploying')"
    };
}

pub(super) use {begin_effects, step_statement};
