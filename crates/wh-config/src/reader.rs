//! Reads settings out of the layers, and gathers every fault on the way.

use crate::catalogue::{Entry, FieldSpec, Presence, look_up, variable};
use crate::error::{Fault, Origin, Problem};
use crate::layers::Layers;
use crate::setting::{Raw, Setting};

/// Reads settings; a faulty one is replaced by a stand-in, so that reading goes on to the next fault.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    layers: &'a Layers,
    pub(crate) faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(layers: &'a Layers) -> Self {
        Self { layers, faults: Vec::new() }
    }

    /// The value of a setting.
    pub(crate) fn field<T: Setting>(&mut self, path: &str) -> T {
        let Entry::Field(spec) = look_up(path) else {
            return T::absent();
        };
        let found = self.layers.find(path);
        let result = match (&found, spec.presence) {
            (Some(Raw::List(items)), _) => T::read_list(items),
            (Some(Raw::Text(text)), _) if !text.is_empty() => T::read(text),
            // An empty text falls back to the default, unless the setting is a text itself.
            (_, Presence::Default(_)) if T::SHAPE == crate::setting::Shape::Text => Ok(T::absent()),
            (_, Presence::Default(text)) => T::read(text),
            (_, Presence::Optional(_)) => Ok(T::absent()),
            (_, Presence::Required(_)) => {
                // Only what was said to be empty has a place.
                let origin = if found.is_some() { self.layers.origin(path) } else { Origin::Default };
                if self.is_sound(path) && !self.file_is_broken() {
                    self.faults.push(Fault::new(
                        origin,
                        path,
                        Problem::Missing { remedy: remedy(path, spec) },
                    ));
                }
                return T::absent();
            }
        };
        result.unwrap_or_else(|problem| {
            self.refuse(path, problem);
            T::absent()
        })
    }

    /// Adds a fault of a setting, unless it has one already.
    pub(crate) fn refuse(&mut self, path: &str, problem: impl Into<String>) {
        if self.is_sound(path) {
            self.faults.push(Fault::new(self.layers.origin(path), path, Problem::Invalid(problem.into())));
        }
    }

    /// True where a setting has no fault so far.
    pub(crate) fn is_sound(&self, path: &str) -> bool {
        self.faults.iter().all(|fault| fault.key != path)
    }

    /// True where the file could not be read: what it would have set is then not missing.
    fn file_is_broken(&self) -> bool {
        self.faults.iter().any(|fault| fault.key.is_empty() && matches!(fault.origin, Origin::File { .. }))
    }

    /// The keys right under a path.
    pub(crate) fn keys(&self, path: &str) -> Vec<String> {
        self.layers.keys(path)
    }
}

fn remedy(path: &str, spec: &FieldSpec) -> String {
    let credential = spec.credential.map(|name| format!(" or as the credential {name}")).unwrap_or_default();
    format!("set it in the configuration file, as the environment variable {}{credential}", variable(path))
}
