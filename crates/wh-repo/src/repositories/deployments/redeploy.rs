//! Bringing another commit of an app up, where it runs.

use secrecy::SecretString;
use wh_types::{AppId, AppStatus, CommitMetadata, DeployPayload, JobType, WorkerId};

use super::{CreatedDeployment, Deployments};
use crate::error::Result;
use crate::repositories::jobs::{Pinned, pin};

/// A new deployment of an app that is there already.
#[derive(Clone, Debug)]
pub struct Redeployment {
    /// The app.
    pub app: AppId,
    /// Where it is deployed.
    pub worker: WorkerId,
    /// What the worker needs to know; encrypted at rest.
    pub payload: DeployPayload,
    /// What is checked out, at most 255 characters.
    pub branch: String,
    /// Which commit is built, as far as it is known; its hash has at most 64 characters. It is recorded at once, so that
    /// a deployment that fails early shows it too.
    pub commit: CommitMetadata,
}

impl Deployments<'_> {
    /// Makes a new deployment of an app, and the restart job for it, assigned to a worker; the app is `deploying` from
    /// here on (`CreateRedeployment`). Two round trips: the ids, which the encrypted payload is bound to, and one
    /// statement for all the rest.
    ///
    /// Safe to send again while the job is unfinished: the same worker, branch, commit and payload give what is there.
    ///
    /// # Errors
    /// [`Conflict::ActiveJob`](crate::Conflict::ActiveJob) where the app has another unfinished job;
    /// [`Error::NotFound`](crate::Error::NotFound) for an app that does not exist or is deleted, or a worker that does not
    /// exist; [`Error::Invalid`](crate::Error::Invalid) where a field is out of bounds. All of these leave the caller's
    /// transaction usable.
    #[doc(alias = "CreateRedeployment")]
    pub async fn redeploy(self, new: &Redeployment) -> Result<CreatedDeployment> {
        let payload: SecretString = new.payload.to_json()?;
        let pinned = Pinned {
            operation: "deployments.redeploy",
            job_type: JobType::Restart,
            app: new.app,
            worker: new.worker,
            payload: &payload,
            app_status: AppStatus::Deploying,
            deployment: Some((&new.branch, &new.commit)),
        };
        let made = pin(self.executor, &pinned).await?;
        let deployment = made.job.deployment_id.ok_or_else(|| {
            crate::Error::bug(
                "deployments.redeploy",
                "a restart job has no deployment although it was made with one",
            )
        })?;
        Ok(CreatedDeployment { app: new.app, deployment, job: made.job.id, fresh: made.fresh })
    }
}
