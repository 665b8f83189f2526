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

impl Webhooks<'_> {
    /// A user's webhook with this id (`FindWebhook`); another user's is as good as none. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    #[doc(alias = "FindWebhook")]
    pub async fn find(self, id: WebhookId, user: UserId) -> Result<Option<Webhook>> {
        let of_user = Webhook::query().filter(webhooks::id.eq(id)).filter(webhooks::user_id.eq(user));
        Ok(self.executor.read("webhooks.find", Class::Key, of_user).await?.first())
    }

    /// The webhook with this id, of whatever user, with its secret: for a sender (`FindWebhookByID`). One round trip.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) where no key of the ring opens the secret.
    #[doc(alias = "FindWebhookByID")]
    pub async fn find_with_secret(self, id: WebhookId) -> Result<Option<WebhookWithSecret>> {
        let by_id = Webhook::query().filter(webhooks::id.eq(id));
        let webhooks = self.executor.read("webhooks.find_with_secret", Class::Key, by_id).await?;
        webhooks.first().map(|webhook| self.open(webhook)).transpose()
    }

    /// A user's webhooks, newest first (`ListWebhooks`). One round trip.
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

    /// The active webhooks that want an event, of all users, with their secrets, newest first (`ListWebhooksForEvent`). One
    /// round trip.
    ///
    /// # Errors
    /// [`Error::Corrupt`](crate::Error::Corrupt) where no key of the ring opens a secret.
    #[doc(alias = "ListWebhooksForEvent")]
    pub async fn list_for_event(self, event: &str, page: Page<WebhookId>) -> Result<Vec<WebhookWithSecret>> {
        if !text::storable(event) {
            return Ok(Vec::new());
        }
        let wanting = sql!("webhooks/list_for_event.sql")
            .bind(event)
            .bind(page.before_or(WebhookId::new(i64::MAX)))
            .bind(page.limit());
        let rows = self.executor.read("webhooks.list_for_event", Class::Page, wanting).await?;
        rows.all().into_iter().map(|webhook| self.open(webhook)).collect()
    }

    fn open(self, webhook: Webhook) -> Result<WebhookWithSecret> {
        let secret = self.executor.inner().open(&Place::webhook_secret(webhook.id), &webhook.secret)?;
        Ok(WebhookWithSecret { webhook, secret })
    }
}
