#![doc = include_str!("../README.md")]

mod binaries;
mod cache;
mod certificates;
mod choose;
mod daemon;
mod durable;
mod error;
mod fetch;
mod guard;
mod package;
mod pgbouncer;
mod postgres;
mod process;
mod program;
mod python;
mod reach;
mod redis;
mod redis_server;
mod running;
mod shell;
mod smtp;
mod sql;
mod start;
mod sweep;
mod unpack;
mod user;
mod wait;
mod wheel;
mod wheels;

use std::{
    fmt,
    path::{Path, PathBuf},
};

pub use binaries::{Binary, Candidate, machine_postgres, machine_redis};
pub use cache::tool_cache;
pub use certificates::ServerCertificate;
pub use durable::DurableServer;
pub use error::{Result, StackError};
pub use fetch::installers;
pub use guard::stop_all;
pub use pgbouncer::{PgBouncer, PoolMode};
pub use process::{is_gone, node_name};
pub use program::client_program;
pub use python::{python, smtp_wheels};
pub use reach::{postgres_address, require_postgres};
pub use redis_server::RedisServer;
pub use running::Running;
pub use smtp::{SmtpScript, SmtpServer};
pub use start::StackBuilder;
pub use sweep::{leftovers, sweep};
pub use wait::{eventually, wait_until};
pub use wheel::Wheel;
pub use wheels::pinned_wheels;

use guard::Guard;

/// Where a server of a stack comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// An environment variable names it.
    Environment(&'static str),
    /// `cargo xtask up` has started it.
    Running,
    /// It was started here, from a program of this machine.
    Machine(Binary),
    /// It was started here, from a pinned program.
    Pinned(Binary),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(variable) => f.write_str(variable),
            Self::Running => f.write_str("the stack of `cargo xtask up`"),
            Self::Machine(binary) => write!(f, "{}", binary.program.display()),
            Self::Pinned(_) => f.write_str("pinned"),
        }
    }
}

/// One server of a stack. Its URL holds the password, so `Debug` leaves it out.
#[derive(Clone)]
struct Server {
    url: String,
    origin: Origin,
    /// Postgres: as it reports it. Redis: with its name, or empty where nobody has asked it.
    version: String,
}

/// A Postgres and perhaps a Redis. Private servers end when this is dropped, which waits until nothing of them is left.
pub struct Stack {
    postgres: Server,
    redis: Option<Server>,
    tls: bool,
    authority: Option<PathBuf>,
    log: Option<PathBuf>,
    guard: Option<Guard>,
}

impl Stack {
    /// A stack by the order of this crate; Postgres only, unless more is asked for.
    pub fn builder() -> StackBuilder {
        StackBuilder::default()
    }

    /// The URL of a superuser's connection to Postgres, with its password.
    #[must_use]
    pub fn database_url(&self) -> &str {
        &self.postgres.url
    }

    /// The URL of Redis with its password, if one was asked for.
    #[must_use]
    pub fn redis_url(&self) -> Option<&str> {
        self.redis.as_ref().map(|server| server.url.as_str())
    }

    /// Where Postgres comes from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.postgres.origin
    }

    /// Where Redis comes from, if one was asked for.
    #[must_use]
    pub fn redis_origin(&self) -> Option<&Origin> {
        self.redis.as_ref().map(|server| &server.origin)
    }

    /// The version that Postgres reports, like `18.6`.
    #[must_use]
    pub fn postgres_version(&self) -> &str {
        &self.postgres.version
    }

    /// Whether this Postgres was built with TLS; the pinned one is not.
    #[must_use]
    pub fn supports_tls(&self) -> bool {
        self.tls
    }

    /// The PEM file of the authority that signed the server's certificate, if the stack was built with
    /// [`StackBuilder::tls`]. The certificate holds for `localhost`, `127.0.0.1` and `::1`.
    #[must_use]
    pub fn certificate_authority(&self) -> Option<&Path> {
        self.authority.as_deref()
    }

    /// The log that a Postgres of this stack's own writes.
    #[must_use]
    pub fn log_file(&self) -> Option<&Path> {
        self.log.as_deref()
    }

    /// The private folder, if a server was started here.
    pub fn folder(&self) -> Option<&Path> {
        self.guard.as_ref().map(Guard::folder)
    }

    /// What runs where, for people, in one line without any password.
    #[must_use]
    pub fn title(&self) -> String {
        let Server { url, origin, version } = &self.postgres;
        // Debian adds its own version in parentheses.
        let number = version.split(' ').next().unwrap_or(version);
        let postgres = format!("Postgres {number} at {} ({origin})", postgres_address(url));
        let redis = self.redis.as_ref().map(|redis| {
            let name = if redis.version.is_empty() { "Redis" } else { redis.version.as_str() };
            format!(", {name} at {} ({})", after_at(&redis.url), redis.origin)
        });
        postgres + &redis.unwrap_or_default()
    }

    /// Lets the private servers run on after this process; [`Running::find`] then finds them and [`Running::stop`] ends them.
    ///
    /// # Errors
    /// [`StackError::Io`] and [`StackError::DidNotStart`] if the guard cannot be detached or noted; it is stopped then.
    pub fn detach(self) -> Result<Option<Running>> {
        let title = self.title();
        let Some(guard) = self.guard else { return Ok(None) };
        let running = Running {
            folder: guard.folder().to_path_buf(),
            database_url: self.postgres.url,
            redis_url: self.redis.map(|server| server.url),
            title,
            note: tool_cache()?.join(running::NOTE),
        };
        running.write()?;
        guard.detach()?;
        Ok(Some(running))
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack")
            .field("title", &self.title())
            .field("folder", &self.folder())
            .finish_non_exhaustive()
    }
}

/// The part of a URL after the credentials.
fn after_at(url: &str) -> &str {
    url.rsplit_once('@').map_or(url, |(_, rest)| rest)
}
