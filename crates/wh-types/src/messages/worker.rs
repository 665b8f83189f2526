//! A worker's reports on itself and its apps.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::bounds;
use crate::{AppStatus, Invalid, WorkerStatus};

/// Capacity and use of a worker (`workers.capacity_*`, `workers.used_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkerResources {
    /// CPU it may give away, in thousandths of one CPU.
    #[serde(deserialize_with = "bounds::count")]
    pub capacity_cpu_milli: u32,
    /// Memory it may give away, in MiB.
    #[serde(deserialize_with = "bounds::count")]
    pub capacity_memory_mib: u32,
    /// CPU in use, in thousandths of one CPU.
    #[serde(deserialize_with = "bounds::count")]
    pub used_cpu_milli: u32,
    /// Memory in use, in MiB.
    #[serde(deserialize_with = "bounds::count")]
    pub used_memory_mib: u32,
    /// Containers that run.
    #[serde(deserialize_with = "bounds::count")]
    pub running_containers: u32,
}

/// A worker's regular sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatRequest {
    /// Whether it takes jobs.
    pub status: WorkerStatus,
    /// Its capacity and use.
    #[serde(default)]
    pub resources: WorkerResources,
}

/// A worker's word about an app whose state changed by itself: its container died, or came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppStatusReport {
    /// The app.
    pub app_uuid: Uuid,
    /// Its current status.
    pub status: AppStatus,
    /// The container that runs, at most 128 characters; empty where none does.
    #[serde(default, deserialize_with = "bounds::container_id", skip_serializing_if = "String::is_empty")]
    pub container_id: String,
    /// The host port that leads to it; 0 where none does.
    #[serde(default, deserialize_with = "bounds::port")]
    pub port: u16,
    /// Why, for the user; cut to 8 KiB.
    #[serde(default, deserialize_with = "bounds::sentence", skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// A worker's word that it stopped an app for breaking a limit or a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViolationReport {
    /// The app.
    pub app_uuid: Uuid,
    /// Which limit or rule, in the words of the worker (`memory`, `crypto-mining`), at most 255 characters.
    #[serde(default, deserialize_with = "bounds::kind")]
    pub kind: String,
    /// The reason, for the user; cut to 8 KiB.
    #[serde(default, deserialize_with = "bounds::sentence")]
    pub reason: String,
    /// The container that was stopped, at most 128 characters; empty where it is gone.
    #[serde(default, deserialize_with = "bounds::container_id", skip_serializing_if = "String::is_empty")]
    pub container_id: String,
}

impl AppStatusReport {
    /// Refuses a container id that is wider than its columns.
    ///
    /// # Errors
    /// [`Invalid::Field`] with the length and the bound.
    pub fn check(&self) -> Result<(), Invalid> {
        bounds::check("container_id", &self.container_id, bounds::CONTAINER_ID)
    }
}

impl ViolationReport {
    /// Refuses a container id that is wider than its columns.
    ///
    /// # Errors
    /// [`Invalid::Field`] with the length and the bound.
    pub fn check(&self) -> Result<(), Invalid> {
        bounds::check("container_id", &self.container_id, bounds::CONTAINER_ID)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_says_what_it_must_and_may_leave_out_the_rest() {
        let beat: HeartbeatRequest = serde_json::from_str(
            r#"{"status": "online", "resources": {"used_memory_mib": 12}, "version": "2"}"#,
        )
        .unwrap();
        assert_eq!(beat.status, WorkerStatus::Online);
        assert_eq!(beat.resources, WorkerResources { used_memory_mib: 12, ..Default::default() });
        assert!(serde_json::from_str::<HeartbeatRequest>("{}").is_err());
        assert!(serde_json::from_str::<HeartbeatRequest>(r#"{"status": "sleeping"}"#).is_err());
    }

    #[test]
    fn a_container_id_is_as_wide_as_its_columns() {
        let app = r#""app_uuid": "6f1c1c9e-7a3e-4b51-9b0f-0a4c7d2f8e11""#;
        for (width, fits) in [(128, true), (129, false)] {
            let id = "x".repeat(width);
            let status = format!(r#"{{{app}, "status": "running", "container_id": "{id}"}}"#);
            assert_eq!(serde_json::from_str::<AppStatusReport>(&status).is_ok(), fits);
            let violation = format!(r#"{{{app}, "container_id": "{id}"}}"#);
            assert_eq!(serde_json::from_str::<ViolationReport>(&violation).is_ok(), fits);
        }
    }

    #[test]
    fn reports_name_their_app_by_its_uuid() {
        let report: AppStatusReport = serde_json::from_str(
            r#"{"app_uuid": "6f1c1c9e-7a3e-4b51-9b0f-0a4c7d2f8e11", "status": "stopped", "message": null}"#,
        )
        .unwrap();
        insta::assert_snapshot!(
            serde_json::to_string(&report).unwrap(),
            @r#"{"app_uuid":"6f1c1c9e-7a3e-4b51-9b0f-0a4c7d2f8e11","status":"stopped","port":0}"#
        );
        let violation = r#"{"app_uuid": "6f1c1c9e-7a3e-4b51-9b0f-0a4c7d2f8e11", "kind": "memory", "reason": "used 600 MiB of 512"}"#;
        assert_eq!(serde_json::from_str::<ViolationReport>(violation).unwrap().kind, "memory");
        assert!(serde_json::from_str::<ViolationReport>(&violation.replace("6f1c", "")).is_err());
    }
}
