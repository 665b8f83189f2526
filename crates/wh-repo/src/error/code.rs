//! The cases of an error as stable words, with what a service answers to each.

use std::time::Duration;

use serde_json::{Map, Value, json};
use wh_plans::PlanError;
use wh_types::Invalid;

use super::{Conflict, Denied, Error};

/// How long to wait before a call is sent again that found the database, or this process, busy.
const SHORTLY: Duration = Duration::from_secs(1);

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $code:ident = $word:literal, $status:literal;)+) => {
        /// A case of [`Error`], named by a word that stays. `docs/errors.md` lists them all.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $code,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$code),+];

            /// The word: lower case, with underscores. It never changes.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => $word),+ }
            }

            /// The status with which an HTTP service answers (RFC 9110, section 15).
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$code => $status),+ }
            }

            /// What the code means.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$code => concat!($($doc),+)),+ }
            }
        }
    };
}

codes! {
    /// There is no such row, or it belongs to somebody else.
    NotFound = "not_found", 404;
    /// Another row has this value already.
    Taken = "taken", 409;
    /// The e-mail address belongs to an account with another Google identity.
    AccountExists = "account_exists", 409;
    /// A job cannot take this step from where it stands.
    IllegalStep = "illegal_step", 409;
    /// A job that has ended was reported with another result.
    ContradictingResult = "contradicting_result", 409;
    /// The second factor is on, so its secret stays.
    SecondFactorOn = "second_factor_on", 409;
    /// No second factor was enrolled.
    NotEnrolled = "not_enrolled", 409;
    /// An alert cannot take this step from where it stands.
    IllegalAlertStep = "illegal_alert_step", 409;
    /// The worker has apps or unfinished jobs.
    WorkerInUse = "worker_in_use", 409;
    /// The app was never deployed, or its container is gone.
    NoContainer = "no_container", 409;
    /// The app has a job that is not done yet.
    ActiveJob = "active_job", 409;
    /// The input breaks a rule.
    Invalid = "invalid", 422;
    /// The plan's number of apps is used up.
    AppLimit = "app_limit", 403;
    /// The app asks for more than the plan gives.
    OverPlan = "over_plan", 403;
    /// Too many backup codes are being checked at once.
    Busy = "busy", 503;
    /// The platform stopped the app for a violation.
    Violated = "violated", 403;
    /// The account is switched off.
    Deactivated = "deactivated", 403;
    /// Too many wrong codes of the second factor.
    TooManyAttempts = "too_many_attempts", 429;
    /// Postgres could not be reached, or gave up.
    Unavailable = "unavailable", 503;
    /// A write whose answer was lost: it may have been carried out.
    InDoubt = "in_doubt", 503;
    /// A stored value cannot be read.
    Corrupt = "corrupt", 500;
    /// The server secrets do not read the database.
    Keys = "keys", 500;
    /// The server, the role or a pooler is set up wrongly.
    Misconfigured = "misconfigured", 500;
    /// A fault of the data layer.
    Bug = "bug", 500;
}

impl Error {
    /// The case, as a word that stays, with the HTTP status that suits it.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::NotFound { .. } => Code::NotFound,
            Self::Conflict(conflict) => conflict.code(),
            Self::Invalid(_) => Code::Invalid,
            Self::Denied(denied) => denied.code(),
            Self::Unavailable { in_doubt: false, .. } => Code::Unavailable,
            Self::Unavailable { in_doubt: true, .. } => Code::InDoubt,
            Self::Corrupt { .. } => Code::Corrupt,
            Self::Keys(_) => Code::Keys,
            Self::Misconfigured { .. } => Code::Misconfigured,
            Self::Bug { .. } => Code::Bug,
        }
    }

    /// How long to wait before the same call is worth another try; none where it would be refused again. It is the value of
    /// `Retry-After` (RFC 9110, section 10.2.3).
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { .. } | Self::Denied(Denied::Busy) => Some(SHORTLY),
            Self::Denied(Denied::TooManyAttempts { wait }) => Some(*wait),
            _ => None,
        }
    }

    /// The fields of the case as JSON, for who turns the error into an answer: `{"entity": "app", "field": "name"}`. Empty for
    /// what only an operator can mend.
    #[must_use]
    pub fn details(&self) -> Map<String, Value> {
        let fields = match self {
            Self::NotFound { entity } => json!({ "entity": entity }),
            Self::Conflict(conflict) => conflict.details(),
            Self::Invalid(invalid) => subject(invalid),
            Self::Denied(denied) => denied.details(),
            Self::Unavailable { operation, .. } => json!({ "operation": operation }),
            Self::Corrupt { .. } | Self::Keys(_) | Self::Misconfigured { .. } | Self::Bug { .. } => json!({}),
        };
        match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }
}

