//! What the worker is told when it starts.

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use tracing::Level;
use wh_config::{LogLevel, WorkerConfig};

/// Where containers are noted if systemd names no `StateDirectory=`.
const STATE: &str = "worker-state";

/// The settings of this worker.
pub(crate) struct Settings {
    /// The name under which it is registered.
    pub(crate) name: String,
    /// Its API key. It never travels.
    pub(crate) api_key: SecretString,
    /// URL of the control plane.
    pub(crate) control_plane: String,
    /// How much is logged.
    pub(crate) log_level: Level,
    /// Where the stub notes its containers.
    pub(crate) state: PathBuf,
    /// After so long a build is given up.
    pub(crate) build_timeout: Duration,
}

impl Settings {
    /// Reads them: the sections `worker` and `logging` of the configuration, and nothing else of it.
    pub(crate) fn load() -> Result<Self, Box<dyn Error>> {
        let WorkerConfig { worker, logging, .. } = WorkerConfig::load()?;
        let seconds = env::var("BUILD_TIMEOUT_SECONDS").ok().map(|text| text.parse()).transpose()?;
        Ok(Self {
            name: worker
                .name
                .ok_or("worker.name is not set: write the name under which the worker is registered")?,
            api_key: worker
                .api_key
                .ok_or("worker.api_key is not set: `wh-data workers add` has printed it")?,
            control_plane: worker.control_plane_url.to_string(),
            log_level: level(logging.level),
            state: env::var_os("STATE_DIRECTORY").map_or_else(|| STATE.into(), PathBuf::from),
            build_timeout: Duration::from_secs(seconds.unwrap_or(600)),
        })
    }
}

const fn level(level: LogLevel) -> Level {
    match level {
        LogLevel::Trace => Level::TRACE,
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Info => Level::INFO,
        LogLevel::Warn => Level::WARN,
        LogLevel::Error => Level::ERROR,
    }
}
