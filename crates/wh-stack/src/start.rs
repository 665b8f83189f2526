//! Bringing a stack up.

use std::env;

use super::{
    Origin, Running, Server, Stack, StackError,
    choose::{self, Choice},
    error::Result,
    guard::Guard,
    postgres, reach, redis,
    sweep::sweep,
    user::User,
};

/// How far the choice of servers goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Whatever there is.
    Any,
    /// Servers started here.
    Private,
    /// Pinned programs, started here.
    Pinned,
}

/// Asks for a stack; see the [module](super) for the order in which its servers are looked for.
#[must_use]
pub struct StackBuilder {
    scope: Scope,
    redis: bool,
    tls: bool,
    on_disk: bool,
    progress: Box<dyn FnMut(&str) + Send>,
}

/// Whether the environment asks for pinned programs.
pub(super) fn only_pinned() -> bool {
    env::var("WH_STACK").is_ok_and(|value| value == "pinned")
}

impl Default for StackBuilder {
    fn default() -> Self {
        let scope = if only_pinned() { Scope::Pinned } else { Scope::Any };
        Self { scope, redis: false, tls: false, on_disk: false, progress: Box::new(|_| {}) }
    }
}

impl std::fmt::Debug for StackBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { scope, redis, tls, .. } = self;
        write!(f, "StackBuilder {{ scope: {scope:?}, redis: {redis}, tls: {tls} }}")
    }
}

impl StackBuilder {
    /// Also a Redis or Valkey.
    pub fn redis(mut self) -> Self {
        self.redis = true;
        self
    }

    /// Only the pinned programs, if `pinned`: `DATABASE_URL`, running stacks and the machine's programs are ignored.
    pub fn pinned(mut self, pinned: bool) -> Self {
        if pinned {
            self.scope = Scope::Pinned;
        }
        self
    }

    /// Only servers started here: `DATABASE_URL`, `REDIS_URL` and running stacks are ignored.
    pub fn private(mut self) -> Self {
        if self.scope == Scope::Any {
            self.scope = Scope::Private;
        }
        self
    }

    /// A private Postgres that offers TLS; see [`Stack::certificate_authority`].
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self.private()
    }

    /// Data on the disk also where memory has room for it: for a stack that lives long or holds much.
    pub fn on_disk(mut self) -> Self {
        self.on_disk = true;
        self
    }

    /// Is told what happens, one short line a step, such as `starting Postgres 15.14`.
    pub fn on_progress(mut self, progress: impl FnMut(&str) + Send + 'static) -> Self {
        self.progress = Box::new(progress);
        self
    }

    /// Brings the stack up. Blocks: half a second where the programs are there, longer where they are fetched.
    ///
    /// # Errors
    /// [`StackError::Unreachable`] within five seconds if a variable names a server that does not answer,
    /// [`StackError::NotFound`] and [`StackError::WrongHash`] if no program could be had, [`StackError::DidNotStart`] with the
    /// end of its log if one failed, [`StackError::NoTls`], [`StackError::Setting`] and [`StackError::Io`].
    pub fn start(mut self) -> Result<Stack> {
        let (own, pinned) = (self.scope != Scope::Any, self.scope == Scope::Pinned);
        let running = if own { None } else { Running::find()? };
        let given_postgres = if own { None } else { given_postgres(running.as_ref())? };
        let given_redis = if own || !self.redis { None } else { given_redis(running.as_ref())? };
        let needs_redis = self.redis && given_redis.is_none();
        if let (Some((postgres, tls)), false) = (&given_postgres, needs_redis) {
            let (postgres, tls) = (postgres.clone(), *tls);
            return Ok(Stack { postgres, redis: given_redis, tls, authority: None, log: None, guard: None });
        }

        sweep()?;
        let user = User::unprivileged()?;
        // Fetched before the guard starts, so that the private folder never waits for a network.
        let progress = &mut self.progress;
        let postgres =
            if given_postgres.is_some() { None } else { Some(choose::postgres(pinned, progress)?) };
        let redis = if needs_redis { Some(choose::redis(pinned, progress)?) } else { None };
        let guard = Guard::spawn(user, !self.on_disk)?;
        let redis = match redis {
            None => given_redis,
            Some(choice) => {
                progress(&format!("starting {}", choice.binary.title()));
                let url = redis::start(&guard, &choice.binary, user)?;
                Some(Server { url, version: choice.binary.title(), origin: choice.origin() })
            }
        };
        let Some(choice) = postgres else {
            let Some((postgres, tls)) = given_postgres else {
                return Err(no_server());
            };
            return Ok(Stack { postgres, redis, tls, authority: None, log: None, guard: Some(guard) });
        };
        progress(&format!("starting {}", choice.binary.title()));
        let cluster = postgres::start(&guard, &choice.binary, user, self.tls)?;
        Ok(Stack {
            postgres: Server { url: cluster.url, origin: choice.origin(), version: cluster.facts.version },
            redis,
            tls: cluster.facts.tls,
            authority: cluster.certificates.map(|made| made.authority),
            log: Some(cluster.log),
            guard: Some(guard),
        })
    }
}

/// The Postgres that somebody else runs, and whether it can TLS.
fn given_postgres(running: Option<&Running>) -> Result<Option<(Server, bool)>> {
    let (url, variable, origin) = if let Some(url) = variable("DATABASE_URL") {
        (url, "DATABASE_URL", Origin::Environment("DATABASE_URL"))
    } else if let Some(running) = running {
        (running.database_url.clone(), "the stack of `cargo xtask up`", Origin::Running)
    } else {
        return Ok(None);
    };
    let facts = reach::postgres_facts(&url, variable)?;
    Ok(Some((Server { url, origin, version: facts.version }, facts.tls)))
}

fn given_redis(running: Option<&Running>) -> Result<Option<Server>> {
    let server = |url, origin| Server { url, origin, version: String::new() };
    if let Some(url) = variable("REDIS_URL") {
        reach::require_redis(&url)?;
        return Ok(Some(server(url, Origin::Environment("REDIS_URL"))));
    }
    let url = running.and_then(|running| running.redis_url.clone());
    Ok(url.map(|url| server(url, Origin::Running)))
}

fn no_server() -> StackError {
    StackError::NotFound {
        server: "Postgres",
        tried: "  nothing was chosen".to_owned(),
        repair: "set DATABASE_URL".to_owned(),
    }
}

impl Choice {
    fn origin(&self) -> Origin {
        let binary = self.binary.clone();
        if self.pinned { Origin::Pinned(binary) } else { Origin::Machine(binary) }
    }
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}
