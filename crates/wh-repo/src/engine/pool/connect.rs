//! Connections to Postgres: every address in turn, as libpq does.

mod address;
mod attempt;
mod error;
mod explain;
mod facts;
mod options;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use diesel_async::AsyncPgConnection;
use secrecy::ExposeSecret;
use tokio::time::timeout;
use tokio_postgres::config::{LoadBalanceHosts, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

use self::address::{Address, Host, Slow};
pub use self::error::ConnectError;
use self::error::Refusal;
use super::dsn::{self, SslMode};
use super::settings::DatabaseSettings;
use super::tls;

/// What the connection past the pool is called, after the name of the others.
const DIRECT_SUFFIX: &str = " (listening)";

/// Opens connections with the same settings again and again.
#[derive(Clone)]
pub struct Connector {
    settings: DatabaseSettings,
    driver: tokio_postgres::Config,
    hosts: Arc<[Host]>,
    balance: LoadBalanceHosts,
    patience: Duration,
    slow: Slow,
    tls: MakeRustlsConnect,
    target: Arc<str>,
    mode: SslMode,
    told: Arc<Told>,
    /// For what does not go through a pooler.
    direct: Option<Arc<Connector>>,
}

/// What was said already, and need not be said again.
#[derive(Default)]
struct Told {
    in_clear: AtomicBool,
    role: AtomicBool,
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
    /// [`ConnectError::Settings`] for a field out of bounds, a URL that cannot be parsed, or a certificate file that cannot be
    /// read.
    pub fn new(settings: DatabaseSettings) -> Result<Self, ConnectError> {
        settings.check().map_err(ConnectError::Settings)?;
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
            direct.told = Arc::clone(&connector.told);
            connector.direct = Some(Arc::new(direct));
        }
        Ok(connector)
    }

    fn single(settings: DatabaseSettings) -> Result<Self, ConnectError> {
        let parts = dsn::split(settings.url.expose_secret()).map_err(ConnectError::Settings)?;
        let given: tokio_postgres::Config = parts.rest.parse().map_err(|error: tokio_postgres::Error| {
            // The driver's message names the option, its source the reason; neither repeats the string.
            let reason =
                std::error::Error::source(&error).map_or_else(String::new, |source| format!(": {source}"));
            ConnectError::Settings(format!("the connection string cannot be read ({error}{reason})"))
        })?;
        let hosts = address::hosts(&given).map_err(ConnectError::Settings)?;
        let mode = if hosts.iter().any(Host::over_tcp) { parts.mode } else { SslMode::Disable };
        let tls = tls::client_config(mode, parts.roots.as_ref()).map_err(ConnectError::Settings)?;
        let driver = options::template(&given, &settings, mode);
        Ok(Self {
            target: describe(&hosts, &driver).into(),
            hosts: hosts.into(),
            balance: given.get_load_balance_hosts(),
            patience: options::patience(&given, &settings),
            slow: Slow::default(),
            tls: MakeRustlsConnect::new(tls),
            told: Arc::default(),
            settings,
            driver,
            mode,
            direct: None,
        })
    }

    /// Opens a connection outside of any pool, for tools and for migrations. Tries every address of every host until one
    /// answers and fits `target_session_attrs`; each has `connect_timeout`, from TCP to the first answers of the server.
    /// An address that took all its time is tried after the others for a minute.
    ///
    /// # Errors
    /// [`ConnectError::Refused`] with what each address said; [`ConnectError::Unfit`] for a server that is set up in a way
    /// that gives wrong results, with the statements that mend it.
    pub async fn connect(&self) -> Result<AsyncPgConnection, ConnectError> {
        let (mut refusals, mut later) = (Vec::new(), Vec::new());
        let mut hosts: Vec<&Host> = self.hosts.iter().collect();
        address::balance(&mut hosts, self.balance);
        for host in hosts {
            let mut addresses = match host.look_up(self.patience).await {
                Ok(addresses) => addresses,
                Err(reason) => {
                    refusals.push((host.to_string(), reason));
                    continue;
                }
            };
            address::balance(&mut addresses, self.balance);
            for address in addresses {
                if self.slow.contains(&address) {
                    later.push(address);
                } else if let Some(connection) = self.try_address(&address, &mut refusals).await? {
                    return Ok(connection);
                }
            }
        }
        for address in later {
            if let Some(connection) = self.try_address(&address, &mut refusals).await? {
                return Ok(connection);
            }
        }
        Err(self.refused(refusals))
    }

    /// Connects to one address; `None` where the next one should be tried.
    async fn try_address(
        &self,
        address: &Address,
        refusals: &mut Vec<(String, String)>,
    ) -> Result<Option<AsyncPgConnection>, ConnectError> {
        let attempt = Box::pin(self.attempt(address));
        let outcome =
            timeout(self.patience, attempt).await.unwrap_or_else(|_| Err(Refusal::Late(self.late())));
        match outcome {
            Ok(connection) => {
                self.slow.clear(address);
                return Ok(Some(connection));
            }
            Err(Refusal::Here(reason)) => refusals.push((address.to_string(), reason)),
            Err(Refusal::Late(reason)) => {
                self.slow.note(address);
                refusals.push((address.to_string(), reason));
            }
            Err(Refusal::Everywhere(reason)) => {
                refusals.push((address.to_string(), reason));
                return Err(self.refused(std::mem::take(refusals)));
            }
            Err(Refusal::Unfit { problem, remedy }) => {
                return Err(ConnectError::Unfit { target: self.target.to_string(), problem, remedy });
            }
        }
        Ok(None)
    }

    /// Gives the first words on a new connection as long as connecting may take.
    pub(super) async fn bounded<T>(&self, work: impl Future<Output = T>) -> Result<T, ConnectError> {
        timeout(self.patience, work).await.map_err(|_| self.refused(vec![(String::new(), self.late())]))
    }

    fn late(&self) -> String {
        format!("no answer within {} ms", self.patience.as_millis())
    }

    fn refused(&self, refusals: Vec<(String, String)>) -> ConnectError {
        let several = refusals.len() > 1;
        let said: Vec<String> = refusals
            .into_iter()
            .map(|(address, reason)| if several { format!("{address}: {reason}") } else { reason })
            .collect();
        ConnectError::Refused { target: self.target.to_string(), reason: said.join("; ") }
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

    /// True where a new connection leads to a server that can be written to, or nowhere.
    pub(super) fn finds_the_primary(&self) -> bool {
        self.driver.get_target_session_attrs() == TargetSessionAttrs::ReadWrite
    }

    /// How long connecting may take while no host answers.
    pub(super) fn whole_patience(&self) -> Duration {
        let hosts = u32::try_from(self.hosts.len()).unwrap_or(u32::MAX);
        self.patience.saturating_mul(hosts)
    }

    pub(super) fn settings(&self) -> &DatabaseSettings {
        &self.settings
    }

    pub(super) fn tls(&self) -> MakeRustlsConnect {
        self.tls.clone()
    }
}

fn describe(hosts: &[Host], driver: &tokio_postgres::Config) -> String {
    let hosts: Vec<String> = hosts.iter().map(Host::to_string).collect();
    format!(
        "{} (database {}, user {})",
        hosts.join(" or "),
        driver.get_dbname().or(driver.get_user()).unwrap_or("by default"),
        driver.get_user().unwrap_or("by default"),
    )
}
