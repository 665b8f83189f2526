//! The configuration as a whole.

use std::time::Duration;

use wh_types::{PlanOverrides, ResourceLimits};

use crate::error::ConfigError;
use crate::sections::{
    ApiServer, Container, Database, Jobs, Logging, OAuth, Platform, Redis, Section, Security, Smtp, WebApp,
    Worker,
};
use crate::sources::Sources;

/// A valid configuration. `Debug` shows no secret.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// The Postgres database.
    pub database: Database,
    /// The API server.
    pub api_server: ApiServer,
    /// The dashboard.
    pub web_app: WebApp,
    /// The OAuth providers.
    pub oauth: OAuth,
    /// The platform as its users see it.
    pub platform: Platform,
    /// This machine as a worker.
    pub worker: Worker,
    /// The containers that apps run in.
    pub container: Container,
    /// Sessions, second factors, and how secrets are stored.
    pub security: Security,
    /// Level, format and file of the log.
    pub logging: Logging,
    /// The Redis cache.
    pub redis: Redis,
    /// The mail server.
    pub smtp: Smtp,
    /// Changes to the plans, and plans that are added.
    pub plans: PlanOverrides,
    /// The job queue.
    pub jobs: Jobs,
}

impl Config {
    /// Reads the configuration of this process (`Load` and `Validate`): defaults, the YAML file at
    /// `$CONFIG_PATH`, the environment, the systemd credentials.
    ///
    /// # Errors
    /// [`ConfigError`] with every fault at once, each with the place it was written at.
    pub fn load() -> Result<Self, ConfigError> {
        Self::from_sources(Sources::of_process())
    }

    /// Reads a configuration from the sources given.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn from_sources(sources: Sources) -> Result<Self, ConfigError> {
        crate::part::read(sources, &[""], |reader| Self {
            database: Section::read(reader),
            api_server: Section::read(reader),
            web_app: Section::read(reader),
            oauth: OAuth::read(reader),
            platform: Section::read(reader),
            worker: Section::read(reader),
            container: Section::read(reader),
            security: Section::read(reader),
            logging: Section::read(reader),
            redis: Section::read(reader),
            smtp: Section::read(reader),
            plans: crate::plans::read(reader),
            jobs: Section::read(reader),
        })
    }

    /// Idle time after which a session ends (`security.session_lifetime`). The repository of sessions reads
    /// it.
    #[must_use]
    pub const fn session_lifetime(&self) -> Duration {
        self.security.session_lifetime
    }

    /// Longest time without a sign of life from a build (`jobs.build_timeout`). The sweep of jobs reads it.
    #[must_use]
    pub const fn build_timeout(&self) -> Duration {
        self.jobs.build_timeout
    }

    /// The limits of an app whose deployment names none (`container.default_*`). The repository of
    /// deployments reads them; the plan may allow less.
    #[must_use]
    pub const fn default_limits(&self) -> ResourceLimits {
        self.container.default_limits()
    }

    /// The domain under which no user may claim a host name (`platform.domain`). The repository of domains
    /// and mail read it.
    #[must_use]
    pub fn platform_domain(&self) -> &str {
        &self.platform.domain
    }
}
