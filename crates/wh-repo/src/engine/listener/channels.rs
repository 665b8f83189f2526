//! Who listens to what, and which channels are up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;

use super::subscription::{Event, Mailbox, Subscription};

/// Shared by those who subscribe and the task that keeps the connection.
#[derive(Debug, Default)]
pub(super) struct Channels {
    by_name: Mutex<BTreeMap<&'static str, Channel>>,
    /// Somebody has subscribed.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Channel {
    up: bool,
    mailboxes: Vec<Weak<Mailbox>>,
}

impl Channel {
    fn tell(&self, event: &Event) {
        for mailbox in self.mailboxes.iter().filter_map(Weak::upgrade) {
            mailbox.push(event.clone());
        }
    }
}

impl Channels {
    pub(super) fn subscribe(&self, name: &'static str) -> Subscription {
        let mailbox = Arc::<Mailbox>::default();
        let mut by_name = self.by_name();
        let channel = by_name.entry(name).or_default();
        channel.mailboxes.push(Arc::downgrade(&mailbox));
        if channel.up {
            mailbox.push(Event::Gap);
        }
        drop(by_name);
        self.changed.notify_one();
        Subscription { mailbox }
    }

    /// The channels that somebody still listens to.
    pub(super) fn wanted(&self) -> Vec<&'static str> {
        let mut by_name = self.by_name();
        for channel in by_name.values_mut() {
            channel.mailboxes.retain(|mailbox| mailbox.strong_count() > 0);
        }
        by_name.iter().filter(|(_, channel)| !channel.mailboxes.is_empty()).map(|(name, _)| *name).collect()
    }

    /// Waits until somebody subscribes, or has done so since this was last asked.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The server listens for us.
    pub(super) fn up(&self, name: &str) {
        if let Some(channel) = self.by_name().get_mut(name) {
            channel.up = true;
            channel.tell(&Event::Gap);
        }
    }

    /// It does so no more.
    pub(super) fn down(&self) {
        for channel in self.by_name().values_mut().filter(|channel| channel.up) {
            channel.up = false;
            channel.tell(&Event::Down);
        }
    }

    pub(super) fn deliver(&self, name: &str, payload: &str) {
        if let Some(channel) = self.by_name().get(name) {
            channel.tell(&Event::Notified(payload.into()));
        }
    }

    /// Ends all subscriptions.
    pub(super) fn close(&self) {
        self.down();
        // Forgotten as well, so that a task on its last steps cannot bring a channel up again.
        for channel in std::mem::take(&mut *self.by_name()).into_values() {
            channel.mailboxes.iter().filter_map(Weak::upgrade).for_each(|mailbox| mailbox.close());
        }
    }

    fn by_name(&self) -> MutexGuard<'_, BTreeMap<&'static str, Channel>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
