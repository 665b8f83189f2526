//! Rows of `webhook_deliveries`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;
use wh_types::{WebhookDeliveryId, WebhookId};

use crate::schema;

/// A request that was sent to a webhook, and its answer.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize, Deserialize)]
#[diesel(table_name = schema::webhook_deliveries, check_for_backend(diesel::pg::Pg))]
pub struct WebhookDelivery {
    /// Unique within its webhook, ascending in time.
    pub id: WebhookDeliveryId,
    /// Where it was sent.
    pub webhook_id: WebhookId,
    /// Drawn by the sender: recording it twice records it once.
    pub delivery_id: Uuid,
    /// Name of the event.
    pub event: String,
    /// Body of the request.
    pub payload: Value,
    /// HTTP status of the answer; `None` without an answer.
    pub status_code: Option<i32>,
    /// Whether it was accepted.
    pub success: bool,
    /// From sending to the answer, in milliseconds.
    pub duration_ms: i32,
    /// Why it failed; empty when it did not.
    pub error: String,
    /// Which attempt it was, from 1.
    pub attempt: i32,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
}
