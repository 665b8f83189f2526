//! A worker's reports on its jobs.

use serde::{Deserialize, Serialize};

use super::bounds;
use crate::{Invalid, JobId, JobStatus};

/// How far a job is, in percent: 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Progress(u8);

impl Progress {
    /// Not begun.
    pub const NONE: Self = Self(0);
    /// Done.
    pub const DONE: Self = Self(100);

    /// Takes a percentage.
    ///
    /// # Errors
    /// [`Invalid`] for more than 100.
    pub fn new(percent: u8) -> Result<Self, Invalid> {
        Self::try_from(i64::from(percent))
    }

    /// The percentage.
    #[must_use]
    pub const fn percent(self) -> u8 {
        self.0
    }
}

impl TryFrom<i64> for Progress {
    type Error = Invalid;

    fn try_from(given: i64) -> Result<Self, Invalid> {
        match u8::try_from(given) {
            Ok(percent) if percent <= 100 => Ok(Self(percent)),
            _ => Err(Invalid::Field {
                field: "progress",
                problem: format!("{given} is not a percentage: 0 to 100 are allowed"),
            }),
        }
    }
}

impl From<Progress> for i64 {
    fn from(progress: Progress) -> Self {
        progress.0.into()
    }
}

/// A worker's word about a job that it works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobStatusUpdate {
    /// The job.
    pub job_id: JobId,
    /// Its new status.
    pub status: JobStatus,
    /// The current step of the worker, for the user; cut to 8 KiB.
    #[serde(default, deserialize_with = "bounds::sentence")]
    pub message: String,
    /// How far it is.
    #[serde(default, deserialize_with = "or_none")]
    pub progress: Progress,
}

/// `null` is no progress.
fn or_none<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Progress, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Which commit was built. All three may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CommitMetadata {
    /// The commit's hash, at most 64 characters: a longer one is refused, never cut.
    #[serde(
        rename = "commit_sha",
        default,
        deserialize_with = "bounds::commit_sha",
        skip_serializing_if = "String::is_empty"
    )]
    pub sha: String,
    /// Its message, cut to 8 KiB.
    #[serde(
        rename = "commit_message",
        default,
        deserialize_with = "bounds::sentence",
        skip_serializing_if = "String::is_empty"
    )]
    pub message: String,
    /// Its author, cut to 255 characters.
    #[serde(
        rename = "commit_author",
        default,
        deserialize_with = "bounds::author",
        skip_serializing_if = "String::is_empty"
    )]
    pub author: String,
}

/// The result of a job: the JSON of `jobs.result`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct JobResult {
    /// The container that runs now, at most 128 characters; empty where none does.
    #[serde(deserialize_with = "bounds::container_id", skip_serializing_if = "String::is_empty")]
    pub container_id: String,
    /// The host port that leads to it; 0 where none does.
    #[serde(deserialize_with = "bounds::port")]
    pub port: u16,
    /// The build log; its last 4 MiB.
    #[serde(deserialize_with = "bounds::logs", skip_serializing_if = "String::is_empty")]
    pub logs: String,
    /// Which commit was built, as `commit_sha`, `commit_message` and `commit_author` beside the others.
    #[serde(flatten)]
    pub commit: CommitMetadata,
    /// The error; empty on success; cut to 8 KiB.
    #[serde(deserialize_with = "bounds::sentence", skip_serializing_if = "String::is_empty")]
    pub error: String,
}

impl CommitMetadata {
    /// Refuses a hash that is wider than its columns: cut, it would name another commit or none.
    ///
    /// # Errors
    /// [`Invalid::Field`] with the length and the bound.
    pub fn check(&self) -> Result<(), Invalid> {
        bounds::check("commit_sha", &self.sha, bounds::COMMIT_SHA)
    }
}

