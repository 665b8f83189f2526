//! Keeps a link, and makes a new one when it breaks.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use fred::{
    interfaces::{ClientLike, EventInterface},
    types::{Message, Value},
};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{sleep, timeout},
};

use super::{
    Shared,
    connect::{Fresh, connect},
    link::Link,
};
use crate::{
    eviction::Eviction,
    observe::{self, Source},
};

/// Between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(50);
/// Between two looks at connections on which nothing happens, and how long such a look may take.
const BEAT: Duration = Duration::from_millis(250);
/// Between two warnings about a server that stays away.
const REMINDER: Duration = Duration::from_mins(1);

/// Runs for as long as the cache.
pub(super) async fn supervise(shared: Arc<Shared>, first: Option<(Arc<Link>, broadcast::Receiver<Message>)>) {
    if let Some((link, messages)) = first {
        serve(&shared, &link, messages).await;
    } else {
        sleep(PAUSE).await;
    }
    let mut down = Instant::now();
    let mut reminded = down;
    loop {
        match attempt(&shared, shared.settings.connect_timeout).await {
            Ok(Fresh { link, messages }) => {
                tracing::info!(after_ms = down.elapsed().as_millis(), "Redis is back");
                let link = shared.attach(link);
                let up = Instant::now();
                serve(&shared, &link, messages).await;
                if up.elapsed() < PAUSE {
                    sleep(PAUSE).await;
                }
                (down, reminded) = (Instant::now(), Instant::now());
            }
            Err(reason) => {
                if reminded.elapsed() > REMINDER {
                    reminded = Instant::now();
                    tracing::warn!(%reason, down_s = down.elapsed().as_secs(), "Redis is still away");
                }
                sleep(PAUSE).await;
            }
        }
    }
}

/// One attempt to connect, with a reason for people if it fails.
pub(super) async fn attempt(shared: &Shared, patience: Duration) -> Result<Fresh, String> {
    match timeout(patience, Box::pin(connect(shared, patience))).await {
        Ok(Ok(fresh)) => Ok(fresh),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("it did not answer within {} ms", patience.as_millis())),
    }
}

/// Uses a link until it breaks.
async fn serve(shared: &Shared, link: &Arc<Link>, messages: broadcast::Receiver<Message>) {
    let reason = tokio::select! {
        reason = listen(shared, messages) => reason,
        reason = watch_over(link) => reason,
        () = warm_up(shared, link) => "it was given up",
        () = link.broken() => "it was given up",
    };
    link.trip(reason);
    shared.detach();
}

/// Takes in what others evict.
async fn listen(shared: &Shared, mut messages: broadcast::Receiver<Message>) -> &'static str {
    loop {
        match messages.recv().await {
            Ok(message) => shared.heard(&message.value),
            Err(RecvError::Lagged(_)) => shared.process.evict(&Eviction::Everything),
            Err(RecvError::Closed) => return "the listening connection was closed",
        }
    }
}

/// Notices connections that broke, also where nobody uses them.
async fn watch_over(link: &Link) -> &'static str {
    let (mut commands, mut listener) = (link.commands.client.error_rx(), link.listener.client.error_rx());
    let beat = async {
        loop {
            sleep(BEAT).await;
            for connected in [&link.commands, &link.listener] {
                if link.run_within(BEAT, connected.client.ping::<Value>(None)).await.is_err() {
                    return "it does not answer a ping";
                }
            }
        }
    };
    tokio::select! {
        reason = beat => reason,
        _ = commands.recv() => "the connection for commands broke",
        _ = listener.recv() => "the listening connection broke",
    }
}

/// Sends what could not be sent, leaves others the time for the same, and then believes what the server has. Ends only if it fails.
async fn warm_up(shared: &Shared, link: &Arc<Link>) {
    if !link.is_trusted() {
        let begin = Instant::now();
        if !shared.deliver(&shared.outbox.all()).await {
            return;
        }
        sleep(shared.settings.grace.saturating_sub(begin.elapsed())).await;
        link.trust();
        shared.tell_state();
    }
    std::future::pending::<()>().await;
}

impl Shared {
    /// Takes one message in. What cannot be read may have been written by a newer version, and may mean anything.
    fn heard(&self, message: &Value) {
        let text = message.as_str().unwrap_or_default();
        if text.starts_with(&self.origin) {
            return;
        }
        let evictions = text.get(self.origin.len()..).and_then(|rest| Eviction::unpack(rest).ok());
        let evictions = evictions.unwrap_or_else(|| vec![Eviction::Everything]);
        for eviction in &evictions {
            self.process.evict(eviction);
        }
        observe::evicted(&evictions, Source::Peer);
    }
}
