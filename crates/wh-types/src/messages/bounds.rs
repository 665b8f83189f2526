//! How much of what a message may carry. What a column keeps is counted in characters, as the column does.

use serde::de::{Deserialize, Deserializer, Error};

use crate::Invalid;

/// The longest URL.
pub(super) const URL: usize = 2048;
/// The longest branch, author or kind of violation.
pub(super) const NAME: usize = 255;
/// The longest container id: as wide as `apps.container_id` and `deployments.container_id`.
pub(super) const CONTAINER_ID: usize = 128;
/// The longest commit hash: as wide as `apps.commit_sha` and `deployments.commit_sha`. SHA-256 in hexadecimal
/// fills it.
pub(super) const COMMIT_SHA: usize = 64;
/// The longest path inside a repository.
pub(super) const PATH: usize = 1024;
/// The longest build or start command.
pub(super) const COMMAND: usize = 8 * 1024;
/// The longest sentence for a person: an error, a reason, a commit message.
pub(super) const SENTENCE: usize = 8 * 1024;
/// The longest build log; its end is kept, because that is where the error is.
pub(super) const LOGS: usize = 4 * 1024 * 1024;
/// The longest environment value or token.
pub(super) const VALUE: usize = 64 * 1024;
/// How many environment variables an app may have.
pub(super) const VARIABLES: usize = 512;
/// The longest deploy payload in all.
pub(super) const PAYLOAD: usize = 4 * 1024 * 1024;

/// Refuses what is longer than `max` characters or holds a NUL, which Postgres cannot store and no command
/// can carry.
pub(super) fn check(field: &'static str, text: &str, max: usize) -> Result<(), Invalid> {
    let given = text.chars().count();
    let problem = if given > max {
        format!("it has {given} characters, at most {max} are allowed")
    } else if text.contains('\0') {
        "it holds a NUL byte, which has no place in a text".to_owned()
    } else {
        return Ok(());
    };
    Err(Invalid::Field { field, problem })
}

/// Refuses what does not fit into an `integer` column. `null` is 0.
pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let given = Option::<i64>::deserialize(deserializer)?.unwrap_or_default();
    i32::try_from(given).ok().and_then(|fits| u32::try_from(fits).ok()).ok_or_else(|| {
        D::Error::custom(format_args!("{given} is out of bounds: 0 to {} are allowed", i32::MAX))
    })
}

/// Takes the first `SENTENCE` bytes, without NUL.
pub(super) fn sentence<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = clean(Option::<String>::deserialize(deserializer)?);
    let end = text.floor_char_boundary(SENTENCE);
    Ok(text.get(..end).unwrap_or_default().to_owned())
}

/// Takes the last `LOGS` bytes, without NUL.
pub(super) fn logs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = clean(Option::<String>::deserialize(deserializer)?);
    let start = text.ceil_char_boundary(text.len().saturating_sub(LOGS));
    Ok(text.get(start..).unwrap_or_default().to_owned())
}

/// Takes the first `NAME` characters of a person's name, without NUL.
pub(super) fn author<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = clean(Option::<String>::deserialize(deserializer)?);
    Ok(text.chars().take(NAME).collect())
}

/// Takes a kind of violation of at most `NAME` characters.
pub(super) fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    whole(deserializer, "kind", NAME)
}

/// Takes a container id. It is never cut: a shorter id names nothing, or another container.
pub(super) fn container_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    whole(deserializer, "container_id", CONTAINER_ID)
}

/// Takes a commit hash. It is never cut.
pub(super) fn commit_sha<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    whole(deserializer, "commit_sha", COMMIT_SHA)
}

fn whole<'de, D: Deserializer<'de>>(
    deserializer: D,
    field: &'static str,
    max: usize,
) -> Result<String, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    check(field, &text, max).map_err(D::Error::custom)?;
    Ok(text)
}

/// Takes a port, 0 where none is assigned. `null` is 0.
pub(super) fn port<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let given = Option::<i64>::deserialize(deserializer)?.unwrap_or_default();
    u16::try_from(given)
        .map_err(|_| D::Error::custom(format_args!("{given} is not a port: 0 to 65535 are allowed")))
}

fn clean(text: Option<String>) -> String {
    let text = text.unwrap_or_default();
    if text.contains('\0') { text.replace('\0', "") } else { text }
}
