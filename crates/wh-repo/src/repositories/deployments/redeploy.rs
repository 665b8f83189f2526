//! Bringing another commit of an app up, where it runs.

use wh_types::{AppId, CommitMetadata, JobType};

use super::{CreatedDeployment, Deployments};
use crate::error::{Error, Result};
use crate::repositories::jobs::{Pinned, pin};

const OPERATION: &str = "deployments.redeploy";

impl Deployments<'_> {
    /// Makes a new deployment of an app, of its branch, and the restart job for it; the app is `deploying` until the job
    /// ends. The job is assigned to the worker that has the app, or pending if none ever had it. Its payload is made of the
    /// app's row, its environment and its Git token. The commit is recorded at once, so that a deployment that fails early
    /// shows it too; an empty hash means the newest of the branch. Two round trips.
    ///
    /// Idempotent while the job is unfinished: a second call for the same commit answers with what is there.
    ///
    /// # Errors
    /// [`Conflict::ActiveJob`](crate::Conflict::ActiveJob) if the app has another unfinished job;
    /// [`Denied::Violated`](crate::Denied::Violated) until the violation is cleared; [`Error::NotFound`] for an app that
    /// does not exist or is deleted; [`Error::Invalid`] for a commit hash that is too long, or while the port that the app
    /// listens on is not known; [`Error::Corrupt`] for a variable or a token that no key opens. All of these leave the
    /// caller's transaction usable.
    #[doc(alias = "CreateRedeployment")]
    pub async fn redeploy(self, app: AppId, commit: &CommitMetadata) -> Result<CreatedDeployment> {
        let pinned = Pinned { operation: OPERATION, job_type: JobType::Restart, app, commit: Some(commit) };
        let made = pin(self.executor, &pinned).await?;
        let deployment = made.job.deployment_id.ok_or_else(|| {
            Error::bug(OPERATION, "a restart job has no deployment although it was made with one")
        })?;
        Ok(CreatedDeployment { app, deployment, job: made.job.id, fresh: made.fresh })
    }
}
