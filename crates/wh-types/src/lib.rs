//! The words of the data layer.

#[cfg(feature = "diesel")]
mod columns;
mod ids;
mod stored;
mod vocabulary;

pub use ids::*;
pub use stored::{Ciphertext, KeyHash};
pub use vocabulary::*;
