//! How evictions reach the other processes where there is no Redis: Postgres NOTIFY.
//!
//! Whoever listens through a pooler in transaction mode is told that it listens, and hears nothing. So a process believes that
//! it hears once it has heard itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use tokio::time::sleep;
use uuid::Uuid;
use wh_cache::{Bus, Cache, Eviction, Inlet};

use crate::engine::Inner;
use crate::engine::executor::Executor;
use crate::engine::listener::Event;

const CHANNEL: &str = "wh_cache";

/// Bytes of a payload, of which the sender takes some.
const PAYLOAD: usize = 7999;

/// Most evictions that wait until they can be sent; more of them become one for everything.
const MOST_WAITING: usize = 10_000;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Joins a cache to the caches of all processes on the same database. One with a Redis has been joined by that.
pub(crate) fn join(inner: &Inner, cache: Cache) -> Cache {
    #[cfg(feature = "redis")]
    if cache.redis_state().is_some() {
        return cache;
    }
    let outbox = Outbox {
        inner: inner.me.clone(),
        sender: Uuid::new_v4().to_string(),
        waiting: Mutex::default(),
        sending: tokio::sync::Mutex::default(),
    };
    let outbox = Arc::new(outbox);
    let cache = cache.with_bus(Arc::new(PostgresBus(Arc::clone(&outbox))));
    let inlet = cache.inlet();
    let mut heard = inner.listener.subscribe(CHANNEL);
    inner.pool.runtime().spawn(async move {
        while let Some(event) = heard.next().await {
            match event {
                Event::Notified(payload) => take_in(&inlet, &outbox.sender, &payload),
                Event::Gap => {
                    inlet.lost();
                    let outbox = Arc::clone(&outbox);
                    tokio::spawn(async move { outbox.send_messages(vec![String::new()]).await });
                }
                Event::Down => inlet.lost(),
            }
        }
        inlet.lost();
    });
    cache
}

/// What others have evicted. Of a message that makes no sense something newer may be the sender.
fn take_in(inlet: &Inlet, own: &str, payload: &str) {
    match payload.split_at_checked(own.len()) {
        Some((sender, "")) if sender == own => inlet.restored(),
        Some((_, "")) => {}
        Some((sender, _)) if sender == own => {}
        Some((_, message)) => match Eviction::unpack(message) {
            Ok(evictions) => inlet.evicted(&evictions),
            Err(_) => inlet.evicted(&[Eviction::Everything]),
        },
        None => inlet.evicted(&[Eviction::Everything]),
    }
}

struct PostgresBus(Arc<Outbox>);

impl Bus for PostgresBus {
    fn publish(&self, evictions: Vec<Eviction>) -> BoxFuture<'static, ()> {
        let outbox = Arc::clone(&self.0);
        async move { outbox.send(evictions).await }.boxed()
    }
}

/// Evictions on their way out.
struct Outbox {
    inner: Weak<Inner>,
    /// Begins each payload, so that a process knows its own.
    sender: String,
    waiting: Mutex<Vec<Eviction>>,
    /// Held by whoever sends. Evictions that come meanwhile wait, and leave together.
    sending: tokio::sync::Mutex<()>,
}

impl Outbox {
    /// Returns once they are sent.
    async fn send(&self, evictions: Vec<Eviction>) {
        self.keep(evictions);
        let _turn = self.sending.lock().await;
        let batch = std::mem::take(&mut *self.waiting());
        if !batch.is_empty() {
            self.send_messages(Eviction::pack(&batch, PAYLOAD - self.sender.len())).await;
        }
    }

    /// Tries until it has come about, or the database is closed.
    async fn send_messages(&self, messages: Vec<String>) {
        let payloads: Vec<_> = messages.iter().map(|message| format!("{}{message}", self.sender)).collect();
        let mut pause = FIRST_PAUSE;
        while let Some(inner) = self.inner.upgrade() {
            let Err(error) = Executor::Pool(&inner).notify(CHANNEL, &payloads).await else { return };
            drop(inner);
            tracing::debug!(%error, "other processes could not be told what to evict, trying again");
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn keep(&self, evictions: Vec<Eviction>) {
        let mut waiting = self.waiting();
        waiting.extend(evictions);
        if waiting.len() > MOST_WAITING {
            *waiting = vec![Eviction::Everything];
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Eviction>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
