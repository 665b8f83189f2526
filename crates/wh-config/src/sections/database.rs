use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use wh_types::{SslMode, TargetSessionAttrs};

use super::{Hosts, Ports, section};
use crate::dsn::Dsn;
use crate::reader::Reader;
use crate::shape::{POSTGRES_MS, Shape};

section! {
    /// The Postgres database.
    Database at "database" checked {
        /// Host name, address, or folder of the Unix socket. Several have commas between them and are tried
        /// in order.
        host: Hosts, default "localhost";
        /// TCP port of the server: one for all hosts, or one for each.
        port: Ports, default "5432";
        /// Role to connect as.
        user: String, default "wisehosting";
        /// Password of that role. Any character is allowed, but white space at its ends.
        password: SecretString, required "change-me", credential "database_password";
        /// Name of the database.
        name: String, default "wisehosting";
        /// How the connection is protected: disable, prefer, require, verify-ca or verify-full, as libpq
        /// means them.
        sslmode: SslMode, default "prefer";
        /// PEM file of the authorities that the server's certificate is checked against, or system for those
        /// that the operating system trusts, which needs verify-full. verify-full alone means system;
        /// verify-ca needs a file.
        ssl_root_cert: Option<PathBuf>, optional "/etc/wisehosting/postgres-ca.pem";
        /// Which servers are accepted: any, or read-write for the primary. With several hosts read-write if
        /// unset, else any.
        target_session_attrs: Option<TargetSessionAttrs>, optional "read-write";
        /// Name of the connections in `pg_stat_activity`.
        application_name: String as Shape::Ascii { max: 63 }, default "wh-data";
        /// True if host and port lead to PgBouncer in transaction mode.
        pgbouncer: bool, default "false";
        /// Hosts for what cannot go through PgBouncer (migrations, LISTEN); the hosts above if unset.
        direct_host: Option<Hosts>, optional "postgres.internal";
        /// Ports for what cannot go through PgBouncer; the ports above if unset.
        direct_port: Option<Ports>, optional "5432";
        /// Most connections that are open at a time.
        max_open: u32 as Shape::Count { min: 1, max: 262_143 }, default "25";
        /// Connections that stay open when they are not needed.
        max_idle: u32 as Shape::Count { min: 0, max: 262_143 }, default "5";
        /// Age at which a connection is replaced.
        max_lifetime: Duration, default "5m";
        /// Idle time after which a connection beyond `max_idle` is closed. At most `max_lifetime`.
        idle_timeout: Duration, default "2m";
        /// Longest wait for a connection from the pool, opening one included. Longer than `connect_timeout`,
        /// so that a call survives one attempt that fails.
        acquire_timeout: Duration, default "5s";
        /// Longest wait for one host to accept a connection.
        connect_timeout: Duration, default "3s";
        /// Longest run of one statement.
        statement_timeout: Duration as Shape::Duration { max_ms: POSTGRES_MS }, default "30s";
        /// Longest silence inside an open transaction.
        idle_in_transaction_timeout: Duration as Shape::Duration { max_ms: POSTGRES_MS }, default "1m";
    }
}

impl Database {
    /// The connection string in libpq's `key='value'` form, with any password quoted correctly
    /// (`DatabaseDSN`).
    #[must_use]
    pub fn dsn(&self) -> SecretString {
        self.dsn_to(&self.host, &self.port).key_value()
    }

    /// The connection string as a `postgres://` URL, with any password escaped correctly.
    #[must_use]
    pub fn url(&self) -> SecretString {
        self.dsn_to(&self.host, &self.port).url()
    }

    /// The connection string, as a URL, of the servers themselves if `host` leads to PgBouncer; else as
    /// [`url`](Self::url).
    #[must_use]
    pub fn direct_url(&self) -> SecretString {
        let (host, port) = (self.direct_host.as_ref(), self.direct_port.as_ref());
        self.dsn_to(host.unwrap_or(&self.host), port.unwrap_or(&self.port)).url()
    }

