//! Workers: how they connect, and what is said on the connection.

mod apps;
mod connect;
mod conversation;
mod ends;
mod handing;
mod replays;

pub(crate) use connect::connect;
pub(crate) use replays::Replays;
