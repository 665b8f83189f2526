//! What is measured. The first contender of each scenario is the one that the others are compared with.

mod apps;
mod cache;
mod encrypt;
mod jobs;
mod logs_in;
mod logs_newest;
mod open;
mod sessions;
mod transaction;
mod usage;
mod users;
mod workers;

use futures_util::future::BoxFuture;

use crate::contender::{Contender, Outcome};
use crate::world::World;

/// This layer.
pub(crate) const OURS: &str = "wh-data";
const RAW: &str = "tokio-postgres";
const DIESEL: &str = "diesel-async, bb8";

/// Something that a service does all day.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// How many callers are at work at a time.
    pub(crate) callers: &'static [usize],
    /// The ratio to the first contender that is wanted of this layer, by the number of callers.
    pub(crate) goals: &'static [(usize, f64)],
    pub(crate) contenders: fn(&World) -> BoxFuture<'_, Outcome<Vec<Contender>>>,
}

pub(crate) const SCENARIOS: &[Scenario] = &[
    users::FIND,
    workers::BY_KEY,
    sessions::AUTHENTICATE,
    apps::LIST,
    transaction::THREE,
    jobs::CYCLE,
    logs_in::SAVE,
    logs_newest::NEWEST,
    usage::UPSERT,
    cache::FIRST_TIER,
    cache::SECOND_TIER,
    encrypt::SMALL,
    encrypt::LARGE,
    open::OPEN,
];
