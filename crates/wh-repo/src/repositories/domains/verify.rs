//! Whether a domain is its user's, and what the proxies may route.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use wh_schema::schema::domains;
use wh_types::{AppId, DomainId, Hostname};

use super::Domains;
use crate::engine::{Affected, Class, NotCached, Repeat, sql};
use crate::error::{Conflict, Error, Result};
use crate::text::cut;

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
        let verified = domains::table
            .filter(domains::app_id.eq(app))
            .filter(domains::verified)
            .order(domains::hostname)
            .select(domains::hostname);
        Ok(self.executor.read("domains.list_verified", Class::Long, verified).await?.all())
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
        let verified = sql!("verified_by_apps.sql").bind(apps);
        let routes = self.executor.read("domains.verified_by_apps", Class::Long, verified).await?;
        let mut by_app = BTreeMap::<AppId, Vec<Hostname>>::new();
        for Route { app_id, hostname } in routes.all() {
            by_app.entry(app_id).or_default().push(hostname);
        }
        Ok(by_app)
    }

    /// Records that a domain is its user's, which the proxies route from then on (`MarkDomainVerified`). The time of the
    /// first verification stays. Safe to send again. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    #[doc(alias = "MarkDomainVerified")]
    pub async fn mark_verified(self, id: DomainId) -> Result<()> {
        let mark = sql!("mark_verified.sql").bind(id);
        let changed =
            self.executor.write("domains.mark_verified", NotCached, Repeat::Safe, Affected(mark)).await?;
        if changed.count() > 0 {
            return Ok(());
        }
        let claim = domains::table.find(id).select(domains::id);
        match self.executor.read::<DomainId>("domains.mark_verified", Class::Key, claim).await?.first() {
            Some(_) => Err(Conflict::Taken { entity: "domain", field: "hostname" }.into()),
            None => Err(Error::not_found("domain")),
        }
    }

    /// Records why a check of DNS failed, of which 4096 characters are kept (`MarkDomainCheckFailed`). A domain that was
    /// verified before stays so: a name server may be away for a while. Safe to send again. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    #[doc(alias = "MarkDomainCheckFailed")]
    pub async fn mark_check_failed(self, id: DomainId, reason: &str) -> Result<()> {
        let mark = sql!("mark_check_failed.sql").bind(id).bind(cut(reason, 4096));
        let changed =
            self.executor.write("domains.mark_check_failed", NotCached, Repeat::Safe, Affected(mark)).await?;
        present(changed.count())
    }
}

fn present(changed: usize) -> Result<()> {
    if changed == 0 { Err(Error::not_found("domain")) } else { Ok(()) }
}