impl JobResult {
    /// Refuses identities that are wider than their columns: container id and commit hash. Texts are cut
    /// where they are stored.
    ///
    /// # Errors
    /// [`Invalid::Field`] with the first that is too wide.
    pub fn check(&self) -> Result<(), Invalid> {
        bounds::check("container_id", &self.container_id, bounds::CONTAINER_ID)?;
        self.commit.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_flat_and_leaves_out_what_is_empty() {
        let result = JobResult {
            container_id: "c0ffee".into(),
            port: 30_001,
            commit: CommitMetadata { sha: "abc123".into(), author: "Ada".into(), ..Default::default() },
            ..Default::default()
        };
        let json = serde_json::to_string(&result).unwrap();
        insta::assert_snapshot!(json, @r#"{"container_id":"c0ffee","port":30001,"commit_sha":"abc123","commit_author":"Ada"}"#);
        assert_eq!(serde_json::from_str::<JobResult>(&json).unwrap(), result);
        assert_eq!(
            serde_json::from_str::<JobResult>(r#"{"cpu": 3, "logs": null}"#).unwrap(),
            JobResult::default()
        );
    }

    #[test]
    fn a_long_log_keeps_its_end_and_a_long_error_its_beginning_both_without_nul() {
        let long = format!("first ä{}\\u0000last", "ä".repeat(3_000_000));
        let result: JobResult =
            serde_json::from_str(&format!(r#"{{"logs": "{long}", "error": "{long}"}}"#)).unwrap();
        assert!(result.logs.ends_with("älast") && result.logs.len() <= 4 << 20, "{}", result.logs.len());
        assert!(result.logs.len() > (4 << 20) - 4);
        assert!(result.error.starts_with("first ä") && result.error.len() <= 8 << 10);
        assert!(result.error.len() > (8 << 10) - 4);
    }

    #[test]
    fn what_decides_something_is_refused_when_out_of_bounds() {
        for bad in [
            format!(r#"{{"container_id": "{}"}}"#, "x".repeat(129)),
            r#"{"container_id": "a\u0000b"}"#.to_owned(),
            r#"{"port": 65536}"#.to_owned(),
            r#"{"port": -1}"#.to_owned(),
            format!(r#"{{"commit_sha": "{}"}}"#, "x".repeat(65)),
        ] {
            assert!(serde_json::from_str::<JobResult>(&bad).is_err(), "{bad}");
        }
        let (container_id, sha) = ("é".repeat(128), "f".repeat(64));
        let widest = format!(r#"{{"container_id": "{container_id}", "commit_sha": "{sha}"}}"#);
        let widest: JobResult = serde_json::from_str(&widest).unwrap();
        assert_eq!((&widest.container_id, &widest.commit.sha), (&container_id, &sha));
        assert_eq!(widest.check(), Ok(()));
        let refusal = |result: JobResult| result.check().unwrap_err().to_string();
        let wider = JobResult { container_id: "x".repeat(200), ..Default::default() };
        insta::assert_snapshot!(refusal(wider), @"container_id is out of bounds: it has 200 characters, at most 128 are allowed");
        let commit = CommitMetadata { sha: "f".repeat(100), ..Default::default() };
        insta::assert_snapshot!(refusal(JobResult { commit, ..Default::default() }), @"commit_sha is out of bounds: it has 100 characters, at most 64 are allowed");
    }

    #[test]
    fn null_is_the_zero_value_and_a_long_author_is_cut() {
        let json =
            format!(r#"{{"container_id": null, "port": null, "commit_author": "{}"}}"#, "é".repeat(300));
        let result: JobResult = serde_json::from_str(&json).unwrap();
        assert_eq!((result.port, result.commit.author), (0, "é".repeat(255)));
        let update = r#"{"job_id": 7, "status": "failed", "message": null, "progress": null}"#;
        assert_eq!(serde_json::from_str::<JobStatusUpdate>(update).unwrap().progress, Progress::NONE);
        assert!(
            serde_json::from_str::<JobStatusUpdate>(r#"{"job_id": 7}"#).is_err(),
            "a status is never guessed"
        );
    }

    #[test]
    fn progress_is_a_percentage() {
        let update = r#"{"job_id": 7, "status": "processing", "progress": 100}"#;
        assert_eq!(serde_json::from_str::<JobStatusUpdate>(update).unwrap().progress, Progress::DONE);
        for bad in ["101", "-1", "300"] {
            let error =
                serde_json::from_str::<JobStatusUpdate>(&update.replace("100", bad)).unwrap_err().to_string();
            assert!(error.contains(&format!("{bad} is not a percentage")), "{error}");
        }
        assert!(Progress::new(101).is_err());
        assert_eq!(Progress::new(42).unwrap().percent(), 42);
    }
}
