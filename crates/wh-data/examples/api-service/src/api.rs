//! What all requests share.

use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use wh_data::DataLayer;
use wh_data::config::Config;
use wh_data::repo::{self, Database, MaintenanceOptions};
use wh_data::secrecy::SecretString;

use crate::hub::Hub;
use crate::workers::Replays;

/// The service, as a handler is given it.
pub(crate) type Shared = Arc<Api>;

/// The service.
pub(crate) struct Api {
    /// The data layer.
    pub(crate) data: DataLayer,
    /// What requests and connections tell each other.
    pub(crate) hub: Hub,
    /// The hellos of workers that were accepted.
    pub(crate) replays: Replays,
    /// By which other services of the platform, and operators, are known.
    pub(crate) internal_token: Option<SecretString>,
    /// Origins from which browsers may call, beside our own.
    pub(crate) allowed_origins: Vec<String>,
    /// Idle time after which a session ends.
    pub(crate) session_lifetime: Duration,
    /// Whether browsers reach this service over TLS.
    pub(crate) secure: bool,
    /// What maintenance goes by.
    pub(crate) upkeep: MaintenanceOptions,
    /// What was counted.
    pub(crate) metrics: PrometheusHandle,
}

impl Api {
    /// A service with this configuration.
    pub(crate) async fn new(
        config: &Config,
        data: DataLayer,
        metrics: PrometheusHandle,
    ) -> repo::Result<Self> {
        let began = data.db().apps().now().await?;
        Ok(Self {
            data,
            hub: Hub::new(),
            replays: Replays::since(began.timestamp()),
            internal_token: config.security.internal_api_token.clone(),
            allowed_origins: config.security.allowed_origins.clone(),
            session_lifetime: config.session_lifetime(),
            secure: config.api_server.base_url().as_str().starts_with("https:"),
            upkeep: wh_data::maintenance_options(config),
            metrics,
        })
    }

    /// The repositories.
    pub(crate) fn db(&self) -> &Database {
        self.data.db()
    }
}
