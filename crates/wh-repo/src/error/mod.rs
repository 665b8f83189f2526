//! What can go wrong, sorted by what the caller can do about it.

mod code;
mod keys;
mod reason;

use std::time::Duration;

use wh_plans::PlanError;
use wh_types::{AlertId, AlertStatus, AppId, Invalid, JobId, JobStatus, UserId, WorkerId};

pub use self::code::Code;
pub use self::keys::{KeyMismatch, Unopenable};
pub use self::reason::Reason;

/// The result of every operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation did not do what was asked.
///
/// Sorted by what the caller can do: ask for something else ([`NotFound`](Self::NotFound)), choose another name
/// ([`Conflict`](Self::Conflict)), mend the input ([`Invalid`](Self::Invalid)), explain it to the user
/// ([`Denied`](Self::Denied)), try again ([`Unavailable`](Self::Unavailable)), call an operator
/// ([`Corrupt`](Self::Corrupt), [`Keys`](Self::Keys), [`Misconfigured`](Self::Misconfigured)) or report a fault of this crate ([`Bug`](Self::Bug)). No message
/// shows SQL, a bound value or a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such row, or it belongs to somebody else: the two look alike on purpose.
    #[error("no such {entity}")]
    NotFound {
        /// What was looked for: `app`, `job`, …
        entity: &'static str,
    },

    /// The request and the state of the database exclude each other.
    #[error(transparent)]
    Conflict(#[from] Conflict),

    /// The input breaks a rule; the same input will be refused again.
    #[error(transparent)]
    Invalid(#[from] Invalid),

    /// The request is well-formed and possible, but this user may not have it.
    #[error(transparent)]
    Denied(#[from] Denied),

    /// Postgres could not be reached, or gave up. The call may be sent again: an operation that was committed
    /// although its answer was lost changes nothing the second time, unless its documentation says otherwise.
    #[error("{operation}: the database is unavailable ({reason}; waited {} ms): try again", .waited.as_millis())]
    Unavailable {
        /// The operation that was refused.
        operation: &'static str,
        /// How long it took until the operation was given up.
        waited: Duration,
        /// What the pool, the driver or the server said.
        reason: Reason,
        /// True for a write whose answer was lost: it may have been carried out. Sent again it changes nothing more, unless its
        /// documentation says otherwise.
        in_doubt: bool,
    },

    /// A stored value cannot be read. Nothing was changed; an operator has to look at the row.
    #[error("{table}.{column} of row {row} cannot be read: {reason}")]
    Corrupt {
        /// The table of the value.
        table: &'static str,
        /// The column of the value.
        column: &'static str,
        /// The key of the row.
        row: String,
        /// What is wrong with it, and the key that it asks for where it is encrypted.
        reason: String,
    },

    /// The key ring does not read what the database holds. Nothing was changed; an operator has to add a server secret.
    #[error(transparent)]
    Keys(#[from] KeyMismatch),

    /// The server, the role or a pooler is set up in a way that this crate cannot work with. An operator has to change it.
    #[error("{operation}: {problem}. {remedy}")]
    Misconfigured {
        /// The operation that was refused.
        operation: &'static str,
        /// What the server or the pooler said.
        problem: String,
        /// What to change.
        remedy: &'static str,
    },

    /// Something that this crate rules out has happened.
    #[error("{operation}: {what}; this is a fault of the data layer, please report it")]
    Bug {
        /// The operation in which it happened.
        operation: &'static str,
        /// What was found.
        what: String,
    },
}

/// What a request collided with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Conflict {
    /// A unique field already has this value in another row (`ErrConflict` of the reference).
    #[error("this {field} is taken by another {entity}: choose a different one")]
    Taken {
        /// What the other row is: `app`, `worker`, …
        entity: &'static str,
        /// The field that must be unique.
        field: &'static str,
    },

    /// A Google sign-in whose e-mail already belongs to another Google identity (`ErrAccountExists`).
    #[error("an account with this e-mail address exists already under another Google identity")]
    AccountExists,

    /// The state machine of jobs has no such step.
    #[error("job {job} is {from} and cannot become {to}")]
    IllegalStep {
        /// The job.
        job: JobId,
        /// Where it stands.
        from: JobStatus,
        /// Where it was asked to go.
        to: JobStatus,
    },

    /// A job was reported as ended twice, with different results.
    #[error(
        "job {job} already ended as {recorded} with another result: the report of {reported} contradicts it"
    )]
    ContradictingResult {
        /// The job.
        job: JobId,
        /// How it ended first.
        recorded: JobStatus,
        /// How it was reported now.
        reported: JobStatus,
    },

    /// The second factor is on, so that its secret must stay.
    #[error("the second factor of user {user} is on: switch it off before enrolling again")]
    SecondFactorOn {
        /// The user.
        user: UserId,
    },

    /// There is no secret that a second factor could be proved with.
    #[error("user {user} has not enrolled a second factor: set its secret first")]
    NotEnrolled {
        /// The user.
        user: UserId,
    },

    /// Alerts go from active over acknowledged to resolved, and never back.
    #[error("alert {alert} is {from} and cannot become {to}")]
    IllegalAlertStep {
        /// The alert.
        alert: AlertId,
        /// Where it stands.
        from: AlertStatus,
        /// Where it was asked to go.
        to: AlertStatus,
    },

    /// The worker has apps or unfinished jobs, so it cannot be deleted.
    #[error("worker {worker} has {apps} app(s) and {jobs} unfinished job(s): move or delete them first")]
    WorkerInUse {
        /// The worker.
        worker: WorkerId,
        /// Its living apps.
        apps: i64,
        /// Its unfinished jobs.
        jobs: i64,
    },

    /// The app has no container on any worker, so that there is nothing to start, stop or delete.
    #[error("app {app} has no container: deploy it first")]
    NoContainer {
        /// The app.
        app: AppId,
    },

    /// The app has a job that is not done yet.
    #[error("app {app} has an unfinished job: wait for it, or cancel it")]
    ActiveJob {
        /// The app.
        app: AppId,
    },
}

