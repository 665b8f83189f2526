//! Rows of `webhooks`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::Serialize;
use wh_types::{Ciphertext, UserId, WebhookId};

use super::Words;
use crate::schema;

/// Where a user wants to be told of events.
///
/// It serialises without its secret, and is not read back from what was serialised.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize)]
#[diesel(table_name = schema::webhooks, check_for_backend(diesel::pg::Pg))]
pub struct Webhook {
    /// Key.
    pub id: WebhookId,
    /// Its owner.
    pub user_id: UserId,
    /// Name that the user gives.
    pub name: String,
    /// Where events are sent.
    pub url: String,
    /// Signs what is delivered; encrypted. Never serialised.
    #[serde(skip)]
    pub secret: Ciphertext,
    /// Names of the events it wants.
    #[diesel(deserialize_as = Words)]
    pub events: Vec<String>,
    /// Whether events are delivered at all.
    pub active: bool,
    /// Deliveries that were accepted, ever.
    pub success_count: i64,
    /// Deliveries that were not, ever.
    pub failure_count: i64,
    /// When it was last sent something.
    pub last_delivery_at: Option<DateTime<Utc>>,
    /// HTTP status of the last delivery; `None` without an answer.
    pub last_status_code: Option<i32>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// Set by the data layer on every update.
    pub updated_at: DateTime<Utc>,
}
