//! A stub of the builder. It prints what real builds have printed, and does as the app's variable `STUB_BUILD` says: `fail`, `hang`, `slow`.

use std::io;
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::time::sleep;
use wh_types::{
    DeployPayload, FromWorker, JobMessage, JobStatus, JobStatusUpdate, LogStream, Progress, WorkerLogLine,
};

use crate::clock;
use crate::desk::Desk;

/// What `cargo build` printed for a small service.
const OUTPUT: &str = include_str!("build_output.txt");
/// What npm prints on a full disk.
const FULL: &str = "npm ERR! code ENOSPC: the build ran out of disk";
/// How long a line takes, and how long in a slow build.
const PACE: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(300));

/// A build that failed.
pub(crate) struct Failed {
    pub(crate) error: String,
    pub(crate) logs: String,
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self { error: format!("the container engine: {error}"), logs: String::new() }
    }
}

/// Builds, line by line, and gives the whole log.
pub(crate) async fn build(desk: &Desk, job: &JobMessage) -> Result<String, Failed> {
    let payload = &job.payload;
    let how = told(payload, "STUB_BUILD");
    let pace = if how == "slow" { PACE.1 } else { PACE.0 };
    let mut log = String::new();
    let head = [
        format!("Cloning into '/build/{}'...", payload.app_name),
        format!("HEAD is now at {}", payload.commit_sha.get(..8).unwrap_or(&payload.branch)),
        format!("$ {}", payload.build_command),
    ];
    let lines: Vec<&str> = head.iter().map(String::as_str).chain(OUTPUT.lines()).collect();
    for (at, line) in lines.iter().enumerate() {
        print(desk, payload, &mut log, line);
        let step = if at < head.len() { "cloning" } else { "building" };
        progress(desk, job, at * 100 / lines.len(), step);
        sleep(pace).await;
        if at == lines.len() / 2 {
            match how {
                "fail" => {
                    print(desk, payload, &mut log, FULL);
                    return Err(Failed { error: FULL.to_owned(), logs: log });
                }
                "hang" => std::future::pending().await,
                _ => {}
            }
        }
    }
    Ok(log)
}

/// What a variable of the app tells the stub; empty where nothing does.
pub(crate) fn told<'a>(payload: &'a DeployPayload, variable: &str) -> &'a str {
    let found = payload.env.iter().find(|(key, _)| key.as_str() == variable);
    found.map_or("", |(_, value)| value.expose_secret())
}

/// A line of the build: into its log, and to who watches.
fn print(desk: &Desk, payload: &DeployPayload, log: &mut String, line: &str) {
    log.push_str(line);
    log.push('\n');
    let (app_uuid, line) = (payload.app_uuid, line.to_owned());
    desk.print(vec![WorkerLogLine { app_uuid, stream: LogStream::System, line, logged_at: clock::now() }]);
}

fn progress(desk: &Desk, job: &JobMessage, percent: usize, step: &str) {
    let Ok(progress) = Progress::new(u8::try_from(percent).unwrap_or(100)) else { return };
    desk.say(FromWorker::Progress(JobStatusUpdate {
        job_id: job.job_id,
        status: JobStatus::Processing,
        message: step.to_owned(),
        progress,
    }));
}
