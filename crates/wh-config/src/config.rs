//! The configuration as a whole.

use wh_types::PlanOverrides;

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::sections::{
    ApiServer, Container, Database, Jobs, Logging, OAuth, Platform, Redis, Section, Security, Smtp, WebApp,
    Worker,
};
use crate::sources::Sources;

/// A configuration that was found to be right. `Debug` shows no secret.
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
    /// Sessions, second factors, and what is stored of secrets.
    pub security: Security,
    /// What is logged, and where to.
    pub logging: Logging,
    /// The Redis cache.
    pub redis: Redis,
    /// The mail server.
    pub smtp: Smtp,
    /// What changes about the plans, or is added to them.
    pub plans: PlanOverrides,
    /// The job queue.
    pub jobs: Jobs,
}

impl Config {
    /// Reads the configuration of this process (`Load` and `Validate`): defaults, the YAML file at `$CONFIG_PATH`, the
    /// environment, the systemd credentials.
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
        let layers = sources.layers();
        let mut reader = Reader::new(&layers);
        // A credential that could not be read is a fault of its own; that its setting is missing then says nothing new.
        reader.faults.clone_from(&layers.faults);
        let config = Self {
            database: Section::read(&mut reader),
            api_server: Section::read(&mut reader),
            web_app: Section::read(&mut reader),
            oauth: OAuth::read(&mut reader),
            platform: Section::read(&mut reader),
            worker: Section::read(&mut reader),
            container: Section::read(&mut reader),
            security: Section::read(&mut reader),
            logging: Section::read(&mut reader),
            redis: Section::read(&mut reader),
            smtp: Section::read(&mut reader),
            plans: crate::plans::read(&mut reader),
            jobs: Section::read(&mut reader),
        };
        config.database.check(&mut reader);
        config.api_server.check(&mut reader);
        config.platform.check(&mut reader);
        config.container.check(&mut reader);
        config.security.check(&mut reader);
        config.redis.check(&mut reader);
        config.smtp.check(&mut reader);

        let mut faults = reader.faults;
        faults.sort();
        faults.dedup();
        if faults.is_empty() { Ok(config) } else { Err(ConfigError::Faults(faults)) }
    }
}
