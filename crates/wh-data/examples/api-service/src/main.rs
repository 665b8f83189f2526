//! A control plane: what users call over HTTP, and what workers connect to.
//!
//! It holds no query of its own: `wh_data` is all that it knows of the database. Each file is one subject:
//!
//! | file | what it does |
//! |---|---|
//! | `api.rs`, `routes.rs` | what all requests share, and where they go |
//! | `problem.rs`, `input.rs` | refusals as `problem+json`, bodies and pages |
//! | `cookie.rs`, `signed_in.rs`, `sign_in.rs` | sessions |
//! | `apps.rs`, `environment.rs`, `steps.rs`, `history.rs` | apps from their creation to their deletion |
//! | `logs.rs` | logs, replayed and live |
//! | `workers/` | the connections of workers |
//! | `operator.rs`, `health.rs`, `upkeep.rs` | what operators, probes and timers need |

mod api;
mod apps;
mod audit;
mod cookie;
mod environment;
mod health;
mod history;
mod hub;
mod input;
mod logs;
mod operator;
mod problem;
mod routes;
mod sign_in;
mod signed_in;
mod steps;
mod upkeep;
mod workers;

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use wh_data::DataLayer;
use wh_data::config::{Config, LogLevel};

use api::Api;

/// How long mail that was taken on may take at the end.
const FAREWELL: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}"); // by Display: `fn main() -> Result<…>` would print Debug
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let config = Config::load()?;
    let level = match config.logging.level {
        LogLevel::Trace => tracing::Level::TRACE,
        LogLevel::Debug => tracing::Level::DEBUG,
        LogLevel::Info => tracing::Level::INFO,
        LogLevel::Warn => tracing::Level::WARN,
        LogLevel::Error => tracing::Level::ERROR,
    };
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).init();
    if config.api_server.tls().is_some() {
        return Err("api_server.tls_cert is set, and this example speaks no TLS: put a proxy in front".into());
    }
    let metrics = PrometheusBuilder::new().install_recorder()?;
    let data = DataLayer::start(&config).await?;
    let api = Arc::new(Api::new(&config, data, metrics).await?);
    // The partitions of the logs are there before the first line is.
    upkeep::once(&api).await;
    let listener = TcpListener::bind(config.api_server.addr()).await?;
    tracing::info!("listens on http://{}", listener.local_addr()?);
    let upkeep = tokio::spawn(upkeep::run(Arc::clone(&api)));

    let service = routes::routes(&api).into_make_service_with_connect_info::<SocketAddr>();
    let stopping = Arc::clone(&api);
    let stop = async move {
        asked_to_end().await;
        stopping.hub.stop();
    };
    axum::serve(listener, service).with_graceful_shutdown(stop).await?;
    upkeep.abort();
    let ended = api.data.shutdown(FAREWELL).await;
    tracing::info!(?ended, "ended");
    Ok(())
}

/// Waits for SIGTERM or Ctrl-C.
async fn asked_to_end() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
