//! Sessions: signed-in browsers. A session is alive while it is not revoked, was seen within the session lifetime of the
//! [`Policy`](crate::Policy), and its user is active.

mod authenticate;
mod end;

use diesel::QueryableByName;
use diesel::sql_types::Bool;
use secrecy::{ExposeSecret, SecretString};
use wh_schema::rows;
use wh_types::{SessionId, UserId};

pub use self::authenticate::Authenticated;
use crate::engine::{Affected, Class, Executor, NotCached, Repeat, sql};
use crate::error::{Conflict, Error, Result};
use crate::page::Page;
use crate::repositories::users;
use crate::text::{cut, ip_address};

/// Seconds of some 30 years: longer times than this are as good as for ever, and no interval of Postgres overflows.
const LONGEST: f64 = 1e9;

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
    /// IP address of the browser, in any spelling; empty where it is unknown.
    pub ip: String,
    /// Where that is, as a person says it; 255 characters are kept.
    pub geo: String,
    /// What the browser calls itself; 1024 characters are kept.
    pub user_agent: String,
    /// Whether signing in went through the second factor.
    pub two_factor: bool,
}

#[derive(QueryableByName)]
struct Created {
    #[diesel(embed)]
    session: rows::Session,
    #[diesel(sql_type = Bool)]
    alive: bool,
}

impl Sessions<'_> {
    /// Begins a session. Stores the sha256 of the token, and the IP address in its canonical form.
    ///
    /// Idempotent: the same token of the same user returns the same session while it is alive. One round trip; two more if it
    /// is refused.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a user who does not exist; [`Denied::Deactivated`](crate::Denied::Deactivated);
    /// [`Conflict::Taken`] for the token of another user, or of a session that has ended; [`Error::Invalid`] for a text that is
    /// no IP address, or an empty token.
    #[doc(alias = "CreateSession")]
    pub async fn create(self, new: &NewSession) -> Result<rows::Session> {
        let ip = ip_address(&new.ip)?;
        if new.token.expose_secret().is_empty() {
            return Err(Error::invalid("token", "must not be empty"));
        }
        let hash = wh_crypto::hash_token(&new.token);
        let (geo, user_agent) = (cut(&new.geo, 255), cut(&new.user_agent, 1024));
        let taken = || Err(Conflict::Taken { entity: "session", field: Conflict::TOKEN }.into());
        // The second time for a session with this token that another connection was about to commit.
        for _ in 0..2 {
            let create = sql!("sessions/create.sql")
                .bind(new.user)
                .bind(&hash)
                .bind(&ip)
                .bind(&geo)
                .bind(&user_agent)
                .bind(new.two_factor)
                .bind(self.lifetime());
            let created = self.executor.write("sessions.create", NotCached, Repeat::Safe, create).await?;
            match created.first() {
                Some(Created { session, alive: true }) if session.user_id == new.user => return Ok(session),
                Some(_) => return taken(),
                None => {}
            }
        }
        match users::refusal(self.executor, "sessions.create", new.user).await? {
            Some(refusal) => Err(refusal),
            None => taken(),
        }
    }

    /// The living session with this token. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "FindSessionByTokenHash")]
    pub async fn find_by_token(self, token: &SecretString) -> Result<Option<rows::Session>> {
        let hash = wh_crypto::hash_token(token);
        let find = sql!("sessions/find_by_token.sql").bind(&hash).bind(self.lifetime());
        Ok(self.executor.read("sessions.find_by_token", Class::Key, find).await?.first())
    }

    /// The living session with this id, if it is this user's. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn find(self, id: SessionId, user: UserId) -> Result<Option<rows::Session>> {
        let find = sql!("sessions/find.sql").bind(id).bind(user).bind(self.lifetime());
        Ok(self.executor.read("sessions.find", Class::Key, find).await?.first())
    }

    /// A user's living sessions, newest first. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListSessionsForUser")]
    pub async fn list(self, user: UserId, page: Page<SessionId>) -> Result<Vec<rows::Session>> {
        let before = page.before_or(SessionId::new(i64::MAX));
        let list = sql!("sessions/list.sql").bind(user).bind(before).bind(page.limit()).bind(self.lifetime());
        Ok(self.executor.read("sessions.list", Class::Page, list).await?.all())
    }

    /// Records that a session was seen, which keeps it alive for another session lifetime. Writes at most once a minute,
    /// unless the address or the browser changed. Idempotent. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a session that is not alive; [`Error::Invalid`] for a text that is no IP address.
    #[doc(alias = "BumpSessionLastSeen")]
    pub async fn bump_last_seen(self, id: SessionId, ip: &str, user_agent: &str) -> Result<()> {
        let ip = ip_address(ip)?;
        let user_agent = cut(user_agent, 1024);
        let bump =
            sql!("sessions/bump_last_seen.sql").bind(id).bind(&ip).bind(&user_agent).bind(self.lifetime());
        let alive =
            self.executor.write("sessions.bump_last_seen", NotCached, Repeat::Safe, Affected(bump)).await?;
        if alive.count() == 0 { Err(Error::not_found("session")) } else { Ok(()) }
    }

    /// Seconds for which a session lives without being seen.
    fn lifetime(self) -> f64 {
        self.executor.inner().policy().session_lifetime.as_secs_f64().min(LONGEST)
    }
}