/// What a user may not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denied {
    /// The plan's number of apps is used up.
    #[error(
        "the {plan} plan allows {max_apps} app(s), and all are in use: delete one, or choose a larger plan"
    )]
    AppLimit {
        /// The user's plan.
        plan: String,
        /// How many apps it allows.
        max_apps: u32,
    },

    /// The app asks for more than the plan gives.
    #[error(transparent)]
    OverPlan(#[from] PlanError),

    /// Ten checks of backup codes wait in this process, each of which keeps a processor busy.
    #[error("too many backup codes are being checked: try again in a few seconds")]
    Busy,

    /// The platform stopped the app for breaking a limit or a rule.
    #[error("app {app} was stopped for a violation: an operator has to clear it first")]
    Violated {
        /// The app.
        app: AppId,
    },

    /// The account is switched off.
    #[error("this account is deactivated")]
    Deactivated,

    /// Too many wrong codes of the second factor were given for this user.
    #[error("too many wrong codes: try again in {} seconds", .wait.as_secs())]
    TooManyAttempts {
        /// How long until the next attempt is allowed; whole seconds.
        wait: Duration,
    },
}

impl Error {
    pub(crate) const fn not_found(entity: &'static str) -> Self {
        Self::NotFound { entity }
    }

    pub(crate) fn invalid(field: &'static str, problem: impl Into<String>) -> Self {
        Self::Invalid(Invalid::Field { field, problem: problem.into() })
    }

    pub(crate) fn bug(operation: &'static str, what: impl Into<String>) -> Self {
        Self::Bug { operation, what: what.into() }
    }

    pub(crate) const fn unavailable(operation: &'static str, waited: Duration, reason: Reason) -> Self {
        Self::Unavailable { operation, waited, reason, in_doubt: false }
    }

