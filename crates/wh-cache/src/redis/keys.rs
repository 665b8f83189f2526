//! How keys are written in Redis.
//!
//! `wh:INSTALLATION:3f09c2d1:{user:17}` holds a value, and the same with `#` behind it the token of its leases. The part in braces decides where a
//! cluster keeps a key, so that both are in one place. In the middle stands the server's run: what a server had before a restart
//! or a fail-over may lack the latest evictions, and is never looked at again.

use crate::{eviction::Eviction, pattern};

/// What stands behind a value's key to name its token.
const TOKEN: &str = "#";

/// How keys are written on one link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keys {
    root: String,
}

impl Keys {
    pub(super) fn new(prefix: &str, run: Option<&str>) -> Self {
        let root = match run {
            Some(run) => format!("{prefix}{}:", run.chars().take(8).collect::<String>()),
            None => prefix.to_owned(),
        };
        Self { root }
    }

    /// Where the value of a key is.
    pub(super) fn value(&self, key: &str) -> String {
        // Empty braces would not count as any.
        let inside = if key.is_empty() { "%".to_owned() } else { encode(key) };
        format!("{}{{{inside}}}", self.root)
    }

    /// Where the token of its leases is.
    pub(super) fn token(&self, key: &str) -> String {
        self.value(key) + TOKEN
    }

    /// The key whose value or token this is; none if it is neither.
    pub(super) fn key(&self, found: &str) -> Option<String> {
        let inside = found.strip_prefix(&self.root)?.strip_prefix('{')?;
        let inside = inside.strip_suffix(TOKEN).unwrap_or(inside).strip_suffix('}')?;
        Some(if inside == "%" { String::new() } else { decode(inside) })
    }

    /// A pattern that matches every value and token that the eviction may cover, and perhaps others.
    pub(super) fn pattern(&self, eviction: &Eviction) -> String {
        let start = match eviction {
            Eviction::Key(text) | Eviction::Prefix(text) => encode(text),
            Eviction::Pattern(text) => encode(pattern::literal_start(text)),
            Eviction::Everything => String::new(),
        };
        pattern::escape(&format!("{}{{{start}", self.root)) + "*"
    }
}

/// Braces in a key would move its token elsewhere.
fn encode(key: &str) -> String {
    key.replace('%', "%25").replace('{', "%7B").replace('}', "%7D")
}

fn decode(inside: &str) -> String {
    inside.replace("%7B", "{").replace("%7D", "}").replace("%25", "%")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pattern::Pattern;

    fn slot_of(found: &str) -> &str {
        let (_, after) = found.split_once('{').unwrap();
        after.split_once('}').unwrap().0
    }

    proptest! {
        #[test]
        fn keys_are_read_as_they_were_written(key in "[a-z:%{}#*?27BD5\u{e9}]{0,12}") {
            let keys = Keys::new("wh:", Some("0123456789abcdef"));
            let (value, token) = (keys.value(&key), keys.token(&key));
            prop_assert_eq!(keys.key(&value), Some(key.clone()));
            prop_assert_eq!(keys.key(&token), Some(key));
            prop_assert!(!slot_of(&value).is_empty());
            prop_assert_eq!(slot_of(&value), slot_of(&token));
        }

        #[test]
        fn a_search_finds_what_an_eviction_covers(
            key in "[ab:%{}*?\\[\\]\\\\]{0,6}",
            text in "[ab:%{}*?\\[\\]\\\\]{0,4}",
            prefix in "[a*?\\[\\\\]{0,3}",
        ) {
            let keys = Keys::new(&prefix, None);
            for eviction in [Eviction::Prefix(text.clone()), Eviction::Pattern(text.clone()), Eviction::Everything] {
                if eviction.covers(&key) {
                    let search = Pattern::parse(&keys.pattern(&eviction));
                    prop_assert!(search.matches(&keys.value(&key)), "{:?}", eviction);
                    prop_assert!(search.matches(&keys.token(&key)), "{:?}", eviction);
                }
            }
        }
    }

    #[test]
    fn what_is_not_ours_is_no_key() {
        let keys = Keys::new("wh:", None);
        for found in ["", "wh:", "wh:{", "other:{a}", "wh:{a", "wh:a}"] {
            assert_eq!(keys.key(found), None, "{found}");
        }
    }
}
