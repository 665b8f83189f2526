//! The sources laid over each other by figment, each setting with the place it was written at.

use std::collections::BTreeMap;

use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use crate::catalogue::{Presence, all_paths};
use crate::error::{Fault, Origin};
use crate::setting::Raw;

/// One setting as one source says it. A provider of its own, so that figment knows the very line it came from.
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

/// All sources, the later over the earlier, and what was wrong in them as sources.
#[derive(Debug)]
pub(crate) struct Layers {
    figment: Figment,
    origins: BTreeMap<String, Origin>,
    pub(crate) faults: Vec<Fault>,
}

impl Layers {
    /// The defaults alone.
    pub(crate) fn new() -> Self {
        let mut layers = Self { figment: Figment::new(), origins: BTreeMap::new(), faults: Vec::new() };
        layers.add(all_paths().filter_map(|(path, field)| match field.presence {
            Presence::Default(text) => {
                Some(Leaf { path, raw: Raw::Text(text.to_owned()), origin: Origin::Default })
            }
            Presence::Required(_) | Presence::Optional(_) => None,
        }));
        layers
    }

    /// Lays one source over those that are there.
    pub(crate) fn add(&mut self, leaves: impl IntoIterator<Item = Leaf>) {
        for leaf in leaves {
            self.origins.insert(leaf.origin.to_string(), leaf.origin.clone());
            self.figment = std::mem::take(&mut self.figment).merge(leaf);
        }
    }

    /// What the last source that speaks of a setting says.
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
        metadata
            .and_then(|metadata| self.origins.get(metadata.name.as_ref()))
            .cloned()
            .unwrap_or(Origin::Default)
    }

    /// The keys right under a path.
    pub(crate) fn keys(&self, path: &str) -> Vec<String> {
        match self.figment.find_value(path) {
            Ok(Value::Dict(_, dict)) => dict.into_keys().collect(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(path: &str, text: &str, origin: Origin) -> Leaf {
        Leaf { path: path.into(), raw: Raw::Text(text.into()), origin }
    }

    #[test]
    fn the_last_source_that_speaks_of_a_setting_wins_and_is_known() {
        let mut layers = Layers::new();
        assert_eq!(layers.find("database.port"), Some(Raw::Text("5432".into())));
        assert_eq!(layers.origin("database.port"), Origin::Default);

        let file = |line| Origin::File { path: "config.yaml".into(), line };
        let variable = Origin::Variable("WH_DATABASE__PORT".into());
        layers.add([leaf("database.port", "1", file(3)), leaf("database.host", "db", file(4))]);
        layers.add([leaf("database.port", "2", variable.clone())]);
        assert_eq!(layers.find("database.port"), Some(Raw::Text("2".into())));
        assert_eq!(layers.origin("database.port"), variable);
        assert_eq!(layers.origin("database.host"), file(4));
        assert_eq!(layers.find("database.password"), None);
        assert_eq!(layers.find("plans.team.cpu"), None);
    }

    #[test]
    fn a_list_replaces_a_list() {
        let mut layers = Layers::new();
        let list = |items: &[&str], line| Leaf {
            path: "security.allowed_origins".into(),
            raw: Raw::List(items.iter().map(|item| (*item).to_owned()).collect()),
            origin: Origin::File { path: "f".into(), line },
        };
        layers.add([list(&["a", "b"], 1)]);
        layers.add([list(&["c"], 2)]);
        assert_eq!(layers.find("security.allowed_origins"), Some(Raw::List(vec!["c".into()])));
        assert_eq!(layers.origin("security.allowed_origins"), Origin::File { path: "f".into(), line: 2 });
    }
}
