//! The tier in the process, as its callers see it.

mod bus;
mod entries;
mod flights;
mod properties;
mod staleness;
mod support;
