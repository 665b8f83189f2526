//! Carrying out jobs, one at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use wh_types::{
    CommitMetadata, DeployPayload, FromWorker, JobMessage, JobResult, JobType, LogStream, ViolationReport,
    WorkerLogLine,
};

use crate::build::{self, Failed};
use crate::clock;
use crate::desk::Desk;
use crate::engine::{Container, Engine};

/// Carries out what is handed over, and notes each end.
///
/// A job that comes a second time, because the worker died at it, is carried out anew: its container has the name that it had.
pub(crate) async fn carry_out_all(
    engine: Arc<Engine>,
    desk: Arc<Desk>,
    build_timeout: Duration,
    mut jobs: mpsc::UnboundedReceiver<JobMessage>,
) {
    while let Some(job) = jobs.recv().await {
        let (succeeded, result) = match carry_out(&engine, &desk, build_timeout, &job).await {
            Ok(result) => (true, result),
            Err(Failed { error, logs }) => (false, JobResult { error, logs, ..JobResult::default() }),
        };
        tracing::info!(job = %job.job_id, succeeded, error = result.error, "ended a job");
        desk.end(job.job_id, FromWorker::Ended { job_id: job.job_id, succeeded, result });
        after(&engine, &desk, &job);
    }
}

async fn carry_out(
    engine: &Engine,
    desk: &Desk,
    build_timeout: Duration,
    job: &JobMessage,
) -> Result<JobResult, Failed> {
    let payload = &job.payload;
    match job.job_type {
        JobType::Deploy | JobType::Restart => {
            let building = build::build(desk, job);
            let logs = tokio::time::timeout(build_timeout, building).await.map_err(|_| Failed {
                error: format!("the build was given up after {} s", build_timeout.as_secs()),
                logs: String::new(),
            })??;
            let container = engine.run(&container_id(job), payload.app_uuid, payload.limits)?;
            greet(desk, payload, &container);
            let commit = CommitMetadata { sha: payload.commit_sha.clone(), ..CommitMetadata::default() };
            Ok(JobResult { logs, commit, ..of(container) })
        }
        JobType::Start => {
            let container = engine.set_running(&payload.container_id, true)?;
            greet(desk, payload, &container);
            Ok(of(container))
        }
        JobType::Stop => Ok(of(engine.set_running(&payload.container_id, false)?)),
        JobType::Delete => {
            engine.remove(&payload.container_id)?;
            Ok(JobResult::default())
        }
    }
}

/// What the stub does by itself after a job: its app breaks a rule, or dies.
fn after(engine: &Engine, desk: &Desk, job: &JobMessage) {
    let id = container_id(job);
    match build::told(&job.payload, "STUB_RUN") {
        "violate" if engine.set_running(&id, false).is_ok() => {
            desk.say(FromWorker::Violation(ViolationReport {
                app_uuid: job.payload.app_uuid,
                kind: "memory".to_owned(),
                reason: "used 600 MiB of 512".to_owned(),
                container_id: id,
            }));
        }
        "exit" => drop(engine.set_running(&id, false)),
        _ => {}
    }
}

/// Named after the job, so that a job that is carried out twice makes one container.
fn container_id(job: &JobMessage) -> String {
    format!("wh-{}-{}", job.payload.app_name, job.job_id)
}

fn of(container: Container) -> JobResult {
    JobResult { container_id: container.id, port: container.port, ..JobResult::default() }
}

/// The first words of an app.
fn greet(desk: &Desk, payload: &DeployPayload, container: &Container) {
    desk.print(vec![WorkerLogLine {
        app_uuid: payload.app_uuid,
        stream: LogStream::Stdout,
        line: format!("{} listens on port {}, reached at {}", payload.app_name, payload.port, container.port),
        logged_at: clock::now(),
    }]);
}
