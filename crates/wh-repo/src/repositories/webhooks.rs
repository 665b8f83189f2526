//! Webhooks: where users want to be told of events.

mod change;
mod deliveries;

use diesel::prelude::*;
use secrecy::SecretString;
use wh_schema::rows::Webhook;
use wh_schema::schema::webhooks;
use wh_types::{UserId, WebhookId};

pub use self::change::{NewWebhook, WebhookChanges};
pub use self::deliveries::{NewDelivery, WebhookStats};
use crate::engine::{Class, Executor, sql};
use crate::error::Result;
use crate::page::Page;
use crate::secrets::Place;
use crate::text;

/// Operations on webhooks and their deliveries; made by [`Database::webhooks`](crate::Database::webhooks) and
/// [`Tx::webhooks`](crate::Tx::webhooks).
#[derive(Clone, Copy)]
pub struct Webhooks<'a> {
    pub(crate) executor: Executor<'a>,
}

/// A webhook with its secret opened: what a sender needs. `Debug` does not show the secret.
#[derive(Clone, Debug)]
pub struct WebhookWithSecret {
    /// The webhook; `secret` inside is still encrypted.
    pub webhook: Webhook,
    /// What signs the deliveries; empty where nothing does.
    pub secret: SecretString,
}

/// A webhook that wants an event. `Debug` does not show the secret.
#[derive(Debug)]
pub struct Subscriber {
    /// The webhook; `secret` inside is still encrypted.
    pub webhook: Webhook,
    /// What signs the deliveries; empty if nothing does. [`Error::Corrupt`](crate::Error::Corrupt), which names the webhook, if no
    /// key of the ring opens it: deliver nothing then, an unsigned event is not what its owner asked for.
    pub secret: Result<SecretString>,
}

impl Webhooks<'_> {
    /// A user's webhook by its id; `None` for another user's. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    #[doc(alias = "FindWebhook")]
    pub async fn find(self, id: WebhookId, user: UserId) -> Result<Option<Webhook>> {
        let of_user = Webhook::query().filter(webhooks::id.eq(id)).filter(webhooks::user_id.eq(user));
        Ok(self.executor.read("webhooks.find", Class::Key, of_user).await?.first())
    }

    /// The webhook with this id, of whatever user, with its secret: for a sender. One round trip.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) where no key of the ring opens the secret.
    #[doc(alias = "FindWebhookByID")]
    pub async fn find_with_secret(self, id: WebhookId) -> Result<Option<WebhookWithSecret>> {
        let by_id = Webhook::query().filter(webhooks::id.eq(id));
        let webhooks = self.executor.read("webhooks.find_with_secret", Class::Key, by_id).await?;
        let opened = webhooks.first().map(|webhook| {
            let secret = self.secret(&webhook)?;
            Ok(WebhookWithSecret { webhook, secret })
        });
        opened.transpose()
    }

    /// A user's webhooks, newest first. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    #[doc(alias = "ListWebhooks")]
    pub async fn list(self, user: UserId, page: Page<WebhookId>) -> Result<Vec<Webhook>> {
        let of_user = Webhook::query()
            .filter(webhooks::user_id.eq(user))
            .filter(webhooks::id.lt(page.before_or(WebhookId::new(i64::MAX))))
            .order(webhooks::id.desc())
            .limit(page.limit());
        Ok(self.executor.read("webhooks.list", Class::Page, of_user).await?.all())
    }

    /// The active webhooks that want an event, of all users, newest first, each with its secret. A secret that no key opens is
    /// the error of its webhook alone. One round trip; reads no more webhooks than it returns.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    #[doc(alias = "ListWebhooksForEvent")]
    pub async fn list_for_event(self, event: &str, page: Page<WebhookId>) -> Result<Vec<Subscriber>> {
        if !text::storable(event) {
            return Ok(Vec::new());
        }
        let wanting = sql!("webhooks/list_for_event.sql")
            .bind(event)
            .bind(page.before_or(WebhookId::new(i64::MAX)))
            .bind(page.limit());
        let rows = self.executor.read("webhooks.list_for_event", Class::Page, wanting).await?;
        let subscriber = |webhook: Webhook| Subscriber { secret: self.secret(&webhook), webhook };
        Ok(rows.all().into_iter().map(subscriber).collect())
    }

    fn secret(self, webhook: &Webhook) -> Result<SecretString> {
        self.executor.inner().open(&Place::webhook_secret(webhook.id), &webhook.secret)
    }
}
