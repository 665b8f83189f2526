//! The tier in Redis, over real servers that are put into every state a server can be in.
#![cfg(feature = "redis")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod addresses;
mod cluster;
mod coherence;
mod failures;
mod patterns;
mod sentinel;
mod staleness;
mod support;
mod switch;
mod tls;
mod values;
