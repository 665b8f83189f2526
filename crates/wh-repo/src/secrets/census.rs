//! What stored values were found to be, counted.

use std::collections::BTreeMap;
use std::fmt;

use wh_crypto::{KeyId, StoredForm};

use crate::error::Unopenable;

/// How a stored value is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Sealing {
    /// With this key, in this form.
    Encrypted {
        /// The key that opened it.
        key: KeyId,
        /// The form it has.
        form: StoredForm,
    },
    /// Not at all: it was stored before encryption was switched on.
    Unencrypted,
    /// In a way that no key of the ring opens.
    Unopenable,
}

impl fmt::Display for Sealing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encrypted { key, form } => write!(f, "{form} with key {key}"),
            Self::Unencrypted => f.write_str("unencrypted"),
            Self::Unopenable => f.write_str("unopenable"),
        }
    }
}

/// The values of one column. Rows without a value count for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ColumnCensus {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// How many values are sealed in each way.
    pub values: BTreeMap<Sealing, u64>,
}

/// All encrypted columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Census {
    /// Each column, also one that holds nothing.
    pub columns: Vec<ColumnCensus>,
    /// Every value that no key of the ring opens.
    pub unopenable: Vec<Unopenable>,
}

impl Census {
    /// How many values are sealed in this way, over all columns.
    #[must_use]
    pub fn count(&self, sealing: Sealing) -> u64 {
        self.columns.iter().filter_map(|column| column.values.get(&sealing)).sum()
    }

    /// How many values there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.columns.iter().flat_map(|column| column.values.values()).sum()
    }
}
