//! Making, changing and deleting webhooks.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use secrecy::SecretString;
use wh_schema::rows::Webhook;
use wh_schema::schema::webhooks;
use wh_types::{UserId, WebhookId};

use super::Webhooks;
use crate::engine::{Affected, NotCached, Repeat, sql};
use crate::error::{Error, Result};
use crate::secrets::Place;
use crate::text::check;

/// A webhook to be. `Debug` does not show the secret.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// Whose it is.
    pub user: UserId,
    /// What the user calls it, 1 to 255 characters.
    pub name: String,
    /// Where events go, 1 to 2048 characters.
    pub url: String,
    /// What signs them; encrypted at rest, empty where nothing does.
    pub secret: SecretString,
    /// Which events, at most 64 of at most 64 characters each; naming one twice counts once.
    pub events: Vec<String>,
    /// Whether events are delivered at all.
    pub active: bool,
}

/// What [`Webhooks::update`] changes; `None` leaves it as it is. `Debug` does not show the secret.
#[derive(Clone, Debug, Default)]
pub struct WebhookChanges {
    /// What the user calls it, 1 to 255 characters.
    pub name: Option<String>,
    /// Where events go, 1 to 2048 characters.
    pub url: Option<String>,
    /// What signs them.
    pub secret: Option<SecretString>,
    /// Which events, bounded as those of a new one.
    pub events: Option<Vec<String>>,
    /// Whether events are delivered at all.
    pub active: Option<bool>,
}

#[derive(QueryableByName)]
struct Drawn {
    #[diesel(sql_type = BigInt)]
    id: WebhookId,
}

impl Webhooks<'_> {
    /// Makes a webhook. Two round trips: its id, which its encrypted secret is bound to, and the webhook.
    ///
    /// Not idempotent: webhooks have no identity of their own, so sent again by the caller after a lost answer there are two.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a user who does not exist; [`Error::Invalid`] where a field is out of bounds.
    #[doc(alias = "CreateWebhook")]
    pub async fn create(self, new: &NewWebhook) -> Result<Webhook> {
        check("name", &new.name, 1, 255)?;
        check("url", &new.url, 1, 2048)?;
        let events = checked(&new.events)?;
        let draw = sql!("draw.sql").bind(new.user);
        let drawn = self.executor.write("webhooks.create", NotCached, Repeat::Safe, draw).await?;
        let Drawn { id } = drawn.first().ok_or(Error::not_found("user"))?;
        let sealed = self.executor.inner().seal(&Place::webhook_secret(id), &new.secret)?;
        let create = sql!("create.sql")
            .bind(id)
            .bind(new.user)
            .bind(&new.name)
            .bind(&new.url)
            .bind(&sealed)
            .bind(events)
            .bind(new.active);
        let made = self.executor.write("webhooks.create", NotCached, Repeat::Safe, create).await?;
        made.first().ok_or(Error::not_found("user"))
    }

    /// Changes a user's webhook, and returns it as it is then. Idempotent. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a webhook that does not exist or is another user's; [`Error::Invalid`] where a field is out
    /// of bounds.
    #[doc(alias = "UpdateWebhook")]
    pub async fn update(self, id: WebhookId, user: UserId, changes: &WebhookChanges) -> Result<Webhook> {
        changes.name.as_ref().map_or(Ok(()), |name| check("name", name, 1, 255))?;
        changes.url.as_ref().map_or(Ok(()), |url| check("url", url, 1, 2048))?;
        let events = changes.events.as_deref().map(checked).transpose()?;
        let place = Place::webhook_secret(id);
        let sealed = changes.secret.as_ref().map(|secret| self.executor.inner().seal(&place, secret));
        let sealed = sealed.transpose()?;
        let update = sql!("update.sql")
            .bind(id)
            .bind(user)
            .bind(changes.name.as_deref())
            .bind(changes.url.as_deref())
            .bind(sealed)
            .bind(events)
            .bind(changes.active);
        let updated = self.executor.write("webhooks.update", NotCached, Repeat::Safe, update).await?;
        updated.first().ok_or(Error::not_found("webhook"))
    }

    /// Deletes a user's webhook with its deliveries, and says whether there was one. Another user's stays, and is none. One round
    /// trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`]. Sent again after one that is in doubt, it answers `false` about a webhook that the first call
    /// deleted.
    #[doc(alias = "DeleteWebhook")]
    pub async fn delete(self, id: WebhookId, user: UserId) -> Result<bool> {
        let webhook = diesel::delete(webhooks::table.find(id).filter(webhooks::user_id.eq(user)));
        let deleted =
            self.executor.write("webhooks.delete", NotCached, Repeat::Never, Affected(webhook)).await?;
        Ok(deleted.count() > 0)
    }
}

/// The events by name, each once.
fn checked(events: &[String]) -> Result<Vec<&str>> {
    let mut names: Vec<&str> = events.iter().map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() > 64 {
        return Err(Error::invalid("events", format!("they are {}, at most 64 are allowed", names.len())));
    }
    for name in &names {
        check("events", name, 1, 64)?;
    }
    Ok(names)
}
