use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::section;
use crate::SslMode;
use crate::dsn::Dsn;
use crate::reader::Reader;

section! {
    /// The Postgres database.
    Database at "database" {
        /// Host name, address, or folder of the Unix socket.
        host: String, default "localhost";
        /// TCP port of the server.
        port: u16, default "5432";
        /// Role to connect as.
        user: String, default "wisehosting";
        /// Password of that role. Any character is allowed.
        password: SecretString, required "change-me", credential "database_password";
        /// Name of the database.
        name: String, default "wisehosting";
        /// How the connection is protected: disable, prefer, require, verify-ca or verify-full, as libpq means them.
        sslmode: SslMode, default "prefer";
        /// Certificates of the authorities that the server's certificate is checked against; the system's own if unset.
        ssl_root_cert: Option<PathBuf>, optional "/etc/wisehosting/postgres-ca.pem";
        /// True where host and port lead to PgBouncer in transaction mode.
        pgbouncer: bool, default "false";
        /// Host for what cannot go through PgBouncer (migrations, LISTEN); the host above if unset.
        direct_host: Option<String>, optional "postgres.internal";
        /// Port for what cannot go through PgBouncer; the port above if unset.
        direct_port: Option<u16>, optional "5432";
        /// Connections that are open at most.
        max_open: u32, default "25";
        /// Connections that are kept open when nobody needs them.
        max_idle: u32, default "5";
        /// Age at which a connection is replaced.
        max_lifetime: Duration, default "5m";
        /// Idle time after which a connection beyond `max_idle` is closed.
        idle_timeout: Duration, default "10m";
        /// How long to wait for a connection.
        connect_timeout: Duration, default "5s";
        /// How long one statement may run.
        statement_timeout: Duration, default "30s";
        /// How long a transaction may stand still.
        idle_in_transaction_timeout: Duration, default "1m";
    }
}

impl Database {
    /// The connection string in libpq's `key='value'` form, with any password quoted correctly (`DatabaseDSN`).
    #[must_use]
    pub fn dsn(&self) -> SecretString {
        self.dsn_to(&self.host, self.port).key_value()
    }

    /// The connection string as a `postgres://` URL, with any password escaped correctly.
    #[must_use]
    pub fn url(&self) -> SecretString {
        self.dsn_to(&self.host, self.port).url()
    }

    /// The connection string, as a URL, of the server itself where `host` leads to PgBouncer; else as [`url`](Self::url).
    #[must_use]
    pub fn direct_url(&self) -> SecretString {
        let host = self.direct_host.as_ref().unwrap_or(&self.host);
        self.dsn_to(host, self.direct_port.unwrap_or(self.port)).url()
    }

    /// The file that is named, else the authorities of the system where certificates are checked.
    fn roots(&self) -> Option<String> {
        let checks = matches!(self.sslmode, SslMode::VerifyCa | SslMode::VerifyFull);
        let file = self.ssl_root_cert.as_ref().map(|file| file.display().to_string());
        file.or_else(|| checks.then(|| "system".to_owned()))
    }

    fn dsn_to<'a>(&'a self, host: &'a str, port: u16) -> Dsn<'a> {
        Dsn {
            host,
            port,
            user: &self.user,
            password: &self.password,
            name: &self.name,
            sslmode: self.sslmode,
            roots: self.roots(),
            connect_timeout: self.connect_timeout,
        }
    }

    pub(crate) fn check(&self, reader: &mut Reader<'_>) {
        for (key, text) in
            [("database.host", &self.host), ("database.user", &self.user), ("database.name", &self.name)]
        {
            if text.is_empty() {
                reader.refuse(key, "is empty: write a name, or leave the setting out");
            }
        }
        if self.max_open == 0 {
            reader.refuse("database.max_open", "is 0: at least one connection is needed");
        } else if self.max_idle > self.max_open {
            reader.refuse(
                "database.max_idle",
                format!("{} is more than max_open, which is {}", self.max_idle, self.max_open),
            );
        }
    }
}
