//! The configuration of a worker, which holds no server secret and no way to the database.

use crate::error::ConfigError;
use crate::part;
use crate::sections::{Logging, Section, Worker};
use crate::sources::Sources;

/// All that a worker needs to be told: its sections `worker` and `logging`. `Debug` shows no secret.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WorkerConfig {
    /// This machine as a worker.
    pub worker: Worker,
    /// Level, format and file of the log.
    pub logging: Logging,
}

impl WorkerConfig {
    /// Reads the configuration of this process, as [`Config::load`](crate::Config::load) does, but for these two sections
    /// alone: nothing else needs to be set.
    ///
    /// # Errors
    /// As [`Worker::from_sources`], and the faults of `logging`.
    pub fn load() -> Result<Self, ConfigError> {
        Self::from_sources(Sources::of_process())
    }

    /// Reads the two sections from the sources given.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn from_sources(sources: Sources) -> Result<Self, ConfigError> {
        part::read(sources, &["worker", "logging"], |reader| Self {
            worker: Section::read(reader),
            logging: Section::read(reader),
        })
    }
}
