//! The server secrets alone, for tools that work on stored data.

use secrecy::SecretString;
use wh_types::StoredForm;

use crate::config::Config;
use crate::error::ConfigError;
use crate::part;
use crate::sections::{ApiServer, Section, Security};
use crate::sources::Sources;

/// The secrets that encrypted columns are read and written with. `Debug` shows none.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerSecrets {
    /// The secret for writing and reading: `api_server.secret`.
    pub current: SecretString,
    /// More secrets for reading: `api_server.previous_secrets`.
    pub previous: Vec<SecretString>,
    /// The form of what is written: `security.stored_form`.
    pub stored_form: StoredForm,
}

impl ServerSecrets {
    /// Reads these three settings and no other, so that a tool needs no complete configuration.
    ///
    /// # Errors
    /// [`ConfigError`] with every fault of these settings, of a source that cannot be read, and every unknown
    /// setting beside them, since that may be one of them with a slip in its name.
    pub fn from_sources(sources: Sources) -> Result<Self, ConfigError> {
        let own = ["api_server.secret", "api_server.previous_secrets", "security.stored_form"];
        let (api_server, security): (ApiServer, Security) =
            part::read(sources, &own, |reader| (Section::read(reader), Section::read(reader)))?;
        Ok(Self {
            current: api_server.secret,
            previous: api_server.previous_secrets,
            stored_form: security.stored_form,
        })
    }
}

impl Config {
    /// The part of the configuration that encrypted columns need.
    #[must_use]
    pub fn server_secrets(&self) -> ServerSecrets {
        ServerSecrets {
            current: self.api_server.secret.clone(),
            previous: self.api_server.previous_secrets.clone(),
            stored_form: self.security.stored_form,
        }
    }
}
