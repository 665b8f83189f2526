//! What the control plane and a worker say to each other on the connection that the worker opens.

use std::fmt;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    AppStatusReport, DeployPayload, HeartbeatRequest, JobResult, JobStatusUpdate, ViolationReport, bounds,
};
use crate::{Invalid, JobId, JobType, LogStream};

/// A job as its worker is handed it. `Debug` shows no secret of the payload.
#[derive(Debug, Clone)]
pub struct JobMessage {
    /// The job.
    pub job_id: JobId,
    /// The task.
    pub job_type: JobType,
    /// What to build and run, or the container that it is about.
    pub payload: DeployPayload,
}

/// What the control plane tells a worker. A job holds secrets, so it serialises only by [`to_json`](Self::to_json).
#[derive(Debug, Clone)]
pub enum ToWorker {
    /// Carry out this job. It may come again after the connection broke.
    Job(Box<JobMessage>),
    /// The end of this job is recorded: report it no more.
    Recorded {
        /// The job.
        job_id: JobId,
    },
    /// Say which containers there are ([`FromWorker::Containers`]).
    ListContainers {
        /// The time of the database. It comes back with the answer.
        as_of: DateTime<Utc>,
    },
    /// Remove containers that no app is in any more.
    RemoveContainers {
        /// The containers.
        container_ids: Vec<String>,
    },
    /// Something that a newer control plane says. Skip it.
    Unknown,
}

/// A line that an app printed, as its worker read it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerLogLine {
    /// The app.
    pub app_uuid: Uuid,
    /// Where it came from.
    pub stream: LogStream,
    /// The line without its end; of a longer one the first 8 KiB.
    #[serde(default, deserialize_with = "bounds::sentence")]
    pub line: String,
    /// When it was read.
    pub logged_at: DateTime<Utc>,
}

impl fmt::Debug for WorkerLogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What an app prints is its owner's.
        f.debug_struct("WorkerLogLine").field("app_uuid", &self.app_uuid).finish_non_exhaustive()
    }
}

/// What a worker tells the control plane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromWorker {
    /// The first message of a connection.
    Hello {
        /// Jobs that it was handed and whose end is not recorded yet. It is handed every other unfinished one again.
        #[serde(default)]
        jobs: Vec<JobId>,
    },
    /// A sign of life.
    Heartbeat(HeartbeatRequest),
    /// How far a job is.
    Progress(JobStatusUpdate),
    /// A job has ended. Sent until it is [`ToWorker::Recorded`].
    Ended {
        /// The job.
        job_id: JobId,
        /// Whether the worker did what was asked.
        succeeded: bool,
        /// What came of it.
        result: JobResult,
    },
    /// Lines of runtime logs. Sent once.
    Logs {
        /// The lines, in order.
        lines: Vec<WorkerLogLine>,
    },
    /// The containers of this worker, each `running` or `stopped`.
    Containers {
        /// The time that came with the question.
        as_of: DateTime<Utc>,
        /// The containers.
        apps: Vec<AppStatusReport>,
    },
    /// An app was stopped for breaking a limit or a rule.
    Violation(ViolationReport),
    /// It ends after the job that it is at: hand it no other.
    Draining,
    /// Something that a newer worker says. Skip it.
    #[serde(other)]
    Unknown,
}

/// The JSON form of [`ToWorker`], in which the payload of a job is a text, as in `jobs.payload`.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Wire {
    Job {
        job_id: JobId,
        job_type: JobType,
        payload: String,
    },
    Recorded {
        job_id: JobId,
    },
    ListContainers {
        as_of: DateTime<Utc>,
    },
    RemoveContainers {
        container_ids: Vec<String>,
    },
    #[serde(other)]
    Unknown,
}

impl ToWorker {
    /// The JSON of this message. That of a job holds the app's environment in the clear, hence a secret.
    ///
    /// # Errors
    /// [`Invalid`] where the payload is larger than its reader would take.
    pub fn to_json(&self) -> Result<SecretString, Invalid> {
        let wire = match self {
            Self::Job(job) => Wire::Job {
                job_id: job.job_id,
                job_type: job.job_type,
                payload: job.payload.to_json()?.expose_secret().to_owned(),
            },
            Self::Recorded { job_id } => Wire::Recorded { job_id: *job_id },
            Self::ListContainers { as_of } => Wire::ListContainers { as_of: *as_of },
            Self::RemoveContainers { container_ids } => {
                Wire::RemoveContainers { container_ids: container_ids.clone() }
            }
            Self::Unknown => Wire::Unknown,
        };
        serde_json::to_string(&wire).map(SecretString::from).map_err(|error| broken(&error))
    }

