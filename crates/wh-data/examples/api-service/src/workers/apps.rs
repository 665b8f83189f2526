//! What a worker says of the apps that it has. It is believed about its own alone.

use wh_data::chrono::{DateTime, Utc};
use wh_data::repo::{NewLogLine, Result};
use wh_data::types::{AppId, AppStatusReport, ToWorker, ViolationReport, WorkerLogLine};
use wh_data::uuid::Uuid;

use super::conversation::{Conversation, Ended};

impl Conversation {
    /// Asks which containers there are.
    pub(super) async fn ask_for_containers(&mut self) -> Result<(), Ended> {
        let as_of = self.api.db().apps().now().await?;
        self.say(&ToWorker::ListContainers { as_of }).await
    }

    /// Compares the containers with the apps, and has those removed that no app is in.
    pub(super) async fn compare(
        &mut self,
        as_of: DateTime<Utc>,
        apps: &[AppStatusReport],
    ) -> Result<(), Ended> {
        let outcome = self.api.db().apps().report(self.worker, as_of, apps).await?;
        if outcome.remove.is_empty() {
            return Ok(());
        }
        let container_ids = outcome.remove.into_iter().map(|stray| stray.container_id).collect();
        self.say(&ToWorker::RemoveContainers { container_ids }).await
    }

    /// Stores lines and shows them to who watches. Lines of apps that this worker does not have are left out.
    pub(super) async fn print(&mut self, lines: Vec<WorkerLogLine>) -> Result<(), Ended> {
        let mut kept = Vec::with_capacity(lines.len());
        for line in lines {
            if let Some(app) = self.own(line.app_uuid).await? {
                let WorkerLogLine { stream, line, logged_at, .. } = line;
                kept.push(NewLogLine { app, worker: Some(self.worker), stream, line, logged_at });
            }
        }
        self.api.db().runtime_logs().save(&kept).await?;
        for line in kept {
            self.api.hub.print(line);
        }
        Ok(())
    }

    /// Records that an app was stopped for breaking a rule.
    pub(super) async fn violated(&mut self, report: &ViolationReport) -> Result<(), Ended> {
        if let Some(app) = self.own(report.app_uuid).await? {
            let reason = format!("{}: {}", report.kind, report.reason);
            self.api.db().apps().mark_violated(app, &reason).await?;
        }
        Ok(())
    }

    /// The app, if this worker has it.
    async fn own(&mut self, uuid: Uuid) -> Result<Option<AppId>> {
        if let Some(known) = self.apps.get(&uuid) {
            return Ok(Some(*known));
        }
        let app = self.api.db().apps().find_by_uuid(uuid).await?;
        let own = app.filter(|app| app.worker_id == Some(self.worker)).map(|app| app.id);
        self.apps.extend(own.map(|id| (uuid, id)));
        Ok(own)
    }
}
