//! Sessions: signed-in browsers. A session is alive while it is not revoked and was seen within 30 days.

mod end;

use secrecy::{ExposeSecret, SecretString};
use wh_schema::rows;
use wh_types::{SessionId, UserId};

use crate::engine::{Affected, Class, Executor, NotCached, Repeat, sql};
use crate::error::{Conflict, Error, Result};
use crate::page::Page;
use crate::text::{check, cut};

/// Operations on sessions; made by [`Database::sessions`](crate::Database::sessions) and
/// [`Tx::sessions`](crate::Tx::sessions).
#[derive(Clone, Copy)]
pub struct Sessions<'a> {
    pub(crate) executor: Executor<'a>,
}

/// Somebody has signed in. `Debug` does not show the token.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Who.
    pub user: UserId,
    /// The value of the cookie, of which only the hash is stored.
    pub token: SecretString,
    /// Where from, IPv4 or IPv6.
    pub ip: String,
    /// Where that is, as a person says it; 255 characters are kept.
    pub geo: String,
    /// What the browser calls itself; 1024 characters are kept.
    pub user_agent: String,
    /// Whether signing in went through the second factor.
    pub two_factor: bool,
}

impl Sessions<'_> {
    /// Begins a session (`CreateSession`). Stores the sha256 of the token; the token itself goes nowhere. Safe to send
    /// again: the same token of the same user gives the same session. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a user who does not exist; [`Conflict::Taken`] where another user has this token;
    /// [`Error::Invalid`] for an address of more than 45 characters or an empty token.
    #[doc(alias = "CreateSession")]
    pub async fn create(self, new: &NewSession) -> Result<rows::Session> {
        check("ip", &new.ip, 0, 45)?;
        if new.token.expose_secret().is_empty() {
            return Err(Error::invalid(
                "token",
                "it is empty, and so is the cookie of everybody who has none",
            ));
        }
        let hash = wh_crypto::hash_token(&new.token);
        let (geo, user_agent) = (cut(&new.geo, 255), cut(&new.user_agent, 1024));
        // A second time where the same call was under way over another connection.
        for _ in 0..2 {
            let create = sql!("sessions/create.sql")
                .bind(new.user)
                .bind(&hash)
                .bind(&new.ip)
                .bind(&geo)
                .bind(&user_agent)
                .bind(new.two_factor);
            let created = self.executor.write("sessions.create", NotCached, Repeat::Safe, create).await?;
            let session: Option<rows::Session> = created.first();
            match session {
                Some(session) if session.user_id == new.user => return Ok(session),
                Some(_) => return Err(Conflict::Taken { entity: "session", field: "token" }.into()),
                None => {}
            }
        }
        Err(Error::not_found("user"))
    }

    /// The living session that this token belongs to (`FindSessionByTokenHash`). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "FindSessionByTokenHash")]
    pub async fn find_by_token(self, token: &SecretString) -> Result<Option<rows::Session>> {
        let hash = wh_crypto::hash_token(token);
        let find = sql!("sessions/find_by_token.sql").bind(&hash);
        Ok(self.executor.read("sessions.find_by_token", Class::Key, find).await?.first())
    }

    /// A user's living sessions, newest first (`ListSessionsForUser`). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListSessionsForUser")]
    pub async fn list(self, user: UserId, page: Page<SessionId>) -> Result<Vec<rows::Session>> {
        let before = page.before_or(SessionId::new(i64::MAX));
        let list = sql!("sessions/list.sql").bind(user).bind(before).bind(page.limit());
        Ok(self.executor.read("sessions.list", Class::Page, list).await?.all())
    }

    /// Records that a session was seen, which keeps it alive for another 30 days (`BumpSessionLastSeen`). Nothing is
    /// written where it was seen from the same place within a minute. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a session that is not alive; [`Error::Invalid`] for an address of more than 45 characters.
    #[doc(alias = "BumpSessionLastSeen")]
    pub async fn bump_last_seen(self, id: SessionId, ip: &str, user_agent: &str) -> Result<()> {
        check("ip", ip, 0, 45)?;
        let user_agent = cut(user_agent, 1024);
        let bump = sql!("sessions/bump_last_seen.sql").bind(id).bind(ip).bind(&user_agent);
        let alive =
            self.executor.write("sessions.bump_last_seen", NotCached, Repeat::Safe, Affected(bump)).await?;
        if alive.count() == 0 { Err(Error::not_found("session")) } else { Ok(()) }
    }
}
