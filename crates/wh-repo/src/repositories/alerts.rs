//! What users are warned of. A source has at most one open (active or acknowledged) alert.

mod prune;
mod raise;

use diesel::dsl::sql as literal;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use wh_schema::rows::Alert;
use wh_schema::schema::alerts;
use wh_types::{AlertId, AlertKind, AlertStatus, AppId, UserId};

pub use self::raise::{CreatedAlert, NewAlert};
use crate::engine::{Class, Executor, NotCached, Repeat, Statement, sql};
use crate::error::{Conflict, Error, Result};
use crate::page::Page;
use crate::text;

/// Operations on alerts; made by [`Database::alerts`](crate::Database::alerts) and [`Tx::alerts`](crate::Tx::alerts).
#[derive(Clone, Copy)]
pub struct Alerts<'a> {
    pub(crate) executor: Executor<'a>,
}

/// Which alerts to list; `None` is any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertFilter {
    /// Where they stand.
    pub status: Option<AlertStatus>,
    /// What they are about.
    pub kind: Option<AlertKind>,
    /// Which app they are about.
    pub app: Option<AppId>,
}

/// The headline counters of a user's alerts, whatever the filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, QueryableByName)]
pub struct AlertStats {
    /// Those nobody has seen to.
    #[diesel(sql_type = BigInt)]
    pub active: i64,
    /// Those somebody is at.
    #[diesel(sql_type = BigInt)]
    pub acknowledged: i64,
    /// Those whose cause is gone.
    #[diesel(sql_type = BigInt)]
    pub resolved: i64,
}

/// A page of alerts with the counters over all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertPage {
    /// Newest first.
    pub alerts: Vec<Alert>,
    /// The counters.
    pub stats: AlertStats,
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Bool)]
    moved: bool,
    #[diesel(embed)]
    alert: Alert,
}

impl Alerts<'_> {
    /// A user's alerts, filtered, newest first, with the headline counters. One round trip: two statements, sent together.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListAlerts")]
    pub async fn list(self, user: UserId, filter: AlertFilter, page: Page<AlertId>) -> Result<AlertPage> {
        let of_user = Alert::query()
            .filter(alerts::user_id.eq(user))
            .filter(alerts::id.lt(page.before_or(AlertId::new(i64::MAX))))
            .order(alerts::id.desc())
            .limit(page.limit());
        let status = |status| alerts::status.eq(status);
        let kind = |kind| alerts::kind.eq(kind);
        let app = |app| alerts::app_id.eq(app);
        // A statement of its own for each filter: one for all would read past the index that fits.
        match (filter.status, filter.kind, filter.app) {
            (None, None, None) => self.page(user, of_user).await,
            (Some(s), None, None) => self.page(user, of_user.filter(status(s))).await,
            (None, Some(k), None) => self.page(user, of_user.filter(kind(k))).await,
            (None, None, Some(a)) => self.page(user, of_user.filter(app(a))).await,
            (Some(s), Some(k), None) => self.page(user, of_user.filter(status(s)).filter(kind(k))).await,
            (Some(s), None, Some(a)) => self.page(user, of_user.filter(status(s)).filter(app(a))).await,
            (None, Some(k), Some(a)) => self.page(user, of_user.filter(kind(k)).filter(app(a))).await,
            (Some(s), Some(k), Some(a)) => {
                self.page(user, of_user.filter(status(s)).filter(kind(k)).filter(app(a))).await
            }
        }
    }

    async fn page(self, user: UserId, alerts: impl Statement<Alert> + Send) -> Result<AlertPage> {
        let stats = sql!("alerts/stats.sql").bind(user);
        let (alerts, stats) = self.executor.read_both("alerts.list", alerts, stats).await?;
        let stats = stats.first().ok_or_else(|| Error::bug("alerts.list", "no counters"))?;
        Ok(AlertPage { alerts: alerts.all(), stats })
    }

    /// The open alert of a source, active or acknowledged. A source has at most one. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "FindActiveAlertBySource")]
    pub async fn find_active(
        self,
        user: UserId,
        source_type: &str,
        source_id: &str,
    ) -> Result<Option<Alert>> {
        if !(text::storable(source_type) && text::storable(source_id)) {
            return Ok(None);
        }
        let open = Alert::query()
            .filter(alerts::user_id.eq(user))
            .filter(alerts::source_type.eq(source_type))
            .filter(alerts::source_id.eq(source_id))
            .filter(literal::<Bool>("status <> 'resolved'"))
            .limit(1);
        Ok(self.executor.read("alerts.find_active", Class::Key, open).await?.first())
    }

    /// Moves a user's alert on, from active over acknowledged to resolved. Returns it as it is then. Idempotent. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an alert that does not exist or is another user's; [`Conflict::IllegalAlertStep`] for a step
    /// back.
    #[doc(alias = "UpdateAlertStatus")]
    pub async fn update_status(self, id: AlertId, user: UserId, status: AlertStatus) -> Result<Alert> {
        let update = sql!("alerts/update_status.sql").bind(id).bind(user).bind(status);
        let step = self.executor.write("alerts.update_status", NotCached, Repeat::Safe, update).await?;
        let Step { moved, alert } = step.first().ok_or(Error::not_found("alert"))?;
        if moved || alert.status == status {
            Ok(alert)
        } else {
            Err(Conflict::IllegalAlertStep { alert: id, from: alert.status, to: status }.into())
        }
    }
}
