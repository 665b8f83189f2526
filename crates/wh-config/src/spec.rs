//! How a setting and a section are declared.

use crate::shape::Shape;

/// Whether a setting must be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It has a default, which is this text.
    Default(&'static str),
    /// It must be set, to something like this.
    Required(&'static str),
    /// It may be set, to something like this.
    Optional(&'static str),
}

/// One setting.
#[derive(Debug)]
pub(crate) struct FieldSpec {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static [&'static str],
    pub(crate) presence: Presence,
    pub(crate) shape: Shape,
    /// True for a list of such values.
    pub(crate) list: bool,
    pub(crate) credential: Option<&'static str>,
}

impl FieldSpec {
    /// True where an empty text means that the setting is not set.
    pub(crate) const fn may_be_empty(&self) -> bool {
        match self.presence {
            Presence::Required(_) => false,
            Presence::Optional(_) => true,
            Presence::Default(_) => !self.shape.is_text(),
        }
    }
}

/// One section: its path (`database`, `oauth.google`) and its settings.
#[derive(Debug)]
pub(crate) struct SectionSpec {
    pub(crate) path: &'static str,
    pub(crate) doc: &'static [&'static str],
    pub(crate) fields: &'static [FieldSpec],
}
