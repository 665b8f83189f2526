//! What users did with their accounts. Events are added and never changed; the database itself sees to that.

use diesel::dsl::{exists, select};
use diesel::prelude::*;
use serde_json::Value;
use wh_schema::rows::AuditEvent;
use wh_schema::schema::audit_events;
use wh_types::{AuditEventId, AuditKind, SessionId, UserId};

use crate::engine::{Class, Executor, NotCached, Repeat, sql};
use crate::error::{Error, Result};
use crate::page::Page;
use crate::text::{check, cut, storable_json};

/// Operations on audit events; made by [`Database::audit_events`](crate::Database::audit_events) and
/// [`Tx::audit_events`](crate::Tx::audit_events).
#[derive(Clone, Copy)]
pub struct AuditEvents<'a> {
    pub(crate) executor: Executor<'a>,
}

/// Something that a user has done.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAuditEvent {
    /// Who.
    pub user: UserId,
    /// What.
    pub kind: AuditKind,
    /// Where from, IPv4 or IPv6.
    pub ip: String,
    /// Where that is, as a person says it; 255 characters are kept.
    pub geo: String,
    /// What the browser calls itself; 1024 characters are kept.
    pub user_agent: String,
    /// In which session.
    pub session: Option<SessionId>,
    /// What kind of thing it was done to, at most 64 characters; empty where there is none.
    pub target_type: String,
    /// The id of that thing, at most 255 characters; empty where there is none.
    pub target_id: String,
    /// What else is worth knowing, nested at most 100 levels deep.
    pub detail: Value,
}

impl AuditEvents<'_> {
    /// Records an event (`RecordAuditEvent`). One round trip.
    ///
    /// Events have no identity: sent again after a lost answer it is there twice. For that reason it is not sent again by
    /// itself when the connection breaks.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a user who does not exist; [`Error::Invalid`] for an address or a target that is
    /// too long, or a detail that is nested too deeply.
    #[doc(alias = "RecordAuditEvent")]
    pub async fn record(self, new: &NewAuditEvent) -> Result<AuditEvent> {
        check("ip", &new.ip, 0, 45)?;
        check("target_type", &new.target_type, 0, 64)?;
        check("target_id", &new.target_id, 0, 255)?;
        let (geo, user_agent) = (cut(&new.geo, 255), cut(&new.user_agent, 1024));
        let detail = storable_json("detail", &new.detail)?;
        let record = sql!("audit_events/record.sql")
            .bind(new.user)
            .bind(new.kind)
            .bind(&new.ip)
            .bind(&geo)
            .bind(&user_agent)
            .bind(new.session)
            .bind(&new.target_type)
            .bind(&new.target_id)
            .bind(&detail);
        let recorded = self.executor.write("audit_events.record", NotCached, Repeat::Never, record).await?;
        recorded.first().ok_or(Error::not_found("user"))
    }

    /// A user's events, newest first (`ListAuditEvents`). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListAuditEvents")]
    pub async fn list(self, user: UserId, page: Page<AuditEventId>) -> Result<Vec<AuditEvent>> {
        let list = AuditEvent::query()
            .filter(audit_events::user_id.eq(user))
            .filter(audit_events::id.lt(page.before_or(AuditEventId::new(i64::MAX))))
            .order(audit_events::id.desc())
            .limit(page.limit());
        Ok(self.executor.read("audit_events.list", Class::Page, list).await?.all())
    }

    /// True where anything was recorded of this user from this address (`HasAuditEventForIP`); ask before recording, to
    /// find a new device. One round trip.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an address of more than 45 characters.
    #[doc(alias = "HasAuditEventForIP")]
    pub async fn has_ip(self, user: UserId, ip: &str) -> Result<bool> {
        check("ip", ip, 0, 45)?;
        let seen = audit_events::table
            .filter(audit_events::user_id.eq(user))
            .filter(audit_events::ip.eq(ip))
            .select(audit_events::id);
        let seen = self.executor.read("audit_events.has_ip", Class::Key, select(exists(seen))).await?;
        Ok(seen.first().unwrap_or(false))
    }
}
