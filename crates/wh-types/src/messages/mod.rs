//! Messages between the control plane, its workers and its API (`internal/models`).
//!
//! All messages are JSON objects with `snake_case` names. Unknown fields are skipped, so that an old receiver
//! understands a newer sender. A field that is missing or `null` takes its zero value, except the ones
//! without which a message says nothing: `app_uuid`, `job_id`, `status`, and `app_name` and `repo_url` of a
//! payload. Identities, URLs and commands beyond their bound are refused, since a part of them would name
//! something else. Texts that only explain (a log, an error, an author) are cut.

mod bounds;
mod connection;
mod deploy;
mod job;
mod limits;
mod worker;

pub use connection::{FromWorker, JobMessage, ToWorker, WorkerLogLine};
pub use deploy::DeployPayload;
pub use job::{CommitMetadata, JobResult, JobStatusUpdate, Progress};
pub use limits::ResourceLimits;
pub use worker::{AppStatusReport, HeartbeatRequest, ViolationReport, WorkerResources};