    fn has_system_roots(&self) -> bool {
        self.ssl_root_cert.as_ref().is_some_and(|file| file.as_os_str() == "system")
    }

    /// The file that is named, else the system's authorities for `verify-full`. libpq takes them with no
    /// other mode.
    fn roots(&self) -> Option<String> {
        let file = self.ssl_root_cert.as_ref().map(|file| file.display().to_string());
        file.or_else(|| (self.sslmode == SslMode::VerifyFull).then(|| "system".to_owned()))
    }

    fn dsn_to<'a>(&'a self, hosts: &'a Hosts, ports: &Ports) -> Dsn<'a> {
        let several = hosts.len() > 1;
        let default = if several { TargetSessionAttrs::ReadWrite } else { TargetSessionAttrs::Any };
        Dsn {
            servers: hosts.iter().zip(ports.of(hosts.len()).unwrap_or_default()).collect(),
            user: &self.user,
            password: &self.password,
            name: &self.name,
            sslmode: self.sslmode,
            roots: self.roots(),
            connect_timeout: self.connect_timeout,
            application_name: &self.application_name,
            target_session_attrs: self.target_session_attrs.unwrap_or(default),
        }
    }

    fn checked(mut self, reader: &mut Reader<'_>) -> Self {
        self.check_hosts(reader);
        self.check_tls(reader);
        if self.max_idle > self.max_open {
            if reader.is_default("database.max_idle") {
                self.max_idle = self.max_open;
            } else {
                let problem = format!("{} is more than max_open, which is {}", self.max_idle, self.max_open);
                reader.refuse("database.max_idle", &["database.max_open"], problem);
            }
        }
        if self.idle_timeout > self.max_lifetime {
            if reader.is_default("database.idle_timeout") {
                self.idle_timeout = self.max_lifetime;
            } else {
                let lifetime = crate::duration::write(self.max_lifetime);
                let problem =
                    format!("is longer than max_lifetime, which is {lifetime}: no connection gets so old");
                reader.refuse("database.idle_timeout", &["database.max_lifetime"], problem);
            }
        }
        self
    }

    fn check_hosts(&self, reader: &mut Reader<'_>) {
        let direct = (
            self.direct_host.as_ref().unwrap_or(&self.host),
            self.direct_port.as_ref().unwrap_or(&self.port),
        );
        for (hosts, ports, host_key, port_key) in [
            (&self.host, &self.port, "database.host", "database.port"),
            (direct.0, direct.1, "database.direct_host", "database.direct_port"),
        ] {
            if ports.of(hosts.len()).is_none() {
                let (ports, hosts) = (ports.iter().count(), hosts.len());
                let problem =
                    format!("names {ports} ports for {hosts} hosts: write one for all, or one for each");
                reader.refuse(port_key, &[host_key, "database.host", "database.port"], problem);
            }
        }
    }

    /// libpq refuses every mode but `verify-full` with the system's authorities: any public certificate would
    /// pass.
    fn check_tls(&mut self, reader: &mut Reader<'_>) {
        let (mode, roots) = ("database.sslmode", "database.ssl_root_cert");
        if self.has_system_roots() && reader.is_default(mode) {
            self.sslmode = SslMode::VerifyFull;
        }
        if self.has_system_roots() && self.sslmode != SslMode::VerifyFull {
            let problem =
                "\"system\" needs sslmode verify-full: with a weaker one any public certificate would pass";
            reader.refuse(roots, &[mode], problem);
        } else if self.sslmode == SslMode::VerifyCa && self.ssl_root_cert.is_none() {
            let problem = "\"verify-ca\" needs ssl_root_cert, the PEM file of your authority: with those of the system any public \
                           certificate would pass; write verify-full to use them";
            reader.refuse(mode, &[roots], problem);
        }
    }
}
