//! Reading a part of the configuration, for programs that need no more of it.

use crate::error::{ConfigError, Fault, Problem};
use crate::reader::Reader;
use crate::sections::{
    ApiServer, Container, Database, Jobs, Logging, Platform, Redis, Section, Security, Smtp, WebApp, Worker,
};
use crate::sources::Sources;

/// Reads from the sources what `read` asks for. Only faults that could concern the settings at or under the paths of `own` are
/// told; the empty path is all of them.
pub(crate) fn read<T>(
    sources: Sources,
    own: &[&str],
    read: impl FnOnce(&mut Reader<'_>) -> T,
) -> Result<T, ConfigError> {
    let layers = sources.layers();
    let mut reader = Reader::new(&layers);
    let value = read(&mut reader);
    let concerns = |fault: &Fault| own.iter().any(|path| concerns(fault, path));
    let mut faults: Vec<Fault> = reader.faults.into_iter().filter(concerns).collect();
    faults.sort();
    faults.dedup();
    if faults.is_empty() { Ok(value) } else { Err(ConfigError::Faults(faults)) }
}

/// True for a fault because of which the settings at a path might be other ones than was meant: one of these settings or of what
/// holds them, a source that cannot be read, and any name that is no setting, since it may be one of them with a slip in it.
fn concerns(fault: &Fault, path: &str) -> bool {
    let holds = |outer: &str, inner: &str| {
        outer.is_empty()
            || inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    holds(path, &fault.key)
        || holds(&fault.key, path)
        || matches!(fault.problem, Problem::Unknown { .. } | Problem::Syntax(_))
}

macro_rules! alone {
    ($($section:ident)+) => {
        $(impl $section {
            /// Reads this section and no other, for a program that needs no complete configuration.
            ///
            /// # Errors
            /// [`ConfigError`] with every fault of these settings, of a source that cannot be read, and every unknown
            /// setting, since that may be one of them with a slip in its name.
            pub fn from_sources(sources: Sources) -> Result<Self, ConfigError> {
                read(sources, &[Self::SPEC.path], Section::read)
            }
        })+
    };
}

alone! { ApiServer Container Database Jobs Logging Platform Redis Security Smtp WebApp Worker }
