//! What all steps of the state machine share: lock the job, move it if it stands right, and tell what was found.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use wh_schema::rows::Job;
use wh_types::{AppId, JobStatus, UserId};

use crate::cache::{AppKeys, Changed, Changes};
use crate::error::{Conflict, Error, Result};

/// One row of a step's statement: where the job stood, whether it moved, and the job as it is now.
#[derive(QueryableByName)]
pub(super) struct Step {
    #[diesel(sql_type = Text)]
    pub(super) was: JobStatus,
    #[diesel(sql_type = Bool)]
    pub(super) moved: bool,
    #[diesel(embed)]
    followed: Followed,
    #[diesel(embed)]
    pub(super) job: Job,
}

/// A job that moved.
#[derive(QueryableByName)]
pub(super) struct Moved {
    #[diesel(embed)]
    followed: Followed,
    #[diesel(embed)]
    pub(super) job: Job,
}

/// The app of the job, where it changed as well.
#[derive(QueryableByName)]
struct Followed {
    #[diesel(sql_type = Nullable<BigInt>)]
    changed_app: Option<AppId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    app_owner: Option<UserId>,
    #[diesel(sql_type = Nullable<Text>)]
    app_name: Option<String>,
}

impl Changes for Followed {
    fn changes(&self, into: &mut Vec<Changed>) {
        if let (Some(id), Some(user_id), Some(name)) =
            (self.changed_app, self.app_owner, self.app_name.clone())
        {
            into.push(Changed::App(AppKeys { id, user_id, name }));
        }
    }
}

impl Changes for Step {
    fn changes(&self, into: &mut Vec<Changed>) {
        self.followed.changes(into);
    }
}

impl Changes for Moved {
    fn changes(&self, into: &mut Vec<Changed>) {
        self.followed.changes(into);
    }
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

/// The statement of a step: `found` locks the job that `$which` names and reads its newest state, `moved` changes it
/// where `$guard` holds, `$effects` follow from there, of which `app` tells whether the app changed.
macro_rules! step_statement {
    (find: $which:literal, set: $set:literal, guard: $guard:literal, effects: $effects:expr) => {
        concat!(
            "WITH found AS MATERIALIZED (SELECT * FROM jobs WHERE ", $which, " FOR UPDATE), ",
            "moved AS (UPDATE jobs SET ", $set, ", updated_at = wh_now() FROM found ",
            "WHERE jobs.id = found.id AND ", $guard, " RETURNING jobs.*), ",
            $effects,
            " SELECT found.status AS was, true AS moved, ", $crate::repositories::jobs::step::followed!(), ", moved.*",
            " FROM found, moved LEFT JOIN app ON true",
            " UNION ALL",
            " SELECT found.status, false, NULL, NULL, NULL, found.* FROM found WHERE NOT EXISTS (SELECT FROM moved)",
        )
    };
}

/// What the effect `app` of a statement has to tell.
macro_rules! followed {
    () => {
        "app.id AS changed_app, app.user_id AS app_owner, app.name AS app_name"
    };
}

/// What `app` gives back.
macro_rules! app_keys {
    () => {
        " RETURNING apps.id, apps.user_id, apps.name"
    };
}

/// What an app is doing after its job moved. A violation stays one; an app whose stopping or deleting failed stays as it was;
/// one whose deployment was cancelled goes on with the container that it has.
macro_rules! app_status {
    () => {
        "CASE WHEN moved.status = 'processing' AND moved.job_type IN ('deploy', 'restart') THEN 'deploying' \
             WHEN moved.status = 'failed' AND moved.job_type NOT IN ('stop', 'delete') THEN 'failed' \
             WHEN moved.status = 'completed' AND moved.job_type = 'delete' THEN 'deleted' \
             WHEN moved.status = 'completed' AND moved.job_type = 'stop' AND apps.status <> 'violated' THEN 'stopped' \
             WHEN moved.status = 'completed' AND moved.job_type NOT IN ('stop', 'delete') THEN 'running' \
             WHEN moved.status = 'cancelled' AND apps.status IN ('pending', 'deploying') THEN \
                 CASE WHEN moved.job_type IN ('deploy', 'restart') AND apps.container_id <> '' THEN 'running' \
                     ELSE 'stopped' END \
             ELSE apps.status END"
    };
}

/// When an app was deleted, after its job moved.
macro_rules! app_deleted_at {
    () => {
        "CASE WHEN moved.status = 'completed' AND moved.job_type = 'delete' THEN wh_now() END"
    };
}

/// What follows for deployment and app when a job moves without a result. Rows that stay as they are are not written.
macro_rules! follow_effects {
    () => {
        concat!(
            "deployment AS (UPDATE deployments SET status = next.status, \
                 started_at = CASE WHEN next.status = 'building' THEN coalesce(deployments.started_at, wh_now()) \
                     ELSE deployments.started_at END, \
                 finished_at = CASE WHEN next.status <> 'building' THEN wh_now() END, \
                 error_message = CASE WHEN next.status = 'failed' THEN moved.message \
                     ELSE deployments.error_message END \
                 FROM moved JOIN (VALUES ('processing', 'building'), ('completed', 'succeeded'), ('failed', 'failed'), \
                     ('cancelled', 'cancelled')) AS next (job, status) ON next.job = moved.status \
                 WHERE deployments.id = moved.deployment_id AND deployments.status <> next.status), ",
            "app AS (UPDATE apps SET updated_at = wh_now(), status = ",
            $crate::repositories::jobs::step::app_status!(),
            ", deleted_at = ",
            $crate::repositories::jobs::step::app_deleted_at!(),
            " FROM moved WHERE apps.id = moved.app_id AND apps.deleted_at IS NULL AND apps.status <> ",
            $crate::repositories::jobs::step::app_status!(),
            $crate::repositories::jobs::step::app_keys!(),
            ")"
        )
    };
}

pub(super) use {app_deleted_at, app_keys, app_status, follow_effects, followed, step_statement};
