//! A worker: connects to the control plane, is handed jobs, builds and runs apps, and reports.
//!
//! It has no account at the database and no server secret. All that it knows is the URL of the control plane, its own name and its own
//! API key. Building and running are stubs (`build.rs`, `engine.rs`); the rest is what a worker needs.
//!
//! ```text
//! main ── connection  one WebSocket, opened again and again
//!      └─ work        one job at a time
//!         desk        what lies between the two: what is to be said, and which jobs are not recorded yet
//! ```

mod build;
mod clock;
mod connection;
mod desk;
mod engine;
mod handshake;
mod settings;
mod work;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

use desk::Desk;
use engine::Engine;
use settings::Settings;

/// How long a build that was begun may take after SIGTERM. A job that is cut off is handed out again.
const DRAIN: Duration = Duration::from_mins(1);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let settings = Arc::new(Settings::load()?);
    tracing_subscriber::fmt().with_max_level(settings.log_level).with_writer(std::io::stderr).init();
    let engine = Arc::new(Engine::open(&settings.state)?);
    let desk = Arc::new(Desk::default());
    let (drain, draining) = watch::channel(false);
    let (handed, jobs) = mpsc::unbounded_channel();

    tokio::spawn(work::carry_out_all(Arc::clone(&engine), Arc::clone(&desk), settings.build_timeout, jobs));
    let connection = connection::keep(settings, engine, Arc::clone(&desk), handed, draining);
    tokio::pin!(connection);

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        () = &mut connection => return Ok(()),
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("ends after the job that it is at");
    desk.drain();
    drain.send_replace(true);
    if tokio::time::timeout(DRAIN, connection).await.is_err() {
        tracing::warn!("a job was cut off: it is handed out again");
    }
    Ok(())
}