    /// Marks the failure of a write whose answer was lost.
    pub(crate) fn in_doubt_if(mut self, lost: bool) -> Self {
        if let Self::Unavailable { in_doubt, .. } = &mut self {
            *in_doubt |= lost;
        }
        self
    }

    /// True where sending the same call again may succeed without anybody's doing.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_message_says_what_was_wrong_and_what_to_do() {
        let (job, app) = (JobId::new(7), AppId::new(3));
        let (from, to) = (JobStatus::Completed, JobStatus::Processing);
        insta::assert_snapshot!(Error::not_found("app"), @"no such app");
        insta::assert_snapshot!(Error::from(Conflict::Taken { entity: "app", field: "name" }), @"this name is taken by another app: choose a different one");
        let user = UserId::new(3);
        insta::assert_snapshot!(Error::from(Conflict::SecondFactorOn { user }), @"the second factor of user 3 is on: switch it off before enrolling again");
        insta::assert_snapshot!(Error::from(Conflict::NotEnrolled { user }), @"user 3 has not enrolled a second factor: set its secret first");
        let (active, resolved) = (AlertStatus::Active, AlertStatus::Resolved);
        insta::assert_snapshot!(Error::from(Conflict::IllegalAlertStep { alert: AlertId::new(9), from: resolved, to: active }), @"alert 9 is resolved and cannot become active");
        insta::assert_snapshot!(Error::from(Conflict::AccountExists), @"an account with this e-mail address exists already under another Google identity");
        insta::assert_snapshot!(Error::from(Conflict::IllegalStep { job, from, to }), @"job 7 is completed and cannot become processing");
        insta::assert_snapshot!(Error::from(Conflict::ContradictingResult { job, recorded: from, reported: JobStatus::Failed }), @"job 7 already ended as completed with another result: the report of failed contradicts it");
        insta::assert_snapshot!(Error::from(Conflict::ActiveJob { app }), @"app 3 has an unfinished job: wait for it, or cancel it");
        insta::assert_snapshot!(Error::invalid("limit", "-1 is negative"), @"limit is out of bounds: -1 is negative");
        insta::assert_snapshot!(Error::from(Denied::AppLimit { plan: "free".into(), max_apps: 1 }), @"the free plan allows 1 app(s), and all are in use: delete one, or choose a larger plan");
        insta::assert_snapshot!(Error::from(Denied::Deactivated), @"this account is deactivated");
        insta::assert_snapshot!(Error::unavailable("users.find", Duration::from_millis(5001), Reason::ConnectionLost), @"users.find: the database is unavailable (the connection was lost; waited 5001 ms): try again");
        insta::assert_snapshot!(Error::unavailable("users.find", Duration::ZERO, Reason::PoolExhausted { connections: 25 }), @"users.find: the database is unavailable (all 25 connections of the pool are in use; waited 0 ms): try again");
        insta::assert_snapshot!(Error::Misconfigured { operation: "users.find", problem: "permission denied for table users".into(), remedy: "Grant it" }, @"users.find: permission denied for table users. Grant it");
        insta::assert_snapshot!(Error::Corrupt { table: "jobs", column: "payload", row: "7".into(), reason: "does not open".into() }, @"jobs.payload of row 7 cannot be read: does not open");
        insta::assert_snapshot!(Error::bug("jobs.find", "no row"), @"jobs.find: no row; this is a fault of the data layer, please report it");
    }

    #[test]
    fn only_what_may_pass_by_itself_is_worth_another_try() {
        let passing = Error::unavailable("x", Duration::ZERO, Reason::LockTimeout);
        let retryable: BTreeSet<_> =
            [passing, Error::not_found("app"), Denied::Deactivated.into(), Error::bug("x", "y")]
                .iter()
                .map(Error::is_retryable)
                .collect();
        assert_eq!(retryable.len(), 2);
    }
}
