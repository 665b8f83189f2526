//! Rows of `app_alert_rules`.

use chrono::{DateTime, Utc};
use diesel::{HasQuery, QueryableByName};
use serde::{Deserialize, Serialize};
use wh_types::{AlertKind, AlertRuleId, AppId, UserId};

use crate::schema;

/// A condition under which a user is warned about an app, one rule per kind.
#[derive(Clone, Debug, PartialEq, Eq, HasQuery, QueryableByName, Serialize, Deserialize)]
#[diesel(table_name = schema::app_alert_rules, check_for_backend(diesel::pg::Pg))]
pub struct AppAlertRule {
    /// Key.
    pub id: AlertRuleId,
    /// The app it watches.
    pub app_id: AppId,
    /// User who is warned.
    pub user_id: UserId,
    /// Measure or event that it watches.
    pub kind: AlertKind,
    /// Percent of the limit; 0 for the kinds that fire at once.
    pub threshold: i32,
    /// Minutes that the value stays over the threshold before the rule fires.
    pub sustain_minutes: i32,
    /// Whether it fires at all.
    pub enabled: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Set by the data layer on every update.
    pub updated_at: DateTime<Utc>,
}
