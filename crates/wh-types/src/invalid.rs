//! What is wrong with a word that came from outside.

/// A value that broke a rule on its way in: which value, which rule, and what would be right.
///
/// The message never repeats a secret: only names, keys and host names are shown, cut to 64 characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    /// Too short or too long.
    #[error("{what} has {given} characters: {min} to {max} are allowed")]
    Length {
        /// What it was meant to be (`app name`).
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
        /// What it was meant to be.
        what: &'static str,
        /// The first character that is wrong.
        found: char,
        /// Where it stands, counted from 1.
        position: usize,
        /// What may stand there.
        allowed: &'static str,
    },
    /// A hyphen first, last, or next to another.
    #[error("{what} {given:?} has a hyphen {place}: a hyphen stands between two letters or digits")]
    Hyphen {
        /// What it was meant to be.
        what: &'static str,
        /// What was given.
        given: String,
        /// Where the hyphen is (`at its beginning`).
        place: &'static str,
    },
    /// A name that the platform keeps for itself.
    #[error("{what} {given:?} is reserved: choose another")]
    Reserved {
        /// What it was meant to be.
        what: &'static str,
        /// What was given.
        given: String,
    },
    /// Not a host name that the public DNS can hold.
    #[error("host name {given:?} {problem}")]
    Hostname {
        /// What was given.
        given: String,
        /// What is wrong, and what would be right.
        problem: &'static str,
    },
    /// Not an IP address. The message does not repeat it: an address belongs to a person.
    #[error("not an IP address: write it like 203.0.113.7 or 2001:db8::7, without port, brackets or zone")]
    IpAddress,
    /// Not a quantity in a unit that is known here.
    #[error("{given:?} is not {what}: write it like {example}")]
    Quantity {
        /// What it was meant to be (`a size`).
        what: &'static str,
        /// What was given.
        given: String,
        /// Texts that would have been right.
        example: &'static str,
    },
    /// An address, a URL or a name that is not in its form.
    #[error("{what} {problem}")]
    Form {
        /// What it was meant to be (`host`).
        what: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// A field of a message outside its bounds.
    #[error("{field} is out of bounds: {problem}")]
    Field {
        /// The field, as it is called in JSON.
        field: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// A message that is not the JSON it should be. The text names place and kind, never the content.
    #[error("{message} is not valid JSON for its kind: {problem}")]
    Message {
        /// The message (`deploy payload`).
        message: &'static str,
        /// What is wrong, with line and column.
        problem: String,
    },
}

impl Invalid {
    /// What is wrong, for a message that has named the value already.
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
