//! The rows in which the steps of the state machine answer.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use wh_schema::rows::Job;
use wh_types::{AppId, JobStatus, UserId};

use crate::cache::{AppKeys, Changed, Changes};
use crate::engine::Rows;
use crate::error::{Conflict, Error, Result};

/// A job after a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobStep {
    /// The job as it is now.
    pub job: Job,
    /// True if this call made the step; false if an earlier one had. At most one call hears `true`.
    pub fresh: bool,
}

/// Where a job stood, whether it moved, and the job as it is now.
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

/// The app of the job, if it changed as well.
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
        illegal(&self.job, self.was, to)
    }

    /// The step was made by this call.
    pub(super) fn made(self) -> JobStep {
        JobStep { job: self.job, fresh: true }
    }

    /// The job stands where it was asked to go, by an earlier call.
    pub(super) fn known(self) -> JobStep {
        JobStep { job: self.job, fresh: false }
    }
}

/// The refusal of a step that the state machine does not have.
pub(super) fn illegal(job: &Job, from: JobStatus, to: JobStatus) -> Error {
    Conflict::IllegalStep { job: job.id, from, to }.into()
}

/// The step that was found. None means that there is no such job, or that it is another worker's.
pub(super) fn found<S>(steps: Rows<S>) -> Result<S> {
    steps.first().ok_or(Error::not_found("job"))
}
