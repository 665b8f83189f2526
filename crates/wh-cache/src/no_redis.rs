//! The tier in Redis, where the feature `redis` is off: there is none.

use std::time::Duration;

use crate::{eviction::Eviction, process::Body};

pub(crate) enum RedisTier {}

pub(crate) struct Batch;
pub(crate) struct Lease;

#[expect(dead_code, reason = "nobody makes one, but the code that reads it is shared")]
pub(crate) enum Found {
    Body(Body, Option<Duration>),
    Lease(Lease),
    Corrupt,
    Nothing,
}

#[expect(clippy::unused_async, reason = "the signatures are those of the real one")]
impl RedisTier {
    pub(crate) fn announce(&self, _: &[Eviction]) -> Batch {
        match *self {}
    }

    pub(crate) async fn deliver(&self, _: &Batch) {
        match *self {}
    }

    pub(crate) async fn close(&self) {
        match *self {}
    }

    pub(crate) async fn read(&self, _: &str, _: bool) -> Found {
        match *self {}
    }

    pub(crate) async fn store(&self, _: &str, _: &Body, _: Duration, _: Lease) -> bool {
        match *self {}
    }

    pub(crate) async fn write(&self, _: &str, _: &Body, _: Duration, _: Batch) {
        match *self {}
    }
}
