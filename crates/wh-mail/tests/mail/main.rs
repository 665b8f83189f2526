//! The mailer against a real mail server.
#![expect(clippy::unwrap_used, reason = "a test that cannot arrange its world must stop")]

mod addresses;
mod content;
mod counted;
mod delivery;
mod development;
mod queue;
mod refusals;
mod secrecy;
mod support;
