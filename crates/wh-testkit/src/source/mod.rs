//! What the source of this workspace declares, read with `syn`: the one enumeration of the operations.
//!
//! Everything that must have an entry for each operation asks here: `cargo xtask tidy`, the table of the reference, and the tests that
//! have a case for each. What cannot be understood is an error and never left out.

mod files;
mod names;
mod operations;

pub use files::{packages, root, rust_files, sql_files};
pub use names::Names;
pub use operations::{Operation, complaints, operations};
