//! One entry of the tier in the process.

use std::time::{Duration, Instant};

use bytes::Bytes;
use moka::Expiry;
use serde::de::DeserializeOwned;

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Body {
    /// The JSON of its value, and a line end behind it.
    Present(Bytes),
    /// That there is no such thing.
    Absent,
}

/// The last byte of a value. It shows that none is missing: the first digits of a number would be JSON too.
pub(crate) const END: u8 = b'\n';

impl Body {
    /// The body of a value with this JSON.
    pub(crate) fn present(mut json: Vec<u8>) -> Self {
        json.push(END);
        Self::Present(json.into())
    }

    /// The value: `Some(None)` where the thing is known to be absent, `None` where the bytes are no such value.
    #[expect(clippy::option_option, reason = "known to be absent, and not readable, are two things")]
    pub(crate) fn value<T: DeserializeOwned>(&self) -> Option<Option<T>> {
        match self {
            Self::Present(json) => serde_json::from_slice(json).ok().map(Some),
            Self::Absent => Some(None),
        }
    }

    fn length(&self) -> usize {
        match self {
            Self::Present(json) => json.len(),
            Self::Absent => 0,
        }
    }
}

/// A body with its times.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) body: Body,
    pub(super) stored: Instant,
    pub(super) life: Duration,
}

/// About what moka and the allocator add to the bytes of an entry.
const OVERHEAD: usize = 160;

impl Entry {
    pub(super) fn weight(&self, key: &str) -> u32 {
        u32::try_from(key.len() + self.body.length() + OVERHEAD).unwrap_or(u32::MAX)
    }
}

/// Every entry says how long it lives.
pub(super) struct OwnLife;

impl<K> Expiry<K, Entry> for OwnLife {
    fn expire_after_create(&self, _: &K, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.life)
    }

    fn expire_after_update(&self, _: &K, entry: &Entry, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(entry.life)
    }
}
