//! The server secrets alone, for tools that work on what is stored.

use secrecy::SecretString;

use crate::config::Config;
use crate::error::{ConfigError, Fault, Origin, Problem};
use crate::reader::Reader;
use crate::sections::{ApiServer, Section, Security};
use crate::sources::Sources;
use crate::words::StoredForm;

/// What the encrypted columns are read and written with. `Debug` shows no secret.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerSecrets {
    /// The secret that is written with: `api_server.secret`.
    pub current: SecretString,
    /// Those that are read with as well: `api_server.previous_secrets`.
    pub previous: Vec<SecretString>,
    /// The form that is written: `security.stored_form`.
    pub stored_form: StoredForm,
}

impl ServerSecrets {
    /// Reads these three settings and no other, so that a tool needs no complete configuration.
    ///
    /// # Errors
    /// [`ConfigError`] with every fault of these settings, of a source that cannot be read, and every unknown setting
    /// beside them, since that may be one of them with a slip in its name.
    pub fn from_sources(sources: Sources) -> Result<Self, ConfigError> {
        let layers = sources.layers();
        let mut reader = Reader::new(&layers);
        reader.faults.clone_from(&layers.faults);
        let (api_server, security): (ApiServer, Security) =
            (Section::read(&mut reader), Section::read(&mut reader));
        api_server.check(&mut reader);
        let mut faults: Vec<Fault> = reader.faults.into_iter().filter(concerns).collect();
        faults.sort();
        faults.dedup();
        if !faults.is_empty() {
            return Err(ConfigError::Faults(faults));
        }
        Ok(Self {
            current: api_server.secret,
            previous: api_server.previous_secrets,
            stored_form: security.stored_form,
        })
    }
}

impl Config {
    /// The part of the configuration that the encrypted columns are read and written with.
    #[must_use]
    pub fn server_secrets(&self) -> ServerSecrets {
        ServerSecrets {
            current: self.api_server.secret.clone(),
            previous: self.api_server.previous_secrets.clone(),
            stored_form: self.security.stored_form,
        }
    }
}

/// True for a fault because of which the secrets might be other ones than was meant.
fn concerns(fault: &Fault) -> bool {
    match fault.key.as_str() {
        "api_server.secret" | "api_server.previous_secrets" | "security.stored_form" => true,
        "" => match &fault.origin {
            Origin::Variable(name) => {
                name.starts_with("WH_API_SERVER__") || name.starts_with("WH_SECURITY__")
            }
            Origin::Credential(name) => name == "api_server_secret",
            _ => true,
        },
        key => {
            matches!(fault.problem, Problem::Unknown { .. })
                && (!key.contains('.') || key.starts_with("api_server.") || key.starts_with("security."))
        }
    }
}
