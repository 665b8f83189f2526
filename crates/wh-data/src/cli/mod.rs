//! The operators' program, `wh-data`: its commands, and what they share.

#[macro_use]
pub mod output;

pub mod audit;
pub mod config;
pub mod database;
pub mod doctor;
pub mod failure;
pub mod maintain;
pub mod migrate;
pub mod plans;
pub mod progress;
pub mod repair;
pub mod secrets;
pub mod users;
pub mod workers;

use std::process::ExitCode;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use self::failure::{Failure, Outcome};

/// The runtime of a command.
fn runtime() -> Outcome<Runtime> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::new(format!("could not start the runtime: {error}")))
}

/// Waits for SIGINT or SIGTERM, and gives the status that tells of it: 130 or 143. Where signals cannot be heard they keep their
/// default effect.
async fn stopped() -> ExitCode {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => ExitCode::from(130),
        _ = terminate.recv() => ExitCode::from(143),
    }
}
