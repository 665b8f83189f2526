//! A link as it is read, and the hash that it must have.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};
use serde::Serialize;
use wh_crypto::hash_parts;

use super::seal::SealColumns;

/// The form of what is hashed. `wh_audit_hash` of the migrations says the same.
const FORM: &str = "wh-audit-1";

/// A head, its seal, and one of the links of its chain if there is one. Hashes are in hexadecimal.
#[derive(QueryableByName)]
pub(super) struct LinkRow {
    #[diesel(sql_type = BigInt)]
    pub(super) head_place: i64,
    #[diesel(sql_type = Text)]
    pub(super) head_hash: String,
    #[diesel(sql_type = BigInt)]
    pub(super) anchor_place: i64,
    #[diesel(sql_type = Text)]
    pub(super) anchor_hash: String,
    /// Place of the last link of all.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) last_place: Option<i64>,
    /// The database's time.
    #[diesel(sql_type = Timestamptz)]
    pub(super) now: DateTime<Utc>,
    #[diesel(embed)]
    pub(super) seal: SealColumns,
    #[diesel(embed)]
    pub(super) link: LinkColumns,
    #[diesel(embed)]
    pub(super) event: EventColumns,
}

#[derive(QueryableByName)]
pub(super) struct LinkColumns {
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) place: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) event_id: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) hash: Option<String>,
}

/// The event of a link, as the texts that are hashed.
#[derive(QueryableByName, Serialize)]
pub(super) struct EventColumns {
    #[serde(skip)]
    #[diesel(sql_type = Nullable<Bool>)]
    pub(super) found: Option<bool>,
    /// Microseconds since 1970.
    #[diesel(sql_type = Nullable<Text>)]
    at: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    kind: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    session_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    ip: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    geo: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    user_agent: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    target_type: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    target_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    detail: Option<String>,
}

/// A link with its event.
pub(super) struct Link<'a> {
    pub(super) place: i64,
    pub(super) event: i64,
    pub(super) hash: &'a str,
    pub(super) columns: Option<&'a EventColumns>,
}

impl LinkRow {
    /// None in the one row of a chain without further links.
    pub(super) fn link(&self) -> Option<Link<'_>> {
        let LinkColumns { place: Some(place), event_id: Some(event), hash: Some(hash) } = &self.link else {
            return None;
        };
        let columns = self.event.found.unwrap_or_default().then_some(&self.event);
        Some(Link { place: *place, event: *event, hash, columns })
    }
}

impl EventColumns {
    /// The hash that the link of this event has at this place after that of `previous`.
    pub(super) fn hash(&self, previous: &str, place: i64, user: i64, event: i64) -> String {
        let [place, user, event] = [place, user, event].map(|number| number.to_string());
        let mut parts = vec![FORM, previous, &place, &user, &event];
        parts.extend(self.texts());
        hash_parts(&parts)
    }

    /// What is hashed of the event besides its ids, in order.
    fn texts(&self) -> [&str; 9] {
        let Self { found: _, at, kind, session_id, ip, geo, user_agent, target_type, target_id, detail } =
            self;
        [at, kind, session_id, ip, geo, user_agent, target_type, target_id, detail]
            .map(|text| text.as_deref().unwrap_or_default())
    }
}
