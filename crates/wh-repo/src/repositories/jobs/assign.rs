//! Giving jobs to workers.

use wh_schema::rows::Job;
use wh_types::{JobId, JobStatus, JobType, WorkerId};

use super::Jobs;
use super::step::{JobStep, Moved, Step, found};
use crate::engine::{About, Repeat, Rows, sql};
use crate::error::{Error, Result};

impl Jobs<'_> {
    /// Gives a pending job to a worker, and wakes the worker; the deployment follows, and so does an app without a container.
    /// A job that this worker was given before stays as it is, whatever became of it since. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a job or a worker that does not exist;
    /// [`Conflict::IllegalStep`](crate::Conflict::IllegalStep) for a cancelled job, or another worker's;
    /// [`Error::Unavailable`]. Sent again after one that is in doubt, it answers `fresh: false` about the first call's work.
    pub async fn assign(self, id: JobId, worker: WorkerId) -> Result<JobStep> {
        let assign = sql!("assign.sql").bind(id).bind(worker);
        let step: Rows<Step> =
            self.executor.write("jobs.assign", About::AppOfJob(id), Repeat::Never, assign).await?;
        let step = found(step)?;
        let given = step.job.worker_id == Some(worker) && step.job.assigned_at.is_some();
        match step.was {
            _ if step.moved => Ok(step.made()),
            JobStatus::Pending => Err(Error::not_found("worker")),
            JobStatus::Assigned | JobStatus::Processing if step.job.worker_id == Some(worker) => {
                Ok(step.known())
            }
            JobStatus::Completed | JobStatus::Failed if given => Ok(step.known()),
            _ => Err(step.illegal(JobStatus::Assigned)),
        }
    }

    /// Gives the oldest pending job to a worker, and wakes the worker. `None` if there is none. Concurrent callers get
    /// different jobs and never block each other. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`]. Sent again after one that is in doubt, it assigns the next job as well; both are the worker's
    /// to claim.
    pub async fn assign_next(self, worker: WorkerId) -> Result<Option<Job>> {
        let assign = sql!("assign_next.sql").bind(worker);
        let moved: Rows<Moved> =
            self.executor.write("jobs.assign_next", About::AppsOf(worker), Repeat::Never, assign).await?;
        Ok(moved.first().map(|moved| moved.job))
    }

    /// Gives an assigned `deploy` or `restart` to another worker, whose own is gone or busy, and wakes that one. Pending jobs
    /// are assigned. The app's container stays where it is until the new worker completes the job. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a job or a worker that does not exist;
    /// [`Conflict::IllegalStep`](crate::Conflict::IllegalStep) for a job that was begun or is over; [`Error::Invalid`] for a
    /// job that is about a container of its worker; [`Error::Unavailable`]. Sent again after one that is in doubt, it
    /// answers `fresh: false` about the first call's work.
    pub async fn reassign(self, id: JobId, worker: WorkerId) -> Result<JobStep> {
        let reassign = sql!("reassign.sql").bind(id).bind(worker);
        let step: Rows<Step> =
            self.executor.write("jobs.reassign", About::AppOfJob(id), Repeat::Never, reassign).await?;
        let step = found(step)?;
        let kind = step.job.job_type;
        match step.was {
            _ if step.moved => Ok(step.made()),
            JobStatus::Pending => Err(Error::not_found("worker")),
            JobStatus::Assigned | JobStatus::Processing if step.job.worker_id == Some(worker) => {
                Ok(step.known())
            }
            JobStatus::Assigned if matches!(kind, JobType::Deploy | JobType::Restart) => {
                Err(Error::not_found("worker"))
            }
            JobStatus::Assigned => {
                let problem =
                    format!("it is a {kind}, which needs the worker of the container: cancel it instead");
                Err(Error::invalid("job", problem))
            }
            _ => Err(step.illegal(JobStatus::Assigned)),
        }
    }
}
