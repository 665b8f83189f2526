//! Whether a domain is its user's, and what the proxies may route.

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Bool, Text};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_schema::schema::domains;
use wh_types::{AppId, DomainId, Hostname};

use super::Domains;
use crate::engine::prepared;
use crate::error::{Conflict, Error, Result};
use crate::text::cut;

const VERIFIED_OF_MANY: &str = "\
SELECT app_id, hostname FROM domains WHERE app_id = ANY($1) AND verified ORDER BY app_id, hostname";

const MARK_VERIFIED: &str = "\
UPDATE domains SET verified = true, verified_at = coalesce(verified_at, wh_now()), last_checked_at = wh_now(), \
    last_check_error = '' \
WHERE id = $1 AND NOT EXISTS (SELECT FROM domains AS other \
    WHERE other.hostname = domains.hostname AND other.verified AND other.id <> domains.id)";

const EXISTS: &str = "SELECT id FROM domains WHERE id = $1";

const MARK_CHECK_FAILED: &str = "\
UPDATE domains SET last_checked_at = wh_now(), last_check_error = $2 WHERE id = $1";

#[derive(QueryableByName)]
struct Route {
    #[diesel(sql_type = BigInt)]
    app_id: AppId,
    #[diesel(sql_type = Text)]
    hostname: Hostname,
}

impl Domains<'_> {
    /// Most apps of one call of [`verified_by_apps`](Self::verified_by_apps).
    pub const MAX_APPS: usize = 10_000;

    /// The verified host names of an app, in alphabetical order (`ListVerifiedDomainsForApp`). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListVerifiedDomainsForApp")]
    pub async fn list_verified(self, app: AppId) -> Result<Vec<Hostname>> {
        self.executor
            .run("domains.list_verified", |mut conn| {
                prepared(
                    domains::table
                        .filter(domains::app_id.eq(app))
                        .filter(sql::<Bool>("verified"))
                        .order(domains::hostname)
                        .select(domains::hostname),
                )
                .load(&mut conn)
                .boxed()
            })
            .await
    }

    /// The verified host names of many apps, in alphabetical order; an app without one is left out
    /// (`ListVerifiedDomainsByAppIDs`). One round trip, whatever their number.
    ///
    /// # Errors
    /// [`Error::Invalid`] for more than [`MAX_APPS`](Self::MAX_APPS) apps.
    #[doc(alias = "ListVerifiedDomainsByAppIDs")]
    pub async fn verified_by_apps(self, apps: &[AppId]) -> Result<BTreeMap<AppId, Vec<Hostname>>> {
        if apps.len() > Self::MAX_APPS {
            let problem =
                format!("{} apps are too many for one call: at most {}", apps.len(), Self::MAX_APPS);
            return Err(Error::invalid("apps", problem));
        }
        let routes: Vec<Route> = self
            .executor
            .run("domains.verified_by_apps", |mut conn| {
                prepared(sql_query(VERIFIED_OF_MANY).bind::<Array<BigInt>, _>(apps)).load(&mut conn).boxed()
            })
            .await?;
        let mut by_app = BTreeMap::<AppId, Vec<Hostname>>::new();
        for route in routes {
            by_app.entry(route.app_id).or_default().push(route.hostname);
        }
        Ok(by_app)
    }

    /// Records that a domain is its user's, which the proxies route from then on (`MarkDomainVerified`). The time of the
    /// first verification stays. Safe to send again. One round trip; two where it is refused.
    ///
    /// # Errors
    /// [`Conflict::Taken`] if another claim of the name is verified; [`Error::NotFound`].
    #[doc(alias = "MarkDomainVerified")]
    pub async fn mark_verified(self, id: DomainId) -> Result<()> {
        for (statement, refused) in [(MARK_VERIFIED, false), (EXISTS, true)] {
            let rows = self
                .executor
                .run("domains.mark_verified", |mut conn| {
                    prepared(sql_query(statement).bind::<BigInt, _>(id)).execute(&mut conn).boxed()
                })
                .await?;
            match (rows, refused) {
                (0, _) => {}
                (_, false) => return Ok(()),
                (_, true) => return Err(Conflict::Taken { entity: "domain", field: "hostname" }.into()),
            }
        }
        present(0)
    }

    /// Records why a check of DNS failed, of which 4096 characters are kept (`MarkDomainCheckFailed`). A domain that was
    /// verified before stays so: a name server may be away for a while. Safe to send again. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    #[doc(alias = "MarkDomainCheckFailed")]
    pub async fn mark_check_failed(self, id: DomainId, reason: &str) -> Result<()> {
        let reason = cut(reason, 4096);
        let changed = self
            .executor
            .run("domains.mark_check_failed", |mut conn| {
                prepared(sql_query(MARK_CHECK_FAILED).bind::<BigInt, _>(id).bind::<Text, _>(reason.as_ref()))
                    .execute(&mut conn)
                    .boxed()
            })
            .await?;
        present(changed)
    }
}

fn present(changed: usize) -> Result<()> {
    if changed == 0 { Err(Error::not_found("domain")) } else { Ok(()) }
}
