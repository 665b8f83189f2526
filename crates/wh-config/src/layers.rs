//! The sources laid over each other by figment, each setting with the place it was written at.

use std::collections::BTreeMap;

use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use crate::error::{Fault, Origin};

/// The text that a source has for a setting, or a list of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Raw {
    Text(String),
    List(Vec<String>),
}

/// One setting in one source. A provider of its own, so that figment keeps the line that it came from.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) path: String,
    pub(crate) raw: Raw,
    pub(crate) origin: Origin,
}

impl Provider for Leaf {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.to_string())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let value = match &self.raw {
            Raw::Text(text) => Value::from(text.as_str()),
            Raw::List(items) => Value::from(items.clone()),
        };
        let mut keys = self.path.rsplit('.');
        let last = keys.next().unwrap_or_default();
        let dict = keys.fold(Dict::from([(last.to_owned(), value)]), |inner, key| {
            Dict::from([(key.to_owned(), Value::from(inner))])
        });
        Ok(Profile::Default.collect(dict))
    }
}

/// The content of one source.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) leaves: Vec<Leaf>,
    /// Plans that are named, with settings or without.
    pub(crate) plans: Vec<(String, Origin)>,
    pub(crate) faults: Vec<Fault>,
    /// Paths of which a fault leaves unknown what they would have been set to; the empty path is all of them.
    pub(crate) doubts: Vec<String>,
}

/// All sources, the later over the earlier.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    figment: Figment,
    /// By the name under which figment knows each.
    origins: BTreeMap<String, Origin>,
    pub(crate) plans: BTreeMap<String, Origin>,
    pub(crate) faults: Vec<Fault>,
    doubts: Vec<String>,
}

impl Layers {
    /// Lays one source over those that are there.
    pub(crate) fn add(&mut self, found: Found) {
        for leaf in found.leaves {
            self.origins.insert(leaf.origin.to_string(), leaf.origin.clone());
            self.figment = std::mem::take(&mut self.figment).merge(leaf);
        }
        for (plan, origin) in found.plans {
            self.plans.entry(plan).or_insert(origin);
        }
        self.faults.extend(found.faults);
        self.doubts.extend(found.doubts);
    }

    /// The text of the last source that sets this.
    pub(crate) fn find(&self, path: &str) -> Option<Raw> {
        match self.figment.find_value(path).ok()? {
            Value::String(_, text) => Some(Raw::Text(text)),
            Value::Array(_, items) => {
                Some(Raw::List(items.into_iter().filter_map(Value::into_string).collect()))
            }
            _ => None,
        }
    }

    /// Where that was written.
    pub(crate) fn origin(&self, path: &str) -> Origin {
        let metadata = self.figment.find_metadata(path);
        let written = metadata.and_then(|metadata| self.origins.get(metadata.name.as_ref()));
        let origin = written.or_else(|| {
            self.plans
                .iter()
                .find(|(plan, _)| path.strip_prefix("plans.") == Some(plan))
                .map(|(_, origin)| origin)
        });
        origin.cloned().unwrap_or(Origin::Default)
    }

    /// True where a fault elsewhere leaves unknown what this would have been set to.
    pub(crate) fn is_doubtful(&self, path: &str) -> bool {
        let covers = |doubt: &String| {
            let rest = path.strip_prefix(doubt.as_str());
            doubt.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.doubts.iter().any(covers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, raw: Raw, origin: Origin) -> Found {
        Found { leaves: vec![Leaf { path: path.into(), raw, origin }], ..Found::default() }
    }

    #[test]
    fn the_last_source_that_sets_something_wins_and_is_known() {
        let text = |text: &str| Raw::Text(text.into());
        let file = Origin::File { path: "config.yaml".into(), line: 3 };
        let variable = Origin::Variable("WH_DATABASE__PORT".into());
        let mut layers = Layers::default();
        layers.add(found("database.port", text("1"), file.clone()));
        layers.add(found("database.host", text("db"), file.clone()));
        layers.add(found("database.port", text("2"), variable.clone()));
        assert_eq!(
            (layers.find("database.port"), layers.origin("database.port")),
            (Some(text("2")), variable)
        );
        assert_eq!((layers.find("database.host"), layers.origin("database.host")), (Some(text("db")), file));
        assert_eq!((layers.find("database.user"), layers.origin("database.user")), (None, Origin::Default));
    }

    #[test]
    fn a_doubt_covers_what_lies_under_it() {
        let mut layers = Layers::default();
        layers.add(Found { doubts: vec!["database".into()], ..Found::default() });
        assert!(layers.is_doubtful("database.port") && layers.is_doubtful("database"));
        assert!(!layers.is_doubtful("databases.port") && !layers.is_doubtful("redis.db"));
        layers.add(Found { doubts: vec![String::new()], ..Found::default() });
        assert!(layers.is_doubtful("redis.db"));
    }
}
