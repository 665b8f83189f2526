//! The two services end to end: real processes, a real Postgres, and `kill -9`.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot arrange its world must stop"
)]

mod bodies;
mod deploys;
mod kills;
mod place;
mod sessions;
mod worker_door;
