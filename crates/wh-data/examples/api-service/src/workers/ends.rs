//! The ends of jobs.

use wh_data::repo::{CompletedJob, Error, JobOutcome};
use wh_data::types::{JobId, JobResult, ToWorker};

use super::conversation::{Conversation, Ended};

impl Conversation {
    /// Records the end of a job. The worker reports it until it hears so; only the first report has consequences.
    pub(super) async fn end(&mut self, job: JobId, succeeded: bool, result: JobResult) -> Result<(), Ended> {
        let outcome = if succeeded { JobOutcome::Completed } else { JobOutcome::Failed };
        let api = self.api.clone();
        match api.db().jobs().complete(job, self.worker, outcome, &result).await {
            Ok(CompletedJob { fresh, cleanup, .. }) => {
                tracing::info!(%job, succeeded, fresh, ?cleanup, "a job ended");
            }
            // It was given up meanwhile, or ended otherwise. What the worker has of it is found by its containers.
            Err(error @ (Error::NotFound { .. } | Error::Conflict(_))) => {
                tracing::warn!(%job, %error, "the end of a job was not taken");
            }
            Err(Error::Invalid(invalid)) => {
                self.fail(job, &format!("a report that cannot be stored: {invalid}")).await?;
            }
            // Reported again over the next connection.
            Err(error) => return Err(error.into()),
        }
        self.busy.remove(&job);
        self.say(&ToWorker::Recorded { job_id: job }).await?;
        self.ask_for_containers().await
    }
}
