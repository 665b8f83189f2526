//! The tier in Redis.

mod address;
mod connect;
mod deliver;
mod keys;
mod link;
mod outbox;
mod scripts;
mod settings;
mod state;
mod supervisor;
mod values;

use std::sync::{Arc, PoisonError, RwLock};

use fred::types::config::Config;
use tokio::task::AbortHandle;

pub(crate) use outbox::Batch;
pub use settings::RedisSettings;
pub use state::RedisState;
pub(crate) use values::{Found, Lease};

use crate::{error::CacheError, eviction::Eviction, observe, process::ProcessTier};
use connect::Fresh;
use link::Link;
use outbox::Outbox;

/// The tier in Redis. Dropping it ends the supervisor and closes the connections.
pub(crate) struct RedisTier {
    shared: Arc<Shared>,
    supervisor: AbortHandle,
}

/// What callers and the supervisor both use.
struct Shared {
    settings: RedisSettings,
    config: Config,
    /// On which evictions are published.
    channel: String,
    /// Who this process is: 32 hexadecimal digits, which begin each of its messages.
    origin: String,
    process: Arc<ProcessTier>,
    outbox: Outbox,
    link: RwLock<Option<Arc<Link>>>,
}

impl RedisTier {
    /// Connects, and goes on without the server where that takes too long.
    pub(crate) async fn start(
        settings: RedisSettings,
        process: Arc<ProcessTier>,
    ) -> Result<Self, CacheError> {
        let config = address::config(&settings)?;
        let patience = settings.start_timeout;
        let shared = Arc::new(Shared {
            channel: format!("{}evictions", settings.installation.prefix()),
            origin: uuid::Uuid::new_v4().simple().to_string(),
            outbox: Outbox::default(),
            link: RwLock::new(None),
            settings,
            config,
            process,
        });
        shared.process.deafen();
        observe::redis_state(RedisState::Down.number());
        let first = match supervisor::attempt(&shared, patience).await {
            Ok(Fresh { link, messages }) => {
                // Nobody has lost this server yet, as far as one can know: it is believed at once.
                link.trust();
                Some((shared.attach(link), messages))
            }
            Err(reason) => {
                tracing::warn!(%reason, "Redis cannot be used; the cache starts without it and keeps trying");
                None
            }
        };
        let supervisor = tokio::spawn(supervisor::supervise(Arc::clone(&shared), first)).abort_handle();
        Ok(Self { shared, supervisor })
    }

    /// How the server is.
    pub(crate) fn state(&self) -> RedisState {
        self.shared.state()
    }

    /// Announces evictions. From now on nothing that they cover is read from the server, until they are delivered.
    pub(crate) fn announce(&self, evictions: &[Eviction]) -> Batch {
        self.shared.outbox.add(evictions)
    }

    /// Carries announced evictions out. If that fails they are carried out once the server is back.
    pub(crate) async fn deliver(&self, batch: &Batch) {
        self.shared.deliver(batch).await;
    }

    /// Sends what waits, and gives the server up for good.
    pub(crate) async fn close(&self) {
        self.shared.deliver(&self.shared.outbox.all()).await;
        self.supervisor.abort();
        self.shared.detach();
    }
}

impl Drop for RedisTier {
    fn drop(&mut self) {
        self.supervisor.abort();
    }
}

impl Shared {
    fn link(&self) -> Option<Arc<Link>> {
        let link = self.link.read().unwrap_or_else(PoisonError::into_inner);
        link.as_ref().filter(|link| !link.is_broken()).map(Arc::clone)
    }

    fn state(&self) -> RedisState {
        match self.link() {
            None => RedisState::Down,
            Some(link) if link.is_trusted() => RedisState::Up,
            Some(_) => RedisState::Warming,
        }
    }

    /// Begins to use a link, which hears already: what was missed before is dropped.
    fn attach(&self, link: Link) -> Arc<Link> {
        let link = Arc::new(link);
        self.process.listen();
        *self.link.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&link));
        self.tell_state();
        link
    }

    /// No link: evictions of others are not heard.
    fn detach(&self) {
        self.process.deafen();
        let old = self.link.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(link) = old {
            link.trip("it was put away");
        }
        self.tell_state();
    }

    fn tell_state(&self) {
        observe::redis_state(self.state().number());
    }

    /// Whether everything in the batch was carried out.
    async fn deliver(&self, batch: &Batch) -> bool {
        if batch.is_empty() {
            return true;
        }
        let Some(link) = self.link() else {
            return false;
        };
        let evictions: Vec<Eviction> = batch.evictions().cloned().collect();
        let carried_out = self.carry_out(&link, &evictions).await.is_ok();
        if carried_out {
            self.outbox.confirm(batch);
        }
        carried_out
    }
}
