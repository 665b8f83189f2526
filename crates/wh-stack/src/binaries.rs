//! The server programs that the machine already has.

use std::{
    collections::BTreeSet,
    env, fmt, fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    error::{Result, StackError},
    user::open_to_all,
};

/// A server program and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary {
    /// The program: `postgres`, `redis-server` or `valkey-server`.
    pub program: PathBuf,
    /// Its version's first number.
    pub major: u32,
    /// Its version as it prints it, like `15.14`.
    pub version: String,
}

impl Binary {
    /// The folder that holds the program and its companions.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.program.parent().unwrap_or(Path::new("/"))
    }

    /// Its name and version, like `Postgres 15.14`.
    #[must_use]
    pub fn title(&self) -> String {
        let file = self.program.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let name = match file {
            "postgres" => "Postgres",
            "redis-server" => "Redis",
            "valkey-server" => "Valkey",
            "pgbouncer" => "PgBouncer",
            other => other,
        };
        format!("{name} {}", self.version)
    }

    /// The first two numbers of its version, such as `(1, 18)`.
    #[must_use]
    pub fn release(&self) -> (u32, u32) {
        let number =
            |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
        (self.major, self.version.split('.').nth(1).and_then(number).unwrap_or_default())
    }

    /// Asks `program` for its version; none if it cannot be run.
    pub(crate) fn inspect(program: &Path) -> Option<Self> {
        let output = Command::new(program).arg("--version").output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        // "postgres (PostgreSQL) 15.14 (Debian …)", "Redis server v=7.0.15 sha=…", "Valkey server v=9.1.2 …"
        let version = text
            .split_whitespace()
            .map(|word| word.trim_start_matches("v="))
            .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
        let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
        Some(Self {
            program: program.to_path_buf(),
            major: digits.parse().ok()?,
            version: version.to_owned(),
        })
    }
}

impl fmt::Display for Binary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.program.display(), self.version)
    }
}

/// A program that was found, and what speaks against using it, if anything does.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The program.
    pub binary: Binary,
    /// Why it cannot be used.
    pub refused: Option<String>,
}

/// What to look for.
struct Search {
    programs: &'static [&'static str],
    companions: &'static [&'static str],
    oldest: u32,
    folders: &'static [&'static str],
}

const POSTGRES: Search = Search {
    programs: &["postgres"],
    companions: &["initdb"],
    oldest: 15,
    folders: &[
        "/usr/lib/postgresql/*/bin",
        "/usr/pgsql-*/bin",
        "/usr/bin",
        "/usr/local/bin",
        "/usr/local/pgsql/bin",
        "/opt/homebrew/opt/postgresql@*/bin",
        "/usr/local/opt/postgresql@*/bin",
        "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
        "/Applications/Postgres.app/Contents/Versions/*/bin",
    ],
};

const REDIS: Search = Search {
    programs: &["redis-server", "valkey-server"],
    companions: &[],
    oldest: 6,
    folders: &["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/home/linuxbrew/.linuxbrew/bin"],
};

const PGBOUNCER: Search = Search {
    programs: &["pgbouncer"],
    companions: &[],
    oldest: 1,
    folders: &["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"],
};

/// Every Postgres of this machine, the newest first: of `PG_BIN`, `PATH` and the usual folders of Debian, Fedora and
/// Homebrew.
///
/// # Errors
/// [`StackError::Setting`] if `PG_BIN` is set to a folder without a usable Postgres.
pub fn machine_postgres() -> Result<Vec<Candidate>> {
    let Some(value) = env::var_os("PG_BIN").filter(|value| !value.is_empty()) else {
        return Ok(search(&POSTGRES));
    };
    let found = in_folder(Path::new(&value), &POSTGRES);
    let refused = match found.first() {
        Some(Candidate { refused: None, .. }) => return Ok(found),
        Some(Candidate { binary, refused: Some(why) }) => format!("{binary} {why}"),
        None => "it holds no `postgres` and `initdb` that run; name the folder of the server programs, \
                 like /usr/lib/postgresql/15/bin"
            .to_owned(),
    };
    Err(StackError::Setting { variable: "PG_BIN", value: value.display().to_string(), problem: refused })
}

/// Every Redis or Valkey of this machine, the newest first.
#[must_use]
pub fn machine_redis() -> Vec<Candidate> {
    search(&REDIS)
}

/// The PgBouncer that `PGBOUNCER_BIN` names, else every one of this machine, the newest first.
pub(crate) fn machine_pgbouncer() -> Vec<Binary> {
    if let Some(named) = env::var_os("PGBOUNCER_BIN").filter(|value| !value.is_empty()) {
        return Binary::inspect(Path::new(&named)).into_iter().collect();
    }
    let mut found: Vec<Binary> = search(&PGBOUNCER)
        .into_iter()
        .filter(|candidate| candidate.refused.is_none())
        .map(|candidate| candidate.binary)
        .collect();
    found.sort_by_key(|binary| std::cmp::Reverse(binary.release()));
    found
}

fn search(what: &Search) -> Vec<Candidate> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(what.folders.iter().flat_map(|pattern| expand(pattern)));
    let mut seen = BTreeSet::new();
    let mut found: Vec<Candidate> = folders
        .flat_map(|folder| in_folder(&folder, what))
        .filter(|candidate| seen.insert(candidate.binary.program.canonicalize().ok()))
        .collect();
    found.sort_by_key(|candidate| (candidate.refused.is_some(), std::cmp::Reverse(candidate.binary.major)));
    found
}

fn in_folder(folder: &Path, what: &Search) -> Vec<Candidate> {
    if !what.companions.iter().all(|name| folder.join(name).is_file()) {
        return Vec::new();
    }
    let programs = what.programs.iter().map(|name| folder.join(name)).filter(|program| program.is_file());
    let binaries = programs.filter_map(|program| Binary::inspect(&program));
    binaries.map(|binary| Candidate { refused: refusal(&binary, what.oldest), binary }).collect()
}

fn refusal(binary: &Binary, oldest: u32) -> Option<String> {
    if binary.major < oldest {
        return Some(format!("is too old: {oldest} or newer is needed"));
    }
    let closed = rustix::process::geteuid().is_root() && !open_to_all(&binary.program);
    closed.then(|| "cannot be reached by the unprivileged user that it would run as".to_owned())
}

/// The folders that match a pattern with at most one `*`.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![PathBuf::from(pattern)];
    };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("/", before));
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
    named.map(|entry| entry.path().join(after.trim_start_matches('/'))).filter(|path| path.is_dir()).collect()
}
