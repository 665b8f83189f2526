//! Sessions: signed-in browsers. A session is alive while it is not revoked and was seen within 30 days.

mod end;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use secrecy::{ExposeSecret, SecretString};
use wh_schema::rows;
use wh_schema::schema::sessions;
use wh_types::{SessionId, UserId};

use crate::engine::Executor;
use crate::engine::prepared;
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

const CREATE: &str = "\
WITH made AS (INSERT INTO sessions (user_id, token_hash, ip, geo, user_agent, two_factor) \
    SELECT id, $2, $3, $4, $5, $6 FROM users WHERE id = $1 ON CONFLICT DO NOTHING RETURNING *) \
SELECT * FROM made UNION ALL SELECT * FROM sessions WHERE token_hash = $2 AND NOT EXISTS (SELECT FROM made)";

/// In hours, since a day of a time zone with a summer time may have 23 of them, or 25.
const ALIVE: &str = "revoked_at IS NULL AND last_seen_at > wh_now() - interval '720 hours'";

/// Writes at most once a minute, unless something is new.
const BUMP: &str = "\
WITH found AS MATERIALIZED (SELECT id FROM sessions \
    WHERE id = $1 AND revoked_at IS NULL AND last_seen_at > wh_now() - interval '720 hours' FOR NO KEY UPDATE), \
moved AS (UPDATE sessions SET last_seen_at = greatest(last_seen_at, wh_now()), ip = $2, user_agent = $3 FROM found \
    WHERE sessions.id = found.id AND (last_seen_at < wh_now() - interval '1 minute' OR ip <> $2 OR user_agent <> $3)) \
SELECT id FROM found";

impl Sessions<'_> {
    /// Begins a session (`CreateSession`). Stores the sha256 of the token; the token itself goes nowhere. Safe to send
    /// again: the same token of the same user gives the same session. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a user who does not exist; [`Conflict::Taken`] where another user has this token;
    /// [`Error::Invalid`] for an address of more than 45 characters or an empty token.
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
            let session: Option<rows::Session> = self
                .executor
                .find("sessions.create", |mut conn| {
                    prepared(
                        sql_query(CREATE)
                            .bind::<BigInt, _>(new.user)
                            .bind::<Text, _>(&hash)
                            .bind::<Text, _>(&new.ip)
                            .bind::<Text, _>(geo.as_ref())
                            .bind::<Text, _>(user_agent.as_ref())
                            .bind::<Bool, _>(new.two_factor),
                    )
                    .get_result(&mut conn)
                    .boxed()
                })
                .await?;
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
    pub async fn find_by_token(self, token: &SecretString) -> Result<Option<rows::Session>> {
        let hash = wh_crypto::hash_token(token);
        self.executor
            .find("sessions.find_by_token", |mut conn| {
                prepared(
                    rows::Session::query()
                        .filter(sessions::token_hash.eq(&hash))
                        .filter(sql::<Bool>(ALIVE))
                        .limit(1),
                )
                .get_result(&mut conn)
                .boxed()
            })
            .await
    }

    /// A user's living sessions, newest first (`ListSessionsForUser`). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list(self, user: UserId, page: Page<SessionId>) -> Result<Vec<rows::Session>> {
        self.executor
            .run("sessions.list", |mut conn| {
                prepared(
                    rows::Session::query()
                        .filter(sessions::user_id.eq(user))
                        .filter(sql::<Bool>(ALIVE))
                        .filter(sessions::id.lt(page.before_or(SessionId::new(i64::MAX))))
                        .order(sessions::id.desc())
                        .limit(page.limit()),
                )
                .load(&mut conn)
                .boxed()
            })
            .await
    }

    /// Records that a session was seen, which keeps it alive for another 30 days (`BumpSessionLastSeen`). Nothing is
    /// written where it was seen from the same place within a minute. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a session that is not alive; [`Error::Invalid`] for an address of more than 45 characters.
    pub async fn bump_last_seen(self, id: SessionId, ip: &str, user_agent: &str) -> Result<()> {
        check("ip", ip, 0, 45)?;
        let user_agent = cut(user_agent, 1024);
        let alive = self
            .executor
            .run("sessions.bump_last_seen", |mut conn| {
                prepared(
                    sql_query(BUMP)
                        .bind::<BigInt, _>(id)
                        .bind::<Text, _>(ip)
                        .bind::<Text, _>(user_agent.as_ref()),
                )
                .execute(&mut conn)
                .boxed()
            })
            .await?;
        if alive == 0 { Err(Error::not_found("session")) } else { Ok(()) }
    }
}
