//! What the control plane, its workers and its API say to each other (`internal/models`).
//!
//! All messages are JSON objects with `snake_case` names. Unknown fields are skipped, so that an old receiver
//! understands a newer sender, and missing ones take their zero value, as the original leaves out what is empty. What is
//! too large is refused where it decides something (a URL, a command), and cut where it only explains (a log).

mod bounds;
mod deploy;
mod job;
mod limits;
mod worker;

pub use deploy::DeployPayload;
pub use job::{CommitMetadata, JobResult, JobStatusUpdate, Progress};
pub use limits::ResourceLimits;
pub use worker::{AppStatusReport, HeartbeatRequest, ViolationReport, WorkerResources};
