//! Handing out jobs.

use wh_data::repo::{Error, JobOutcome, JobWithPayload, Page, Result};
use wh_data::types::{AppId, DeployPayload, JobId, JobMessage, JobResult, JobStatus, ToWorker};

use super::conversation::{Conversation, Ended};

impl Conversation {
    /// Hands out what the worker is at according to the database, and does not know of: it was killed, or the connection broke
    /// before the job arrived.
    pub(super) async fn resume(&mut self) -> Result<(), Ended> {
        let api = self.api.clone();
        let mut page = Page::of(Page::<AppId>::MAX)?;
        loop {
            let apps = api.db().apps().list_by_worker(self.worker, page).await?;
            for app in &apps {
                let job = api.db().jobs().find_active(app.id).await?;
                let Some(job) = job.filter(|job| job.status == JobStatus::Processing) else { continue };
                if job.worker_id == Some(self.worker) && !self.busy.contains(&job.id) {
                    tracing::info!(job = %job.id, "handed out again");
                    if let Some(job) = api.db().jobs().find_for_worker(job.id, self.worker).await? {
                        self.hand(job).await?;
                    }
                }
            }
            match apps.last() {
                Some(last) if i64::try_from(apps.len()).is_ok_and(|read| read == page.limit()) => {
                    page = page.before(last.id);
                }
                _ => return Ok(()),
            }
        }
    }

    /// Hands out the next job, if the worker is free and there is one: its own first, then one that no worker has.
    pub(super) async fn hand_out(&mut self) -> Result<(), Ended> {
        let api = self.api.clone();
        while self.busy.is_empty() && !self.draining {
            match api.db().jobs().claim_next(self.worker).await {
                Ok(Some(job)) => self.hand(job).await?,
                Ok(None) => {
                    if api.db().jobs().assign_next(self.worker).await?.is_none() {
                        break;
                    }
                }
                Err(Error::Corrupt { row, reason, .. }) => {
                    tracing::error!(job = row, reason, "a payload cannot be opened");
                    self.fail(row.parse()?, "its payload cannot be opened: ask the operator").await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn hand(&mut self, JobWithPayload { job, payload }: JobWithPayload) -> Result<(), Ended> {
        match DeployPayload::from_json(&payload) {
            Ok(payload) => {
                let message = JobMessage { job_id: job.id, job_type: job.job_type, payload };
                self.busy.insert(job.id);
                self.say(&ToWorker::Job(Box::new(message))).await
            }
            Err(invalid) => Ok(self.fail(job.id, &invalid.to_string()).await?),
        }
    }

    /// Ends a job that no worker can carry out.
    pub(super) async fn fail(&mut self, job: JobId, error: &str) -> Result<()> {
        let result = JobResult { error: error.to_owned(), ..JobResult::default() };
        self.api.db().jobs().complete(job, self.worker, JobOutcome::Failed, &result).await.map(drop)
    }
}
