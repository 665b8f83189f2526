//! The refusal of a value from outside.

/// A value that breaks a rule: the value, the rule, and the remedy.
///
/// The message never repeats a secret: only names, keys and host names are shown, cut to 64 characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    /// Too short or too long.
    #[error("{what} has {given} characters: {min} to {max} are allowed")]
    Length {
        /// The kind of value (`app name`).
        what: &'static str,
        /// Its length in characters.
        given: usize,
        /// The least length.
        min: usize,
        /// The greatest length.
        max: usize,
    },
    /// A character that has no place in it.
    #[error("{what} has {found:?} at position {position}: {allowed}")]
    Character {
        /// The kind of value.
        what: &'static str,
        /// The first character that is wrong.
        found: char,
        /// Where it stands, counted from 1.
        position: usize,
        /// The characters that may stand there.
        allowed: &'static str,
    },
    /// A hyphen first, last, or next to another.
    #[error("{what} {given:?} has a hyphen {place}: a hyphen stands between two letters or digits")]
    Hyphen {
        /// The kind of value.
        what: &'static str,
        /// The value.
        given: String,
        /// Where the hyphen is (`at its beginning`).
        place: &'static str,
    },
    /// A name that the platform keeps for itself.
    #[error("{what} {given:?} is reserved: choose another")]
    Reserved {
        /// The kind of value.
        what: &'static str,
        /// The value.
        given: String,
    },
    /// Not a host name that the public DNS can hold.
    #[error("host name {given:?} {problem}")]
    Hostname {
        /// The value.
        given: String,
        /// The fault, and the remedy.
        problem: &'static str,
    },
    /// Not an IP address. The message does not repeat it: an address belongs to a person.
    #[error("not an IP address: write it like 203.0.113.7 or 2001:db8::7, without port, brackets or zone")]
    IpAddress,
    /// Not a quantity in a unit that is known here.
    #[error("{given:?} is not {what}: write it like {example}")]
    Quantity {
        /// The kind of value (`a size`).
        what: &'static str,
        /// The value.
        given: String,
        /// Texts that would have been right.
        example: &'static str,
    },
    /// An address, a URL or a name that is not in its form.
    #[error("{what} {problem}")]
    Form {
        /// The kind of value (`host`).
        what: &'static str,
        /// The fault, and the remedy.
        problem: String,
    },
    /// A field of a message outside its bounds.
    #[error("{field} is out of bounds: {problem}")]
    Field {
        /// The field, as it is called in JSON.
        field: &'static str,
        /// The fault, and the remedy.
        problem: String,
    },
    /// A message that is not the JSON it should be. The text names place and kind, never the content.
    #[error("{message} is not valid JSON for its kind: {problem}")]
    Message {
        /// The message (`deploy payload`).
        message: &'static str,
        /// The fault, with line and column.
        problem: String,
    },
}

impl Invalid {
    /// The fault without the kind of value, for a message that has named the value already.
    #[must_use]
    pub fn problem(&self) -> String {
        match self {
            Self::Form { problem, .. } => problem.clone(),
            other => other.to_string(),
        }
    }
}

/// At most 64 characters of a text that is about to be shown.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}