/// What an invalid value was given as.
fn subject(invalid: &Invalid) -> Value {
    let what = match invalid {
        Invalid::Field { field, .. } => *field,
        Invalid::Length { what, .. }
        | Invalid::Character { what, .. }
        | Invalid::Hyphen { what, .. }
        | Invalid::Reserved { what, .. }
        | Invalid::Quantity { what, .. }
        | Invalid::Form { what, .. } => what,
        Invalid::Hostname { .. } => "hostname",
        Invalid::IpAddress => "ip_address",
        Invalid::Message { message, .. } => message,
        _ => return json!({}),
    };
    json!({ "field": what })
}

impl Conflict {
    /// The [`field`](Self::Taken::field) of a taken app or worker name.
    pub const NAME: &'static str = "name";
    /// The [`field`](Self::Taken::field) of a taken subdomain.
    pub const SUBDOMAIN: &'static str = "subdomain";
    /// The [`field`](Self::Taken::field) of a host name that another app has verified.
    pub const HOSTNAME: &'static str = "hostname";
    /// The [`field`](Self::Taken::field) of an API key that another worker has.
    pub const API_KEY: &'static str = "API key";
    /// The [`field`](Self::Taken::field) of a token that another session has.
    pub const TOKEN: &'static str = "token";

    const fn code(&self) -> Code {
        match self {
            Self::Taken { .. } => Code::Taken,
            Self::AccountExists => Code::AccountExists,
            Self::IllegalStep { .. } => Code::IllegalStep,
            Self::ContradictingResult { .. } => Code::ContradictingResult,
            Self::SecondFactorOn { .. } => Code::SecondFactorOn,
            Self::NotEnrolled { .. } => Code::NotEnrolled,
            Self::IllegalAlertStep { .. } => Code::IllegalAlertStep,
            Self::WorkerInUse { .. } => Code::WorkerInUse,
            Self::NoContainer { .. } => Code::NoContainer,
            Self::ActiveJob { .. } => Code::ActiveJob,
        }
    }

    fn details(&self) -> Value {
        match self {
            Self::Taken { entity, field } => json!({ "entity": entity, "field": field }),
            Self::AccountExists => json!({}),
            Self::IllegalStep { job, from, to } => json!({ "job": job, "from": from, "to": to }),
            Self::ContradictingResult { job, recorded, reported } => {
                json!({ "job": job, "recorded": recorded, "reported": reported })
            }
            Self::SecondFactorOn { user } | Self::NotEnrolled { user } => json!({ "user": user }),
            Self::IllegalAlertStep { alert, from, to } => json!({ "alert": alert, "from": from, "to": to }),
            Self::WorkerInUse { worker, apps, jobs } => {
                json!({ "worker": worker, "apps": apps, "jobs": jobs })
            }
            Self::NoContainer { app } | Self::ActiveJob { app } => json!({ "app": app }),
        }
    }
}

impl Denied {
    const fn code(&self) -> Code {
        match self {
            Self::AppLimit { .. } => Code::AppLimit,
            Self::OverPlan(_) => Code::OverPlan,
            Self::Busy => Code::Busy,
            Self::Violated { .. } => Code::Violated,
            Self::Deactivated => Code::Deactivated,
            Self::TooManyAttempts { .. } => Code::TooManyAttempts,
        }
    }

