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

/// `verified`, `taken` or `missing`.
#[derive(QueryableByName)]
struct Outcome {
    #[diesel(sql_type = Text)]
    outcome: String,
}

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

    /// The verified host names of an app, in alphabetical order. One round trip.
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

    /// The verified host names of many apps, in alphabetical order. An app without one is left out. One round trip, whatever
    /// their number.
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

    /// Records that a claim was proved. The proxies route the name from then on. The time of the first verification stays.
    ///
    /// Of several claims of one name the first that is verified has it, also if two are verified at the same moment.
    /// Idempotent. One round trip.
    ///
    /// # Errors
    /// [`Conflict::Taken`] if another claim of the name is verified. [`Error::NotFound`], also for a domain of a deleted app. Both
    /// leave the caller's transaction usable.
    #[doc(alias = "MarkDomainVerified")]
    pub async fn mark_verified(self, id: DomainId) -> Result<()> {
        let mark = sql!("mark_verified.sql").bind(id);
        let outcome = self.executor.write("domains.mark_verified", NotCached, Repeat::Safe, mark).await?;
        let Outcome { outcome } =
            outcome.first().ok_or_else(|| Error::bug("domains.mark_verified", "no outcome"))?;
        match outcome.as_str() {
            "verified" => Ok(()),
            "taken" => Err(Conflict::Taken { entity: "domain", field: "hostname" }.into()),
            _ => Err(Error::not_found("domain")),
        }
    }

    /// Records why a check of DNS failed; 4096 characters are kept. A domain that is verified stays so: a name server may be away
    /// for a while. Idempotent. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    #[doc(alias = "MarkDomainCheckFailed")]
    pub async fn mark_check_failed(self, id: DomainId, reason: &str) -> Result<()> {
        let mark = sql!("mark_check_failed.sql").bind(id).bind(cut(reason, 4096));
        let changed =
            self.executor.write("domains.mark_check_failed", NotCached, Repeat::Safe, Affected(mark)).await?;
        if changed.count() == 0 { Err(Error::not_found("domain")) } else { Ok(()) }
    }
}
