//! One attempt to connect to one address: TCP, TLS, start-up, authentication, a look at the server's settings.

use std::sync::atomic::Ordering;

use diesel_async::AsyncPgConnection;
use tokio_postgres::config::SslMode as DriverMode;
use tokio_postgres::{Client, Config, Connection, Socket};

use super::super::dsn::SslMode;
use super::super::tls::{TlsStream, Watched};
use super::Connector;
use super::address::Address;
use super::error::Refusal;
use super::explain;
use super::facts::Facts;

impl Connector {
    pub(super) async fn attempt(&self, address: &Address) -> Result<AsyncPgConnection, Refusal> {
        let driver = address.aim(&self.driver);
        let (client, mut connection) = self.open(address, &driver).await?;
        let facts = Facts::ask(&client, &mut connection).await.map_err(|error| explain::refusal(&error))?;
        facts.judge()?;
        if self.settings.pgbouncer {
            self.advise(&facts);
        }
        AsyncPgConnection::try_from_client_and_connection(client, connection)
            .await
            .map_err(|error| explain::set_up(&error))
    }

    async fn open(
        &self,
        address: &Address,
        driver: &Config,
    ) -> Result<(Client, Connection<Socket, TlsStream>), Refusal> {
        let tls = Watched::new(self.tls());
        let reason = match driver.connect(tls.clone()).await {
            Ok(opened) if self.mode == SslMode::Prefer && !tls.begun() => {
                self.in_clear(address, "it has no TLS");
                return Ok(opened);
            }
            Ok(opened) => return Ok(opened),
            // As libpq: without TLS, if the handshake failed.
            Err(error) if self.mode == SslMode::Prefer && tls.begun() && error.code().is_none() => {
                error.to_string()
            }
            Err(error) => return Err(explain::refusal(&error)),
        };
        let mut plain = driver.clone();
        let opened = plain.ssl_mode(DriverMode::Disable).connect(tls).await;
        if opened.is_ok() {
            self.in_clear(address, &reason);
        }
        opened.map_err(|error| explain::refusal(&error))
    }

    /// Warns once of a connection that is not encrypted although it might be.
    fn in_clear(&self, address: &Address, reason: &str) {
        if !self.told.in_clear.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                server = %address,
                reason,
                "the connection to Postgres is not encrypted: set sslmode to require or more, or to disable if that is meant"
            );
        }
    }

    fn advise(&self, facts: &Facts) {
        let missing = facts.missing(&self.settings);
        if !missing.is_empty() && !self.told.role.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                statements = missing.join("; "),
                "the role behind the pooler lacks settings: run the statements, and reconnect the pooler"
            );
        }
    }
}
