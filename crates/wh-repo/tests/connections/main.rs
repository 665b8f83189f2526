//! Getting a connection, keeping it and leaving it: addresses, servers, poolers, turns, outages.
#![expect(clippy::unwrap_used, reason = "a test that cannot arrange its world must stop")]

mod abandoned;
mod addresses;
mod failover;
mod outages;
mod poolers;
mod presence;
mod servers;
mod settings;
mod support;
mod tls;
mod turns;
