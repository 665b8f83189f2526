//! Reads settings out of the layers, and gathers every fault on the way.

use crate::error::{Fault, Origin, Problem, variable};
use crate::layers::{Layers, Raw};
use crate::setting::Setting;
use crate::spec::{FieldSpec, Presence, SectionSpec};

/// Reads settings; a faulty one is replaced by a stand-in, so that reading goes on to the next fault.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    layers: &'a Layers,
    pub(crate) faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(layers: &'a Layers) -> Self {
        Self { layers, faults: layers.faults.clone() }
    }

    /// The value of a setting of a section.
    pub(crate) fn field<T: Setting>(&mut self, section: &SectionSpec, name: &str) -> T {
        let spec = section.fields.iter().find(|field| field.name == name);
        spec.map_or_else(T::absent, |spec| self.read(&format!("{}.{name}", section.path), spec))
    }

    /// The value of a setting at a path.
    pub(crate) fn read<T: Setting>(&mut self, path: &str, spec: &FieldSpec) -> T {
        let read = |text: &str| spec.shape.check_text(text).and_then(|()| T::read(spec.shape, text));
        let result = match (self.layers.find(path), spec.presence) {
            (Some(Raw::List(items)), _) => T::read_list(spec.shape, &items),
            (Some(Raw::Text(text)), _) if !text.is_empty() => read(&text),
            (Some(Raw::Text(_)), Presence::Default(_)) if !spec.may_be_empty() => {
                Err("is empty: write a name, or leave the setting out".to_owned())
            }
            (_, Presence::Default(text)) => read(text),
            (_, Presence::Optional(_)) => Ok(T::absent()),
            (_, Presence::Required(_)) => {
                if self.is_sound(path) {
                    let remedy = remedy(path, spec);
                    self.faults.push(Fault::new(self.layers.origin(path), path, Problem::Missing { remedy }));
                }
                return T::absent();
            }
        };
        result.unwrap_or_else(|problem| {
            self.faults.push(Fault::new(self.layers.origin(path), path, Problem::Invalid(problem)));
            T::absent()
        })
    }

    /// Adds a fault of a setting whose value does not fit to others, unless one of them is unknown or has a
    /// fault already.
    pub(crate) fn refuse(&mut self, path: &str, beside: &[&str], problem: impl Into<String>) {
        if self.is_sound(path) && beside.iter().all(|other| self.is_sound(other)) {
            self.faults.push(Fault::new(self.layers.origin(path), path, Problem::Invalid(problem.into())));
        }
    }

    /// True where the value of a setting is the one that was meant: no fault is at it, and none hides it.
    pub(crate) fn is_sound(&self, path: &str) -> bool {
        !self.layers.is_doubtful(path) && self.faults.iter().all(|fault| fault.key != path)
    }

    /// True where no source sets this.
    pub(crate) fn is_default(&self, path: &str) -> bool {
        self.layers.origin(path) == Origin::Default
    }

    /// The plans that any source names.
    pub(crate) fn plans(&self) -> Vec<String> {
        self.layers.plans.keys().cloned().collect()
    }
}

fn remedy(path: &str, spec: &FieldSpec) -> String {
    let credential = spec.credential.map(|name| format!(" or as the credential {name}")).unwrap_or_default();
    format!("set it in the configuration file, as the environment variable {}{credential}", variable(path))
}