    /// Reads a message. Unknown fields are skipped, and an unknown message is [`Unknown`](Self::Unknown).
    ///
    /// # Errors
    /// [`Invalid`] where it is no message to a worker; the text never shows the content.
    pub fn from_json(json: &SecretString) -> Result<Self, Invalid> {
        Ok(match serde_json::from_str(json.expose_secret()).map_err(|error| broken(&error))? {
            Wire::Job { job_id, job_type, payload } => {
                let payload = DeployPayload::from_json(&payload.into())?;
                Self::Job(Box::new(JobMessage { job_id, job_type, payload }))
            }
            Wire::Recorded { job_id } => Self::Recorded { job_id },
            Wire::ListContainers { as_of } => Self::ListContainers { as_of },
            Wire::RemoveContainers { container_ids } => Self::RemoveContainers { container_ids },
            Wire::Unknown => Self::Unknown,
        })
    }
}

/// `serde_json`'s own message may quote a value, and values are secret here.
fn broken(error: &serde_json::Error) -> Invalid {
    let problem = format!("it is no such message (line {}, column {})", error.line(), error.column());
    Invalid::Message { message: "message to a worker", problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Progress;

    const PAYLOAD: &str = r#"{"app_uuid":"6f1c1c9e-7a3e-4b51-9b0f-0a4c7d2f8e11","app_name":"my-shop-1","repo_url":"https://github.com/acme/shop","env":{"TOKEN":"hunter2"}}"#;

    fn read(json: &str) -> Result<ToWorker, Invalid> {
        ToWorker::from_json(&json.into())
    }

    #[test]
    fn a_job_travels_with_its_payload_and_shows_no_secret() {
        let job = JobMessage {
            job_id: JobId::new(7),
            job_type: JobType::Deploy,
            payload: DeployPayload::from_json(&PAYLOAD.into()).unwrap(),
        };
        let message = ToWorker::Job(Box::new(job));
        assert!(!format!("{message:?}").contains("hunter2"));
        let json = message.to_json().unwrap();
        let plain: serde_json::Value = serde_json::from_str(json.expose_secret()).unwrap();
        assert_eq!(
            (&plain["type"], &plain["job_id"], &plain["job_type"]),
            (&"job".into(), &7.into(), &"deploy".into())
        );
        let ToWorker::Job(back) = ToWorker::from_json(&json).unwrap() else { panic!("{message:?}") };
        assert_eq!(back.payload.env.values().next().unwrap().expose_secret(), "hunter2");

        let broken = json.expose_secret().replace("hunter2", "hunter2\\u0000");
        for broken in [broken.as_str(), r#"{"type":"job","payload":"hunter2"}"#, "hunter2", ""] {
            let refusal = read(broken).unwrap_err().to_string();
            assert!(!refusal.contains("hunter2"), "{refusal}");
        }
    }

    #[test]
    fn messages_of_a_newer_peer_are_skipped() {
        assert!(matches!(read(r#"{"type":"dance","step":1}"#), Ok(ToWorker::Unknown)));
        assert!(matches!(read(r#"{"type":"recorded","job_id":7,"by":"me"}"#), Ok(ToWorker::Recorded { .. })));
        let unknown: FromWorker = serde_json::from_str(r#"{"type":"dance","step":1}"#).unwrap();
        assert_eq!(unknown, FromWorker::Unknown);
    }

    #[test]
    fn what_a_worker_says_is_flat_json() {
        let update = JobStatusUpdate {
            job_id: JobId::new(7),
            status: crate::JobStatus::Processing,
            message: "cloning".into(),
            progress: Progress::new(25).unwrap(),
        };
        let progress = FromWorker::Progress(update);
        let json = serde_json::to_string(&progress).unwrap();
        insta::assert_snapshot!(json, @r#"{"type":"progress","job_id":7,"status":"processing","message":"cloning","progress":25}"#);
        assert_eq!(serde_json::from_str::<FromWorker>(&json).unwrap(), progress);
        let ended = FromWorker::Ended {
            job_id: JobId::new(7),
            succeeded: true,
            result: JobResult { container_id: "c0ffee".into(), port: 30_001, ..Default::default() },
        };
        let json = serde_json::to_string(&ended).unwrap();
        insta::assert_snapshot!(json, @r#"{"type":"ended","job_id":7,"succeeded":true,"result":{"container_id":"c0ffee","port":30001}}"#);
        assert_eq!(serde_json::from_str::<FromWorker>(&json).unwrap(), ended);
    }
}
