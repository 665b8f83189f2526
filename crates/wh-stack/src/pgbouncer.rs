//! A PgBouncer of one test.

use std::fmt;

use tokio_postgres::config::Host;

use crate::{
    Binary, StackError,
    binaries::machine_pgbouncer,
    daemon::{Daemon, must},
    error::Result,
    guard::{Guard, write_shared},
    postgres::free_port,
    shell::Program,
    sql::{self, Rows},
    user::{User, open_to_all},
};

/// When a client gives its server connection back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolMode {
    /// When it disconnects.
    Session,
    /// At the end of each transaction.
    Transaction,
    /// After each statement.
    Statement,
}

impl fmt::Display for PoolMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Session => "session",
            Self::Transaction => "transaction",
            Self::Statement => "statement",
        })
    }
}

/// A private PgBouncer before a Postgres. It ends with this value.
///
/// The program is that of `PGBOUNCER_BIN`, else the newest of `PATH` and the usual folders. Every method blocks until it is done, and
/// panics where it cannot be done: a test cannot go on then.
#[derive(Debug)]
pub struct PgBouncer {
    daemon: Daemon,
    binary: Binary,
    port: u16,
    user: String,
    password: String,
    database: String,
}

impl PgBouncer {
    /// Every PgBouncer of this machine, the newest first.
    #[must_use]
    pub fn programs() -> Vec<Binary> {
        machine_pgbouncer()
    }

    /// Starts the newest PgBouncer before the database of `url`, with lines of configuration in addition such as
    /// `max_prepared_statements = 100`. `None` where the machine has no PgBouncer: standard error says so.
    #[must_use]
    pub fn start(url: &str, mode: PoolMode, settings: &str) -> Option<Self> {
        Self::start_one(url, mode, settings, "that can be run", |_| true)
    }

    /// As [`start`](Self::start), with a PgBouncer of this version or newer, such as `(1, 21)`.
    #[must_use]
    pub fn since(version: (u32, u32), url: &str, mode: PoolMode, settings: &str) -> Option<Self> {
        let what = format!("of {}.{} or newer", version.0, version.1);
        Self::start_one(url, mode, settings, &what, |found| found >= version)
    }

    /// As [`start`](Self::start), with a PgBouncer older than this version.
    #[must_use]
    pub fn before(version: (u32, u32), url: &str, mode: PoolMode, settings: &str) -> Option<Self> {
        let what = format!("older than {}.{}", version.0, version.1);
        Self::start_one(url, mode, settings, &what, |found| found < version)
    }

    fn start_one(
        url: &str,
        mode: PoolMode,
        settings: &str,
        what: &str,
        suits: impl Fn((u32, u32)) -> bool,
    ) -> Option<Self> {
        let Some(binary) = Self::programs().into_iter().find(|binary| suits(binary.release())) else {
            eprintln!("left out: this machine has no PgBouncer {what}; PGBOUNCER_BIN may name one");
            return None;
        };
        Some(must(Self::create(binary, url, mode, settings)))
    }

    fn create(binary: Binary, url: &str, mode: PoolMode, settings: &str) -> Result<Self> {
        let target = Target::read(url)?;
        let guard = Guard::spawn(User::unprivileged()?, false)?;
        let folder = guard.folder();
        if !open_to_all(&binary.program) && rustix::process::geteuid().is_root() {
            return Err(StackError::Setting {
                variable: "PGBOUNCER_BIN",
                value: binary.program.display().to_string(),
                problem: "the unprivileged user that it runs as cannot reach it".to_owned(),
            });
        }
        let users = folder.join("users.txt");
        write_shared(&users, format!("\"{}\" \"{}\"\n", target.user, target.password))?;
        let port = free_port()?;
        let own = format!(
            "[databases]\n* = host={host} port={server_port}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = scram-sha-256\nauth_file = {users}\nadmin_users = {user}\npool_mode = {mode}\n\
             max_client_conn = 500\ndefault_pool_size = 10\nlog_pooler_errors = 1\n{settings}\n",
            host = target.host,
            server_port = target.port,
            users = users.display(),
            user = target.user,
        );
        let conf = folder.join("pgbouncer.ini");
        write_shared(&conf, own)?;
        let program = Program::new(&binary.program).arg(&conf);
        let Target { user, password, database, .. } = target;
        let daemon = Daemon::new(guard, "pgbouncer", program);
        let bouncer = Self { daemon, binary, port, user, password, database };
        bouncer.restart();
        Ok(bouncer)
    }

    /// The URL of the database through this PgBouncer, with the password.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of(&self.database)
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://{}:{}@127.0.0.1:{}/{database}", self.user, self.password, self.port)
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The first two numbers of the version: `(1, 21)`.
    #[must_use]
    pub fn version(&self) -> (u32, u32) {
        self.binary.release()
    }

    /// Sends a command to the admin console, such as `SHOW SERVERS` or `PAUSE`, and returns its rows as text.
    #[must_use = "rows tell what happened; drop them on purpose"]
    pub fn admin(&self, command: &str) -> Rows {
        must(sql::ask(&self.url_of("pgbouncer"), command))
    }

    /// All that it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.daemon.log()
    }

    /// Freezes it with SIGSTOP: connections stay open, and nothing answers.
    pub fn freeze(&self) {
        self.daemon.freeze();
    }

    /// Continues it after [`freeze`](Self::freeze).
    pub fn thaw(&self) {
        self.daemon.thaw();
    }

    /// Ends it with SIGKILL, and returns when it is gone.
    pub fn kill(&self) {
        self.daemon.kill();
    }

    /// Starts it again on its port after [`kill`](Self::kill), and returns when it answers.
    pub fn restart(&self) {
        self.daemon.start(|| sql::ask(&self.url_of("pgbouncer"), "SHOW VERSION").is_ok());
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // Since 1.23 both SIGINT and SIGTERM wait for its clients.
        self.daemon.end();
    }
}

/// Where the Postgres is.
struct Target {
    host: String,
    port: u16,
    user: String,
    password: String,
    database: String,
}

impl Target {
    fn read(url: &str) -> Result<Self> {
        let unusable = |problem: &str| StackError::Setting {
            variable: "the URL of the Postgres behind PgBouncer",
            value: "(not shown, it may hold a password)".to_owned(),
            problem: problem.to_owned(),
        };
        let config: tokio_postgres::Config = url.parse().map_err(|_| {
            unusable("it is no Postgres URL like postgres://user:password@host:5432/database")
        })?;
        let host = match config.get_hosts().first() {
            Some(Host::Tcp(name)) => name.clone(),
            Some(Host::Unix(path)) => path.display().to_string(),
            None => return Err(unusable("it names no host")),
        };
        let password = config.get_password().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        Ok(Self {
            host,
            port: config.get_ports().first().copied().unwrap_or(5432),
            user: config.get_user().unwrap_or("postgres").to_owned(),
            password: password.unwrap_or_default(),
            database: config.get_dbname().unwrap_or("postgres").to_owned(),
        })
    }
}
