//! Host names of their own that users point at their apps.

mod verify;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_schema::rows::Domain;
use wh_schema::schema::domains;
use wh_types::{AppId, DomainId, Hostname, UserId};

use crate::engine::Executor;
use crate::engine::prepared;
use crate::error::{Error, Result};
use crate::page::Page;
use crate::text::check;

/// Operations on custom domains; made by [`Database::domains`](crate::Database::domains) and
/// [`Tx::domains`](crate::Tx::domains).
#[derive(Clone, Copy)]
pub struct Domains<'a> {
    pub(crate) executor: Executor<'a>,
}

/// A domain that its owner has yet to prove theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDomain {
    /// Whose it is.
    pub user: UserId,
    /// The app it leads to, which must be this user's.
    pub app: AppId,
    /// The name. Any number of users may claim it; the first who verifies it has it.
    pub hostname: Hostname,
    /// What the owner is asked to put into DNS, 1 to 255 characters.
    pub verification_token: String,
}

/// Nothing comes back for an app that is not there, or is somebody else's.
const CREATE: &str = "\
WITH app AS MATERIALIZED (SELECT id, user_id FROM apps WHERE id = $2 AND user_id = $1 AND deleted_at IS NULL), \
made AS (INSERT INTO domains (user_id, app_id, hostname, verification_token) SELECT user_id, id, $3, $4 FROM app \
    ON CONFLICT (app_id, hostname) DO NOTHING RETURNING *) \
SELECT * FROM made UNION ALL SELECT domains.* FROM domains, app WHERE domains.app_id = app.id AND domains.hostname = $3 \
    AND NOT EXISTS (SELECT FROM made)";

/// The same, with an answer in any case: a row that came into being meanwhile is locked and read.
const CREATE_OR_LOCK: &str = "\
INSERT INTO domains (user_id, app_id, hostname, verification_token) \
SELECT user_id, id, $3, $4 FROM apps WHERE id = $2 AND user_id = $1 AND deleted_at IS NULL \
ON CONFLICT (app_id, hostname) DO UPDATE SET hostname = domains.hostname RETURNING *";

impl Domains<'_> {
    /// Adds a domain to an app of its user, unverified (`CreateDomain`). Safe to send again: the same name on the same app
    /// gives the domain that is there, with the token that it was made with. One round trip; more where it is refused or
    /// where two callers meet.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app that does not exist, is deleted or is another user's; [`Error::Invalid`]. All of these
    /// leave the caller's transaction usable.
    #[doc(alias = "CreateDomain")]
    pub async fn create(self, new: &NewDomain) -> Result<Domain> {
        check("verification_token", &new.verification_token, 1, 255)?;
        // Checked again, because one that was taken as stored may break the rule.
        if Hostname::parse(new.hostname.as_str())? != new.hostname {
            return Err(Error::invalid("hostname", "it is not in its DNS form: parse it"));
        }
        for statement in [CREATE, CREATE_OR_LOCK] {
            let domain: Option<Domain> = self
                .executor
                .find("domains.create", |mut conn| {
                    prepared(
                        sql_query(statement)
                            .bind::<BigInt, _>(new.user)
                            .bind::<BigInt, _>(new.app)
                            .bind::<Text, _>(&new.hostname)
                            .bind::<Text, _>(&new.verification_token),
                    )
                    .get_result(&mut conn)
                    .boxed()
                })
                .await?;
            if let Some(domain) = domain {
                return Ok(domain);
            }
        }
        Err(Error::not_found("app"))
    }

    /// A user's domain with this id (`FindDomain`); another user's is as good as none. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "FindDomain")]
    pub async fn find(self, id: DomainId, user: UserId) -> Result<Option<Domain>> {
        self.executor
            .find("domains.find", |mut conn| {
                Domain::query().find(id).filter(domains::user_id.eq(user)).first(&mut conn).boxed()
            })
            .await
    }

    /// A user's domains, newest first (`ListDomainsForUser`). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListDomainsForUser")]
    pub async fn list_for_user(self, user: UserId, page: Page<DomainId>) -> Result<Vec<Domain>> {
        self.executor
            .run("domains.list_for_user", |mut conn| {
                Domain::query()
                    .filter(domains::user_id.eq(user))
                    .filter(domains::id.lt(page.before_or(DomainId::new(i64::MAX))))
                    .order(domains::id.desc())
                    .limit(page.limit())
                    .load(&mut conn)
                    .boxed()
            })
            .await
    }

    /// The domains of an app, newest first (`ListDomainsForApp`). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListDomainsForApp")]
    pub async fn list_for_app(self, app: AppId, page: Page<DomainId>) -> Result<Vec<Domain>> {
        self.executor
            .run("domains.list_for_app", |mut conn| {
                Domain::query()
                    .filter(domains::app_id.eq(app))
                    .filter(domains::id.lt(page.before_or(DomainId::new(i64::MAX))))
                    .order(domains::id.desc())
                    .limit(page.limit())
                    .load(&mut conn)
                    .boxed()
            })
            .await
    }

    /// Removes a user's domain, and says whether there was one (`DeleteDomain`); another user's is as good as none.
    /// Safe to send again: after a lost answer it says no, because it did so before. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "DeleteDomain")]
    pub async fn delete(self, id: DomainId, user: UserId) -> Result<bool> {
        let deleted = self
            .executor
            .run("domains.delete", |mut conn| {
                diesel::delete(domains::table.find(id).filter(domains::user_id.eq(user))).execute(&mut conn)
            })
            .await?;
        Ok(deleted > 0)
    }
}
