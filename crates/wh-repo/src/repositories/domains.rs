//! Host names of their own that users point at their apps.

mod prune;
mod verify;

use diesel::prelude::*;
use diesel::sql_types::Bool;
use wh_schema::rows::Domain;
use wh_schema::schema::domains;
use wh_types::{AppId, DomainId, Hostname, UserId};

use crate::engine::{Affected, Class, Executor, NotCached, Repeat, Sql, sql};
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

#[derive(QueryableByName)]
struct Refusal {
    #[diesel(sql_type = Bool)]
    owned: bool,
    #[diesel(sql_type = Bool)]
    of_platform: bool,
}

impl Domains<'_> {
    /// Claims a host name for an app of its user, unverified. Returns the claim.
    ///
    /// Any number of users and apps may claim one name; [`mark_verified`](Self::mark_verified) decides. Idempotent: the same
    /// name on the same app returns the claim that is there, with the token that it was made with. One round trip; more if it
    /// is refused or if two callers meet.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app that does not exist, is deleted or is another user's. [`Error::Invalid`] for a name of the
    /// platform: its domain ([`Policy::platform_domain`](crate::Policy)), the zone of a worker, and what is under them. All of these leave the caller's transaction usable.
    #[doc(alias = "CreateDomain")]
    pub async fn create(self, new: &NewDomain) -> Result<Domain> {
        check("verification_token", &new.verification_token, 1, 255)?;
        // Checked again, because one that was taken as stored may break the rule.
        if Hostname::parse(new.hostname.as_str())? != new.hostname {
            return Err(Error::invalid("hostname", "it is not in its DNS form: parse it"));
        }
        let platform = self.executor.inner().policy().platform_domain.as_str();
        if !platform.is_empty() && zones(&new.hostname).contains(&platform) {
            return Err(of_platform(&new.hostname));
        }
        let mut domain = self.try_create(sql!("domains/create.sql"), new).await?;
        if domain.is_none() {
            domain = self.try_create(sql!("domains/create_or_lock.sql"), new).await?;
        }
        if let Some(domain) = domain {
            return Ok(domain);
        }
        let refusal = sql!("domains/refusal.sql").bind(new.user).bind(new.app).bind(zones(&new.hostname));
        let refusal = self.executor.read("domains.create", Class::Key, refusal).await?.first();
        Err(match refusal {
            Some(Refusal { owned: true, of_platform: true }) => of_platform(&new.hostname),
            _ => Error::not_found("app"),
        })
    }

    async fn try_create<Id: 'static>(self, statement: Sql<Id>, new: &NewDomain) -> Result<Option<Domain>> {
        let create = statement
            .bind(new.user)
            .bind(new.app)
            .bind(&new.hostname)
            .bind(&new.verification_token)
            .bind(zones(&new.hostname));
        Ok(self.executor.write("domains.create", NotCached, Repeat::Safe, create).await?.first())
    }

    /// A user's domain by its id; `None` for another user's. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "FindDomain")]
    pub async fn find(self, id: DomainId, user: UserId) -> Result<Option<Domain>> {
        let of_user = Domain::query().filter(domains::id.eq(id)).filter(domains::user_id.eq(user));
        Ok(self.executor.read("domains.find", Class::Key, of_user).await?.first())
    }

    /// A user's domains, newest first. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListDomainsForUser")]
    pub async fn list_for_user(self, user: UserId, page: Page<DomainId>) -> Result<Vec<Domain>> {
        let of_user = Domain::query()
            .filter(domains::user_id.eq(user))
            .filter(domains::id.lt(page.before_or(DomainId::new(i64::MAX))))
            .order(domains::id.desc())
            .limit(page.limit());
        Ok(self.executor.read("domains.list_for_user", Class::Page, of_user).await?.all())
    }

    /// The domains of an app, newest first. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListDomainsForApp")]
    pub async fn list_for_app(self, app: AppId, page: Page<DomainId>) -> Result<Vec<Domain>> {
        let of_app = Domain::query()
            .filter(domains::app_id.eq(app))
            .filter(domains::id.lt(page.before_or(DomainId::new(i64::MAX))))
            .order(domains::id.desc())
            .limit(page.limit());
        Ok(self.executor.read("domains.list_for_app", Class::Page, of_app).await?.all())
    }

    /// Deletes a user's domain, and says whether there was one. Another user's stays, and is none. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`]. Sent again after one that is in doubt, it answers `false` about a domain that the first call
    /// deleted.
    #[doc(alias = "DeleteDomain")]
    pub async fn delete(self, id: DomainId, user: UserId) -> Result<bool> {
        let domain = diesel::delete(domains::table.find(id).filter(domains::user_id.eq(user)));
        let deleted =
            self.executor.write("domains.delete", NotCached, Repeat::Never, Affected(domain)).await?;
        Ok(deleted.count() > 0)
    }
}

fn of_platform(hostname: &Hostname) -> Error {
    Error::invalid("hostname", format!("{hostname} is a name of the platform: use a domain of your own"))
}

/// The name and all domains that it is under.
fn zones(hostname: &Hostname) -> Vec<&str> {
    std::iter::successors(Some(hostname.as_str()), |name| name.split_once('.').map(|(_, parent)| parent))
        .collect()
}
