//! What was sent to webhooks, and what came back.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Timestamptz};
use serde_json::Value;
use uuid::Uuid;
use wh_schema::rows::WebhookDelivery;
use wh_types::{UserId, WebhookDeliveryId, WebhookId};

use super::Webhooks;
use crate::engine::{Affected, Class, NotCached, Repeat, batch, sql};
use crate::error::{Error, Result};
use crate::page::Page;
use crate::text::{check, cut, storable_json};
use crate::time;

/// What came of sending an event once.
#[derive(Clone, Debug, PartialEq)]
pub struct NewDelivery {
    /// To which webhook.
    pub webhook: WebhookId,
    /// Drawn by the sender for each attempt: recording it twice records it once.
    pub delivery_id: Uuid,
    /// Which event, 1 to 64 characters.
    pub event: String,
    /// What was sent, nested at most 100 levels deep.
    pub payload: Value,
    /// The HTTP status of the answer, 100 to 599; `None` where nobody answered.
    pub status_code: Option<u16>,
    /// Whether it counts as delivered.
    pub success: bool,
    /// From sending to the answer.
    pub duration: Duration,
    /// Why it failed, of which 4096 characters are kept; empty where it did not.
    pub error: String,
    /// Counts from 1.
    pub attempt: u32,
}

/// The headline figures of a user's webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, QueryableByName)]
pub struct WebhookStats {
    /// How many there are.
    #[diesel(sql_type = BigInt)]
    pub total: i64,
    /// How many of them are active.
    #[diesel(sql_type = BigInt)]
    pub active: i64,
    /// Deliveries that failed within the last 7 days.
    #[diesel(sql_type = BigInt)]
    pub failed_7d: i64,
    /// When something was delivered last, or failed to be; `None` before the first time.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_delivery_at: Option<DateTime<Utc>>,
}

#[derive(QueryableByName)]
struct Recorded {
    #[diesel(sql_type = Bool)]
    fresh: bool,
}

impl Webhooks<'_> {
    /// Records a delivery and counts it at its webhook. Returns whether this call did: the same `delivery_id` again changes
    /// nothing and answers `false`. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a webhook that does not exist; [`Error::Invalid`] if a field is out of bounds;
    /// [`Error::Unavailable`]. Sent again after one that is in doubt, it changes nothing more, and answers `false` about a
    /// delivery that the first call recorded.
    #[doc(alias = "RecordWebhookDelivery")]
    pub async fn record_delivery(self, new: &NewDelivery) -> Result<bool> {
        check("event", &new.event, 1, 64)?;
        if let Some(code) = new.status_code.filter(|code| !(100..=599).contains(code)) {
            return Err(Error::invalid(
                "status_code",
                format!("{code} is no HTTP status: 100 to 599 are allowed"),
            ));
        }
        let error = cut(&new.error, 4096);
        let payload = storable_json("payload", &new.payload)?;
        let milliseconds = i32::try_from(new.duration.as_millis()).unwrap_or(i32::MAX);
        let attempt = i32::try_from(new.attempt.max(1)).unwrap_or(i32::MAX);
        let record = sql!("record_delivery.sql")
            .bind(new.webhook)
            .bind(new.delivery_id)
            .bind(&new.event)
            .bind(&payload)
            .bind(new.status_code.map(i32::from))
            .bind(new.success)
            .bind(milliseconds)
            .bind(error)
            .bind(attempt);
        let recorded =
            self.executor.write("webhooks.record_delivery", NotCached, Repeat::Never, record).await?;
        recorded.first().map(|Recorded { fresh }| fresh).ok_or(Error::not_found("webhook"))
    }

    /// The deliveries of a user's webhook, newest first; those of another user's webhook are none.
    /// One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListWebhookDeliveries")]
    pub async fn list_deliveries(
        self,
        webhook: WebhookId,
        user: UserId,
        page: Page<WebhookDeliveryId>,
    ) -> Result<Vec<WebhookDelivery>> {
        let list = sql!("list_deliveries.sql")
            .bind(webhook)
            .bind(user)
            .bind(page.before_or(WebhookDeliveryId::new(i64::MAX)))
            .bind(page.limit());
        Ok(self.executor.read("webhooks.list_deliveries", Class::Page, list).await?.all())
    }

    /// The headline figures of a user's webhooks. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "WebhookStats")]
    pub async fn stats(self, user: UserId) -> Result<WebhookStats> {
        let stats = sql!("stats.sql").bind(user);
        let stats = self.executor.read("webhooks.stats", Class::Long, stats).await?;
        stats.first().ok_or_else(|| Error::bug("webhooks.stats", "no row"))
    }

    /// Deletes deliveries that were recorded before `older_than`, oldest first, and says how many; the counts at their
    /// webhooks stay. `limit` bounds one call (0 means 1,000 rows, more than 10,000 mean 10,000): call it until it gives
    /// fewer, or have [`Maintenance::run`](crate::Maintenance::run) do so. Any number of processes may prune at once. One
    /// round trip.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a negative limit.
    pub async fn prune_deliveries(self, older_than: DateTime<Utc>, limit: i64) -> Result<usize> {
        let limit = batch::size(limit)?;
        let prune = sql!("prune_deliveries.sql").bind(time::bound(older_than)).bind(limit);
        let pruned = self
            .executor
            .write("webhooks.prune_deliveries", NotCached, Repeat::Safe, Affected(prune))
            .await?;
        Ok(pruned.count())
    }
}
