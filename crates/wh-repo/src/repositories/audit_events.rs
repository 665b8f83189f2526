//! What users did with their accounts. Events are added and never changed; the database itself sees to that.

use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::Value;
use wh_schema::rows::AuditEvent;
use wh_schema::schema::audit_events;
use wh_types::{AuditEventId, AuditKind, SessionId, UserId};

use crate::engine::{Class, Executor, NotCached, Repeat, sql};
use crate::error::{Error, Result};
use crate::page::Page;
use crate::repositories::users;
use crate::text::{check, cut, ip_address, storable_json};

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
    /// IP address of the browser, in any spelling; empty where it is unknown.
    pub ip: String,
    /// Where that is, as a person says it; 255 characters are kept.
    pub geo: String,
    /// What the browser calls itself; 1024 characters are kept.
    pub user_agent: String,
    /// In which session of this user.
    pub session: Option<SessionId>,
    /// What kind of thing it was done to, at most 64 characters; empty where there is none.
    pub target_type: String,
    /// The id of that thing, at most 255 characters; empty where there is none.
    pub target_id: String,
    /// What else is worth knowing, nested at most 100 levels deep.
    pub detail: Value,
}

/// A spelling of an address.
#[derive(QueryableByName)]
struct Seen {
    #[diesel(sql_type = Text)]
    ip: String,
}

impl AuditEvents<'_> {
    /// Records an event, with the IP address in its canonical form. One round trip; a second one if it is refused.
    ///
    /// Not idempotent: called again after a lost answer, the event is there twice. It is not sent again by itself.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a user who does not exist, and for a session that does not exist or is another user's;
    /// [`Error::Invalid`] for a text that is no IP address, a target that is too long, or a detail that is nested too deeply.
    #[doc(alias = "RecordAuditEvent")]
    pub async fn record(self, new: &NewAuditEvent) -> Result<AuditEvent> {
        let ip = ip_address(&new.ip)?;
        check("target_type", &new.target_type, 0, 64)?;
        check("target_id", &new.target_id, 0, 255)?;
        let (geo, user_agent) = (cut(&new.geo, 255), cut(&new.user_agent, 1024));
        let detail = storable_json("detail", &new.detail)?;
        let record = sql!("audit_events/record.sql")
            .bind(new.user)
            .bind(new.kind)
            .bind(&ip)
            .bind(&geo)
            .bind(&user_agent)
            .bind(new.session)
            .bind(&new.target_type)
            .bind(&new.target_id)
            .bind(&detail);
        let recorded = self.executor.write("audit_events.record", NotCached, Repeat::Never, record).await?;
        if let Some(event) = recorded.first() {
            return Ok(event);
        }
        // A deactivated user may still be recorded.
        match users::refusal(self.executor, "audit_events.record", new.user).await? {
            Some(Error::NotFound { entity }) => Err(Error::not_found(entity)),
            _ => Err(Error::not_found("session")),
        }
    }

    /// A user's events, newest first. One round trip.
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

    /// Whether anything was recorded of this user from this IP address, in whatever spelling. Ask before recording, to find a
    /// new device. One round trip.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a text that is no IP address.
    #[doc(alias = "HasAuditEventForIP")]
    pub async fn has_ip(self, user: UserId, ip: &str) -> Result<bool> {
        let ip = ip_address(ip)?;
        let seen = sql!("audit_events/has_ip.sql").bind(user).bind(&ip);
        let seen: Vec<Seen> = self.executor.read("audit_events.has_ip", Class::Key, seen).await?.all();
        Ok(seen.iter().any(|seen| ip_address(&seen.ip).is_ok_and(|seen| seen == ip)))
    }
}
