//! A load that callers share.

use std::sync::Arc;

use tokio::sync::watch;

use super::{Body, ProcessTier, Ticket};

/// How a load ended, or that it goes on.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Pending,
    /// What was found.
    Found(Body),
    /// The loader returned an error, or a value that has no JSON.
    Failed,
}

/// A load as those see it who wait for it.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    pub(super) ticket: Ticket,
    pub(super) outcome: watch::Receiver<Outcome>,
}

/// What a caller does about a key that nobody has.
pub(crate) enum Part {
    /// It loads.
    Lead(Lead),
    /// Another one loads. The channel closes without an outcome if that one was dropped or panicked.
    Wait(watch::Receiver<Outcome>),
}

/// The duty to load. Dropping it without [`finish`](Lead::finish) lets one of those who wait take over.
pub(crate) struct Lead {
    tier: Arc<ProcessTier>,
    key: Arc<str>,
    ticket: Ticket,
    outcome: watch::Sender<Outcome>,
}

impl ProcessTier {
    /// Joins the load of this key that is under way, unless it began before the latest eviction; else begins one.
    pub(crate) fn join(self: &Arc<Self>, key: &str) -> Part {
        let key: Arc<str> = key.into();
        let (sender, receiver) = watch::channel(Outcome::Pending);
        let joined = self.shards.with(&key, |shard| {
            let ticket = Ticket(shard.generation);
            if let Some(flight) = shard.flights.get(&key).filter(|flight| flight.ticket == ticket) {
                return Err(flight.outcome.clone());
            }
            shard.flights.insert(Arc::clone(&key), Flight { ticket, outcome: receiver });
            Ok(ticket)
        });
        match joined {
            Err(outcome) => Part::Wait(outcome),
            Ok(ticket) => Part::Lead(Lead { tier: Arc::clone(self), key, ticket, outcome: sender }),
        }
    }
}

impl Lead {
    /// What the tier looked like before anything was read.
    pub(crate) fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// Tells everybody who waits.
    pub(crate) fn finish(self, outcome: Outcome) {
        self.outcome.send_replace(outcome);
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let own = self.outcome.subscribe();
        self.tier.shards.with(&self.key, |shard| {
            // An eviction may have let another load take this one's place.
            if shard.flights.get(&self.key).is_some_and(|flight| flight.outcome.same_channel(&own)) {
                shard.flights.remove(&self.key);
            }
        });
    }
}
