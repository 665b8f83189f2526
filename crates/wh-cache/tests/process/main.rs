//! The tier in the process, as its callers see it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends with a panic")]

mod bus;
mod entries;
mod flights;
mod properties;
mod staleness;
mod support;
