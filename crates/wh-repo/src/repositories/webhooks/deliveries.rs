//! What was sent to webhooks, and what came back.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use serde_json::Value;
use uuid::Uuid;
use wh_schema::rows::WebhookDelivery;
use wh_types::{UserId, WebhookDeliveryId, WebhookId};

use super::Webhooks;
use crate::engine::batch;
use crate::engine::prepared;
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

/// The counters follow from the row that was made: no row, no count.
const RECORD: &str = "\
WITH parent AS (SELECT id FROM webhooks WHERE id = $1), \
made AS (INSERT INTO webhook_deliveries \
        (webhook_id, delivery_id, event, payload, status_code, success, duration_ms, error, attempt) \
    SELECT id, $2, $3, $4, $5, $6, $7, $8, $9 FROM parent ON CONFLICT (webhook_id, delivery_id) DO NOTHING \
    RETURNING webhook_id, success, status_code, created_at), \
counted AS (UPDATE webhooks SET success_count = success_count + made.success::integer, \
        failure_count = failure_count + (NOT made.success)::integer, \
        last_delivery_at = greatest(last_delivery_at, made.created_at), last_status_code = made.status_code \
    FROM made WHERE webhooks.id = made.webhook_id) \
SELECT EXISTS (SELECT FROM made) AS fresh FROM parent";

const LIST: &str = "\
SELECT * FROM webhook_deliveries WHERE webhook_id = $1 AND id < $3 \
    AND EXISTS (SELECT FROM webhooks WHERE id = $1 AND user_id = $2) ORDER BY id DESC LIMIT $4";

/// The keys as arrays, of which the planner expects few: joined to `old` itself, a plan for all limits would read the whole
/// table.
const PRUNE: &str = "\
WITH old AS MATERIALIZED (SELECT webhook_id, id FROM webhook_deliveries WHERE created_at < $1 \
    ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED) \
DELETE FROM webhook_deliveries USING unnest(ARRAY(SELECT webhook_id FROM old), ARRAY(SELECT id FROM old)) \
    AS key (webhook_id, id) \
WHERE webhook_deliveries.webhook_id = key.webhook_id AND webhook_deliveries.id = key.id";

const STATS: &str = "\
SELECT count(*) AS total, count(*) FILTER (WHERE active) AS active, max(last_delivery_at) AS last_delivery_at, \
    coalesce(sum((SELECT count(*) FROM webhook_deliveries WHERE webhook_id = webhooks.id AND NOT success \
        AND created_at > wh_now() - interval '168 hours')), 0)::bigint AS failed_7d \
FROM webhooks WHERE user_id = $1";

#[derive(QueryableByName)]
struct Recorded {
    #[diesel(sql_type = Bool)]
    fresh: bool,
}

impl Webhooks<'_> {
    /// Records a delivery and counts it at its webhook (`RecordWebhookDelivery`), and says whether this call did: the same
    /// `delivery_id` again changes nothing, so that it is safe to send again, and says no. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a webhook that does not exist; [`Error::Invalid`] where a field is out of bounds.
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
        let recorded: Option<Recorded> = self
            .executor
            .find("webhooks.record_delivery", |mut conn| {
                prepared(
                    sql_query(RECORD)
                        .bind::<BigInt, _>(new.webhook)
                        .bind::<SqlUuid, _>(new.delivery_id)
                        .bind::<Text, _>(&new.event)
                        .bind::<Jsonb, _>(&payload)
                        .bind::<Nullable<Integer>, _>(new.status_code.map(i32::from))
                        .bind::<Bool, _>(new.success)
                        .bind::<Integer, _>(milliseconds)
                        .bind::<Text, _>(error.as_ref())
                        .bind::<Integer, _>(attempt),
                )
                .get_result(&mut conn)
                .boxed()
            })
            .await?;
        recorded.map(|recorded| recorded.fresh).ok_or(Error::not_found("webhook"))
    }

    /// The deliveries of a user's webhook, newest first (`ListWebhookDeliveries`); those of another user's webhook are none.
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
        self.executor
            .run("webhooks.list_deliveries", |mut conn| {
                prepared(
                    sql_query(LIST)
                        .bind::<BigInt, _>(webhook)
                        .bind::<BigInt, _>(user)
                        .bind::<BigInt, _>(page.before_or(WebhookDeliveryId::new(i64::MAX)))
                        .bind::<BigInt, _>(page.limit()),
                )
                .load(&mut conn)
                .boxed()
            })
            .await
    }

    /// The headline figures of a user's webhooks (`WebhookStats`). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "WebhookStats")]
    pub async fn stats(self, user: UserId) -> Result<WebhookStats> {
        self.executor
            .run("webhooks.stats", |mut conn| {
                prepared(sql_query(STATS).bind::<BigInt, _>(user)).get_result(&mut conn).boxed()
            })
            .await
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
        let older_than = time::bound(older_than);
        self.executor
            .run("webhooks.prune_deliveries", |mut conn| {
                prepared(sql_query(PRUNE).bind::<Timestamptz, _>(older_than).bind::<BigInt, _>(limit))
                    .execute(&mut conn)
                    .boxed()
            })
            .await
    }
}
