//! Evictions and the messages that carry them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::pattern::Pattern;

/// Entries to delete in every process.
///
/// It is written as a short text, a letter and the key, which travels between processes: `kuser:17`, `puser:17:`, `guser:*:apps`,
/// or `*` alone for everything.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
#[non_exhaustive]
pub enum Eviction {
    /// The entry of this key.
    Key(String),
    /// Every entry whose key begins with this text: `user:123:` does not touch `user:1234:`.
    Prefix(String),
    /// Every entry whose key matches this pattern, in which `*`, `?`, `[a-z]`, `[^a]` and `\` mean what they mean to Redis.
    Pattern(String),
    /// Every entry.
    Everything,
}

/// The text is not an eviction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the text of {length} bytes is not an eviction: it must be k, p or g and a key, or *")]
pub struct MalformedEviction {
    length: usize,
}

impl Eviction {
    /// Packs evictions into messages of at most `limit` bytes each, in their order. Postgres takes 8,000 bytes with NOTIFY, less one.
    ///
    /// A message is a JSON array of texts. An eviction too long for any message becomes a wider one that fits: the prefix of its key,
    /// or everything. The least limit is 64.
    #[must_use]
    pub fn pack(evictions: &[Self], limit: usize) -> Vec<String> {
        let limit = limit.max(64);
        let mut messages = Vec::new();
        let mut open = String::new();
        for eviction in evictions {
            let text = eviction.fitting(limit - 2);
            if !open.is_empty() && open.len() + 1 + text.len() + 1 > limit {
                open.push(']');
                messages.push(std::mem::take(&mut open));
            }
            open.push(if open.is_empty() { '[' } else { ',' });
            open.push_str(&text);
        }
        if !open.is_empty() {
            open.push(']');
            messages.push(open);
        }
        messages
    }

    /// Reads a message that [`pack`](Self::pack) made.
    ///
    /// # Errors
    /// [`MalformedEviction`] for any other text. A listener should then evict [everything](Self::Everything): a newer version may
    /// have written it.
    pub fn unpack(message: &str) -> Result<Vec<Self>, MalformedEviction> {
        serde_json::from_str(message).map_err(|_| MalformedEviction { length: message.len() })
    }

    /// True if the eviction covers this key.
    #[must_use]
    pub fn covers(&self, key: &str) -> bool {
        self.matcher().covers(key)
    }

    /// The same for many keys: a pattern is read once.
    pub(crate) fn matcher(&self) -> Matcher<'_> {
        match self {
            Self::Key(key) => Matcher::Key(key),
            Self::Prefix(prefix) => Matcher::Prefix(prefix),
            Self::Pattern(pattern) => Matcher::Pattern(Pattern::parse(pattern)),
            Self::Everything => Matcher::Everything,
        }
    }

    /// The JSON string of this eviction, or of a wider one, in at most `limit` bytes.
    fn fitting(&self, limit: usize) -> String {
        let json = |eviction: &Self| serde_json::Value::from(eviction.to_string()).to_string();
        let own = json(self);
        if own.len() <= limit {
            return own;
        }
        let (Self::Key(text) | Self::Prefix(text)) = self else {
            return json(&Self::Everything);
        };
        // A character takes six bytes in JSON at most, and the rest of the message four.
        let mut end = text.len().min(limit.saturating_sub(4) / 6);
        while !text.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        json(&Self::Prefix(text.get(..end).unwrap_or_default().to_owned()))
    }
}

/// An eviction, prepared to be held against many keys.
pub(crate) enum Matcher<'a> {
    Key(&'a str),
    Prefix(&'a str),
    Pattern(Pattern),
    Everything,
}

impl Matcher<'_> {
    pub(crate) fn covers(&self, key: &str) -> bool {
        match self {
            Self::Key(own) => *own == key,
            Self::Prefix(prefix) => key.starts_with(prefix),
            Self::Pattern(pattern) => pattern.matches(key),
            Self::Everything => true,
        }
    }
}

impl fmt::Display for Eviction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "k{key}"),
            Self::Prefix(prefix) => write!(f, "p{prefix}"),
            Self::Pattern(pattern) => write!(f, "g{pattern}"),
            Self::Everything => f.write_str("*"),
        }
    }
}

impl FromStr for Eviction {
    type Err = MalformedEviction;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let after = |letter: char| text.strip_prefix(letter).map(str::to_owned);
        let read = after('k')
            .map(Self::Key)
            .or_else(|| after('p').map(Self::Prefix))
            .or_else(|| after('g').map(Self::Pattern))
            .or_else(|| (text == "*").then_some(Self::Everything));
        read.ok_or(MalformedEviction { length: text.len() })
    }
}

impl From<Eviction> for String {
    fn from(eviction: Eviction) -> Self {
        eviction.to_string()
    }
}

impl TryFrom<String> for Eviction {
    type Error = MalformedEviction;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
