//! One connection to Postgres: the driver's configuration, start-up options, TLS.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use diesel_async::AsyncPgConnection;
use secrecy::ExposeSecret;
use tokio::time::timeout;
use tokio_postgres::config::{Host, SslMode as DriverMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::dsn::{self, SslMode};
use super::settings::DatabaseSettings;
use super::tls;

/// How long unacknowledged data may stay on the wire before the connection counts as dead.
const TCP_PATIENCE: Duration = Duration::from_secs(30);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The settings cannot be used; trying again does not help.
    #[error("the database settings cannot be used: {0}")]
    Settings(String),

    /// The server could not be reached, or refused.
    #[error("cannot connect to {target}: {reason}")]
    Refused {
        /// Which hosts, ports, database and user were tried; never the password.
        target: String,
        /// What the driver or the server said.
        reason: String,
    },

    /// A pooled connection was closed by the server.
    #[error("the server closed the connection")]
    Closed,
}

/// What the connection past the pool is called, after the name of the others.
const DIRECT_SUFFIX: &str = " (listening)";

/// Opens connections with the same settings again and again.
#[derive(Clone)]
pub struct Connector {
    settings: DatabaseSettings,
    driver: tokio_postgres::Config,
    tls: MakeRustlsConnect,
    target: Arc<str>,
    mode: SslMode,
    /// For what does not go through a pooler.
    direct: Option<Arc<Connector>>,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").field("target", &self.target).finish_non_exhaustive()
    }
}

impl Connector {
    /// Reads the settings and the certificate files that they name; does not connect.
    ///
    /// # Errors
    /// [`ConnectError::Settings`] where the URL cannot be parsed or a certificate file cannot be read.
    pub fn new(settings: DatabaseSettings) -> Result<Self, ConnectError> {
        let direct = match (&settings.direct_url, settings.pgbouncer) {
            (Some(url), _) => {
                Some(DatabaseSettings { url: url.clone(), pgbouncer: false, ..settings.clone() })
            }
            (None, true) => None,
            (None, false) => Some(settings.clone()),
        };
        let mut connector = Self::single(settings)?;
        if let Some(mut direct) = direct.map(Self::single).transpose()? {
            let name = direct.driver.get_application_name().unwrap_or_default();
            let name = format!("{name}{DIRECT_SUFFIX}");
            direct.driver.application_name(name);
            connector.direct = Some(Arc::new(direct));
        }
        Ok(connector)
    }

    fn single(settings: DatabaseSettings) -> Result<Self, ConnectError> {
        let parts = dsn::split(settings.url.expose_secret()).map_err(ConnectError::Settings)?;
        let mut driver: tokio_postgres::Config =
            parts.rest.parse().map_err(|error: tokio_postgres::Error| {
                // The driver's message names the option, its source the reason; neither repeats the string.
                let reason = std::error::Error::source(&error)
                    .map_or_else(String::new, |source| format!(": {source}"));
                ConnectError::Settings(format!("the connection string cannot be read ({error}{reason})"))
            })?;
        let over_tcp = driver.get_hosts().iter().any(|host| matches!(host, Host::Tcp(_)));
        let mode = if over_tcp { parts.mode } else { SslMode::Disable };
        let tls = tls::client_config(mode, parts.roots.as_ref()).map_err(ConnectError::Settings)?;
        driver
            .ssl_mode(match mode {
                SslMode::Disable => DriverMode::Disable,
                SslMode::Prefer => DriverMode::Prefer,
                SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => DriverMode::Require,
            })
            .connect_timeout(settings.connect_timeout)
            .tcp_user_timeout(TCP_PATIENCE)
            .keepalives(true);
        if driver.get_application_name().is_none() {
            driver.application_name(&settings.application_name);
        }
        if !settings.pgbouncer {
            let options = start_up_options(&settings, driver.get_options());
            driver.options(options);
        }
        let target = describe(&driver).into();
        Ok(Self { settings, driver, tls: MakeRustlsConnect::new(tls), target, mode, direct: None })
    }

    /// Opens a connection outside of any pool, for tools and for migrations.
    ///
    /// # Errors
    /// [`ConnectError::Refused`], which names the hosts that were tried.
    pub async fn connect(&self) -> Result<AsyncPgConnection, ConnectError> {
        // The driver's own time-out ends with the TCP handshake; a server that accepts may still say nothing.
        let hosts = u32::try_from(self.driver.get_hosts().len()).unwrap_or(u32::MAX);
        let patience = self.settings.connect_timeout.saturating_mul(hosts.max(1));
        timeout(patience, self.attempt()).await.unwrap_or_else(|_| {
            let reason = format!("no answer within {} ms", patience.as_millis());
            Err(ConnectError::Refused { target: self.target.to_string(), reason })
        })
    }

    async fn attempt(&self) -> Result<AsyncPgConnection, ConnectError> {
        let (client, connection) = match self.driver.connect(self.tls.clone()).await {
            // As libpq: `prefer` means plain text where TLS does not come about.
            Err(error) if self.mode == SslMode::Prefer && error.to_string().contains("TLS") => {
                let mut plain = self.driver.clone();
                plain.ssl_mode(DriverMode::Disable).connect(self.tls.clone()).await
            }
            outcome => outcome,
        }
        .map_err(|error| self.refused(&error))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection)
            .await
            .map_err(|error| self.refused(&error))
    }

    /// Which hosts, ports, database and user this connects to; never the password.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// For a connection past any pooler; `None` where only a pooler is known.
    pub(crate) fn direct(&self) -> Option<&Self> {
        self.direct.as_deref()
    }

    pub(super) fn settings(&self) -> &DatabaseSettings {
        &self.settings
    }

    pub(super) fn tls(&self) -> MakeRustlsConnect {
        self.tls.clone()
    }

    fn refused(&self, error: &(dyn std::error::Error + 'static)) -> ConnectError {
        let mut reason = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !reason.contains(&text) {
                let _ = write!(reason, ": {text}");
            }
            source = cause.source();
        }
        ConnectError::Refused { target: self.target.to_string(), reason }
    }
}

/// The time-outs travel in the start-up packet, where they cost nothing; `options` of the URL come last and win.
///
/// One plan per statement, whatever the values: with a plan for the values at hand, a list of somebody who has much is read
/// by walking everybody's rows, since the planner expects to come across enough of theirs soon.
fn start_up_options(settings: &DatabaseSettings, given: Option<&str>) -> String {
    let mut options = format!(
        "-c plan_cache_mode=force_generic_plan -c statement_timeout={} -c idle_in_transaction_session_timeout={}",
        settings.statement_timeout.as_millis(),
        settings.idle_in_transaction_timeout.as_millis(),
    );
    if let Some(given) = given {
        let _ = write!(options, " {given}");
    }
    options
}

fn describe(driver: &tokio_postgres::Config) -> String {
    let ports = driver.get_ports();
    let hosts: Vec<String> = driver
        .get_hosts()
        .iter()
        .enumerate()
        .map(|(at, host)| {
            let port = ports.get(at).or(ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(name) => format!("{name}:{port}"),
                #[cfg(unix)]
                Host::Unix(folder) => format!("{}/.s.PGSQL.{port}", folder.display()),
            }
        })
        .collect();
    format!(
        "{} (database {}, user {})",
        if hosts.is_empty() { "no host".to_owned() } else { hosts.join(" or ") },
        driver.get_dbname().or(driver.get_user()).unwrap_or("by default"),
        driver.get_user().unwrap_or("by default"),
    )
}
