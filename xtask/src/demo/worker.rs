//! A worker: waits to be woken, takes jobs, pretends to build, and reports.

use wh_data::repo::{Conflict, Error, JobOutcome, JobWakeups, rows};
use wh_data::types::{CommitMetadata, DeployPayload, JobResult, JobStatus, JobStatusUpdate, Progress};

use super::manifest::App;
use super::screen::Screen;
use super::stage::Process;
use crate::failure::{Failure, Outcome};

/// What the builder of an app that fails says.
const FAILURE: &str = "npm ERR! code ENOSPC: the build ran out of disk";

/// Asks for work in vain, and listens for the day when there is some.
pub(super) async fn listen(screen: &Screen, process: &Process, worker: &rows::Worker) -> Outcome<JobWakeups> {
    let jobs = process.data.db().jobs();
    let wakeups = jobs.listen(worker.id);
    let (job, cost) = process.cost(jobs.claim_next(worker.id)).await;
    let idle = job.map_err(broken)?.is_none();
    screen.expect(idle, &format!("{:<7} has nothing to do, and listens", worker.name), Some(cost));
    Ok(wakeups)
}

/// Takes up what it is woken for until its share is done. The last app of the manifest fails to build.
pub(super) async fn work(
    screen: &Screen,
    process: &Process,
    worker: &rows::Worker,
    apps: &[App],
    share: usize,
    mut wakeups: JobWakeups,
) -> Outcome<usize> {
    let jobs = process.data.db().jobs();
    let mut done = 0;
    while done < share {
        let (claimed, claim) = process.cost(jobs.claim_next(worker.id)).await;
        let Some(claimed) = claimed.map_err(broken)? else {
            wakeups.next().await;
            continue;
        };
        let id = claimed.job.id;
        let payload =
            DeployPayload::from_json(&claimed.payload).map_err(|error| Failure::new(error.to_string()))?;
        let says = |text: &str| format!("{:<7} job {id:<3} {:<16} {text}", worker.name, payload.app_name);
        let intact = apps.iter().any(|app| app.name == payload.app_name && same_environment(app, &payload));
        let variables = format!("claimed, {} variables decrypted", payload.env.len());
        screen.expect(intact, &says(&variables), Some(claim));

        if done == 0 {
            let (again, cost) = process.cost(jobs.claim(id, worker.id)).await;
            let refused = matches!(&again, Err(Error::Conflict(Conflict::IllegalStep { .. })));
            screen.expect(refused, &says("claimed a second time: refused"), Some(cost));
            screen.note(&again.map_or_else(|error| error.to_string(), |_| "it was allowed".to_owned()));
        }

        for (percent, message) in [(25, "cloning"), (70, "building")] {
            let progress = Progress::new(percent).map_err(|error| Failure::new(error.to_string()))?;
            let report = JobStatusUpdate {
                job_id: id,
                status: JobStatus::Processing,
                message: message.to_owned(),
                progress,
            };
            let (reported, cost) = process.cost(jobs.update_status(worker.id, &report)).await;
            reported.map_err(broken)?;
            screen.step(&says(&format!("{percent:>3} % {message}")), cost);
        }

        let fails = apps.last().is_some_and(|app| app.name == payload.app_name);
        let (outcome, result) = end_of(&payload, fails, id.get());
        let (completed, cost) = process.cost(jobs.complete(id, worker.id, outcome, &result)).await;
        completed.map_err(broken)?;
        screen.step(&says(if fails { "failed: out of disk" } else { "completed, the app runs" }), cost);
        done += 1;
    }
    Ok(done)
}

fn same_environment(app: &App, payload: &DeployPayload) -> bool {
    use secrecy::ExposeSecret;
    app.env.len() == payload.env.len()
        && app.env.iter().all(|(key, value)| {
            payload.env.get(key).is_some_and(|given| given.expose_secret() == value.expose_secret())
        })
}

fn end_of(payload: &DeployPayload, fails: bool, job: i64) -> (JobOutcome, JobResult) {
    let logs = format!("Cloning {}\nHEAD is now at {}\n", payload.repo_url, payload.commit_sha);
    if fails {
        let logs = format!("{logs}$ {}\n{FAILURE}\n", payload.build_command);
        return (JobOutcome::Failed, JobResult { logs, error: FAILURE.to_owned(), ..Default::default() });
    }
    let result = JobResult {
        container_id: format!("wh-{}-{job}", payload.app_name),
        port: u16::try_from(30_000 + job).unwrap_or(30_000),
        logs,
        commit: CommitMetadata { sha: payload.commit_sha.clone(), ..Default::default() },
        error: String::new(),
    };
    (JobOutcome::Completed, result)
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(super) fn broken(error: Error) -> Failure {
    Failure::new(error.to_string())
}
