//! Making, changing and deleting webhooks.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use secrecy::SecretString;
use wh_schema::rows::Webhook;
use wh_schema::schema::webhooks;
use wh_types::{UserId, WebhookId};

use super::Webhooks;
use crate::engine::prepared;
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

const DRAW: &str = "SELECT nextval('webhooks_id_seq') AS id FROM users WHERE id = $1";

const CREATE: &str = "\
WITH made AS (INSERT INTO webhooks (id, user_id, name, url, secret, events, active) \
    OVERRIDING SYSTEM VALUE SELECT $1, id, $3, $4, $5, $6, $7 FROM users WHERE id = $2 ON CONFLICT DO NOTHING RETURNING *) \
SELECT * FROM made UNION ALL SELECT * FROM webhooks WHERE id = $1 AND NOT EXISTS (SELECT FROM made)";

const UPDATE: &str = "\
UPDATE webhooks SET name = coalesce($3, name), url = coalesce($4, url), secret = coalesce($5, secret), \
    events = coalesce($6, events), active = coalesce($7, active), updated_at = wh_now() \
WHERE id = $1 AND user_id = $2 RETURNING *";

#[derive(QueryableByName)]
struct Drawn {
    #[diesel(sql_type = BigInt)]
    id: WebhookId,
}

impl Webhooks<'_> {
    /// Makes a webhook (`CreateWebhook`). Two round trips: its id, which its encrypted secret is bound to, and the webhook.
    ///
    /// Webhooks have no identity of their own: sent again by the caller after a lost answer there are two.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a user who does not exist; [`Error::Invalid`] where a field is out of bounds.
    #[doc(alias = "CreateWebhook")]
    pub async fn create(self, new: &NewWebhook) -> Result<Webhook> {
        check("name", &new.name, 1, 255)?;
        check("url", &new.url, 1, 2048)?;
        let events = checked(&new.events)?;
        let drawn: Option<Drawn> = self
            .executor
            .find("webhooks.create", |mut conn| {
                prepared(sql_query(DRAW).bind::<BigInt, _>(new.user)).get_result(&mut conn).boxed()
            })
            .await?;
        let Drawn { id } = drawn.ok_or(Error::not_found("user"))?;
        let sealed = self.executor.inner().seal(&Place::webhook_secret(id), &new.secret)?;
        self.executor
            .find("webhooks.create", |mut conn| {
                prepared(
                    sql_query(CREATE)
                        .bind::<BigInt, _>(id)
                        .bind::<BigInt, _>(new.user)
                        .bind::<Text, _>(&new.name)
                        .bind::<Text, _>(&new.url)
                        .bind::<Text, _>(&sealed)
                        .bind::<Array<Text>, _>(&events)
                        .bind::<Bool, _>(new.active),
                )
                .get_result(&mut conn)
                .boxed()
            })
            .await?
            .ok_or(Error::not_found("user"))
    }

    /// Changes a user's webhook, and gives it as it is then (`UpdateWebhook`). Safe to send again. One round trip.
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
        self.executor
            .find("webhooks.update", |mut conn| {
                prepared(
                    sql_query(UPDATE)
                        .bind::<BigInt, _>(id)
                        .bind::<BigInt, _>(user)
                        .bind::<Nullable<Text>, _>(&changes.name)
                        .bind::<Nullable<Text>, _>(&changes.url)
                        .bind::<Nullable<Text>, _>(sealed.as_ref().map(wh_types::Ciphertext::as_stored))
                        .bind::<Nullable<Array<Text>>, _>(&events)
                        .bind::<Nullable<Bool>, _>(changes.active),
                )
                .get_result(&mut conn)
                .boxed()
            })
            .await?
            .ok_or(Error::not_found("webhook"))
    }

    /// Deletes a user's webhook with its deliveries, and says whether there was one (`DeleteWebhook`); another user's is as
    /// good as none. Safe to send again: after a lost answer it says no, because it did so before. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "DeleteWebhook")]
    pub async fn delete(self, id: WebhookId, user: UserId) -> Result<bool> {
        let deleted = self
            .executor
            .run("webhooks.delete", |mut conn| {
                diesel::delete(webhooks::table.find(id).filter(webhooks::user_id.eq(user))).execute(&mut conn)
            })
            .await?;
        Ok(deleted > 0)
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
