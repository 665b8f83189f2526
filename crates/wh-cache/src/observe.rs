//! Counters and times, through the `metrics` facade. No label ever holds a key.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_histogram, histogram};
#[cfg(feature = "redis")]
use metrics::{describe_gauge, gauge};

use crate::eviction::Eviction;

/// The namespace of callers that name none.
pub(crate) const UNTYPED: &str = "-";

/// Which tier an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    Process,
    Redis,
}

impl Tier {
    const fn label(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Redis => "redis",
        }
    }
}

/// Where an eviction came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// This process.
    Own,
    /// A channel that somebody else feeds.
    Inlet,
    /// Another process, through Redis.
    #[cfg(feature = "redis")]
    Peer,
}

/// What Redis was asked to do.
#[cfg(feature = "redis")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Read,
    Store,
    Write,
}

/// Tells the recorder what the names mean.
pub(crate) fn describe() {
    describe_counter!("wh_cache_hits_total", "Reads that a tier answered");
    describe_counter!("wh_cache_misses_total", "Reads that no tier answered");
    describe_counter!("wh_cache_loads_total", "Loads from the source, by result");
    describe_histogram!("wh_cache_load_seconds", metrics::Unit::Seconds, "How long loads took");
    describe_counter!("wh_cache_corrupt_total", "Entries that could not be read and were deleted");
    #[cfg(feature = "redis")]
    {
        let name = "wh_cache_redis_seconds";
        describe_histogram!(name, metrics::Unit::Seconds, "How long Redis was waited for, by operation");
        describe_gauge!("wh_cache_redis_state", "The breaker: 0 open, 1 closed for writing only, 2 closed");
    }
    describe_counter!("wh_cache_evictions_total", "Evictions, by what they cover and where they came from");
}

pub(crate) fn hit(tier: Tier, namespace: &'static str) {
    counter!("wh_cache_hits_total", "tier" => tier.label(), "namespace" => namespace).increment(1);
}

pub(crate) fn miss(namespace: &'static str) {
    counter!("wh_cache_misses_total", "namespace" => namespace).increment(1);
}

pub(crate) fn loaded(namespace: &'static str, took: Duration, found: bool, failed: bool) {
    let result = match (failed, found) {
        (true, _) => "failed",
        (false, true) => "found",
        (false, false) => "absent",
    };
    counter!("wh_cache_loads_total", "namespace" => namespace, "result" => result).increment(1);
    histogram!("wh_cache_load_seconds", "namespace" => namespace).record(took);
}

pub(crate) fn corrupt(tier: Tier) {
    counter!("wh_cache_corrupt_total", "tier" => tier.label()).increment(1);
}

pub(crate) fn evicted(evictions: &[Eviction], source: Source) {
    let source = match source {
        Source::Own => "own",
        Source::Inlet => "inlet",
        #[cfg(feature = "redis")]
        Source::Peer => "peer",
    };
    for eviction in evictions {
        let scope = match eviction {
            Eviction::Key(_) => "key",
            Eviction::Prefix(_) => "prefix",
            Eviction::Pattern(_) => "pattern",
            Eviction::Everything => "everything",
        };
        counter!("wh_cache_evictions_total", "scope" => scope, "source" => source).increment(1);
    }
}

#[cfg(feature = "redis")]
pub(crate) fn redis_answered(operation: Operation, took: Duration) {
    let operation = match operation {
        Operation::Read => "read",
        Operation::Store => "store",
        Operation::Write => "write",
    };
    histogram!("wh_cache_redis_seconds", "operation" => operation).record(took);
}

/// The breaker as a number: 0 open, 1 closed for writing only, 2 closed.
#[cfg(feature = "redis")]
pub(crate) fn redis_state(state: f64) {
    gauge!("wh_cache_redis_state").set(state);
}
