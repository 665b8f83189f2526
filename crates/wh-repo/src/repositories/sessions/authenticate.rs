//! Who sends a request.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Text, Timestamptz};
use secrecy::SecretString;
use wh_schema::rows::{Session, User};
use wh_types::{KeyHash, SessionId};

use super::Sessions;
use crate::engine::{NotCached, Repeat, Rows, sql};
use crate::error::Result;
use crate::text::{cut, ip_address};

/// A signed-in request: its session, and the active user whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// The session, as it is after this request was seen.
    pub session: Session,
    /// The user. Their plan and settings are those of now, never of a cache.
    pub user: User,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(embed)]
    user: User,
    #[diesel(sql_type = BigInt)]
    session_id: SessionId,
    #[diesel(sql_type = Text)]
    token_hash: KeyHash,
    #[diesel(sql_type = Text)]
    ip: String,
    #[diesel(sql_type = Text)]
    geo: String,
    #[diesel(sql_type = Text)]
    user_agent: String,
    #[diesel(sql_type = Bool)]
    two_factor: bool,
    #[diesel(sql_type = Timestamptz)]
    began_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    last_seen_at: DateTime<Utc>,
}

impl Sessions<'_> {
    /// The living session with this token and its user, for each request of a browser. Records that the session was seen, as
    /// [`bump_last_seen`](Self::bump_last_seen) does: at most once a minute, unless the address or the browser changed; else
    /// nothing is written or locked. `None` for a token of no session, of one that has ended, and of a deactivated user.
    ///
    /// Idempotent. One round trip.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for a text that is no IP address.
    pub async fn authenticate(
        self,
        token: &SecretString,
        ip: &str,
        user_agent: &str,
    ) -> Result<Option<Authenticated>> {
        let ip = ip_address(ip)?;
        let hash = wh_crypto::hash_token(token);
        let authenticate =
            sql!("authenticate.sql").bind(&hash).bind(&ip).bind(cut(user_agent, 1024)).bind(self.lifetime());
        let found: Rows<Found> =
            self.executor.write("sessions.authenticate", NotCached, Repeat::Safe, authenticate).await?;
        Ok(found.first().map(|found| Authenticated {
            session: Session {
                id: found.session_id,
                user_id: found.user.id,
                token_hash: found.token_hash,
                ip: found.ip,
                geo: found.geo,
                user_agent: found.user_agent,
                two_factor: found.two_factor,
                created_at: found.began_at,
                last_seen_at: found.last_seen_at,
                revoked_at: None,
            },
            user: found.user,
        }))
    }
}