    fn details(&self) -> Value {
        match self {
            Self::AppLimit { plan, max_apps } => json!({ "plan": plan, "max_apps": max_apps }),
            Self::OverPlan(PlanError::OverLimit { plan, limit, asked, allowed }) => {
                json!({ "plan": plan.to_string(), "limit": limit.to_string(), "asked": asked, "allowed": allowed })
            }
            Self::Violated { app } => json!({ "app": app }),
            Self::TooManyAttempts { wait } => json!({ "retry_after": wait.as_secs() }),
            Self::OverPlan(_) | Self::Busy | Self::Deactivated => json!({}),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use wh_types::{AlertId, AlertStatus, AppId, JobId, JobStatus, UserId, WorkerId};

    use super::*;
    use crate::error::{KeyMismatch, Reason};

    const PAGE: &str = include_str!("../../../../docs/errors.md");

    /// An error of each case.
    fn each() -> Vec<Error> {
        let (job, app, user) = (JobId::new(7), AppId::new(3), UserId::new(5));
        let (ended, begun) = (JobStatus::Completed, JobStatus::Processing);
        let unavailable = |in_doubt| {
            Error::unavailable("users.find", Duration::ZERO, Reason::ConnectionLost).in_doubt_if(in_doubt)
        };
        vec![
            Error::not_found("app"),
            Conflict::Taken { entity: "app", field: Conflict::NAME }.into(),
            Conflict::AccountExists.into(),
            Conflict::IllegalStep { job, from: ended, to: begun }.into(),
            Conflict::ContradictingResult { job, recorded: ended, reported: JobStatus::Failed }.into(),
            Conflict::SecondFactorOn { user }.into(),
            Conflict::NotEnrolled { user }.into(),
            Conflict::IllegalAlertStep {
                alert: AlertId::new(9),
                from: AlertStatus::Resolved,
                to: AlertStatus::Active,
            }
            .into(),
            Conflict::WorkerInUse { worker: WorkerId::new(2), apps: 1, jobs: 0 }.into(),
            Conflict::NoContainer { app }.into(),
            Conflict::ActiveJob { app }.into(),
            Error::invalid("limit", "-1 is negative"),
            Denied::AppLimit { plan: "free".to_owned(), max_apps: 1 }.into(),
            Denied::OverPlan(PlanError::Unknown { given: "pr0".to_owned(), known: Vec::new() }).into(),
            Denied::Busy.into(),
            Denied::Violated { app }.into(),
            Denied::Deactivated.into(),
            Denied::TooManyAttempts { wait: Duration::from_secs(30) }.into(),
            unavailable(false),
            unavailable(true),
            Error::Corrupt { table: "jobs", column: "payload", row: "7".to_owned(), reason: String::new() },
            KeyMismatch { ring: Vec::new(), missing: Vec::new(), unopenable: Vec::new() }.into(),
            Error::Misconfigured { operation: "users.find", problem: String::new(), remedy: "" },
            Error::bug("jobs.find", "no row"),
        ]
    }

    #[test]
    fn each_case_has_a_code_of_its_own() {
        let codes: Vec<_> = each().iter().map(Error::code).collect();
        assert_eq!(codes, Code::ALL);
        let words: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len());
    }

    #[test]
    fn the_page_lists_the_codes() {
        let rows: Vec<_> = PAGE.lines().filter(|line| line.starts_with("| `")).map(str::to_owned).collect();
        let expected: Vec<_> = each()
            .iter()
            .map(|error| {
                let code = error.code();
                let retry = match error.retry_after() {
                    Some(_) if code == Code::TooManyAttempts => "after the wait",
                    Some(_) => "after a second",
                    None => "no",
                };
                let details: Vec<_> = error.details().keys().map(|key| format!("`{key}`")).collect();
                let (word, status, meaning) = (code.as_str(), code.status(), code.meaning().trim());
                format!("| `{word}` | {status} | {retry} | {} | {meaning} |", details.join(", "))
            })
            .collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn only_a_call_that_may_succeed_is_sent_again() {
        for error in each() {
            assert_eq!(
                error.retry_after().is_some(),
                matches!(error.code().status(), 429 | 503),
                "{error:?}"
            );
        }
    }

    #[test]
    fn details_are_the_fields_of_the_case() {
        let details = |error: Error| serde_json::to_string(&error.details()).unwrap();
        let taken = Conflict::Taken { entity: "app", field: Conflict::NAME };
        assert_eq!(details(taken.into()), r#"{"entity":"app","field":"name"}"#);
        let step = Conflict::IllegalStep {
            job: JobId::new(7),
            from: JobStatus::Completed,
            to: JobStatus::Processing,
        };
        assert_eq!(details(step.into()), r#"{"from":"completed","job":7,"to":"processing"}"#);
        assert_eq!(details(Error::bug("jobs.find", "no row")), "{}");
    }
}
