//! What users are warned of. A source has at most one active alert.

mod raise;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use futures_util::future::try_join;
use wh_schema::rows::Alert;
use wh_schema::schema::alerts;
use wh_types::{AlertId, AlertKind, AlertStatus, AppId, UserId};

pub use self::raise::{CreatedAlert, NewAlert};
use crate::engine::Executor;
use crate::engine::prepared;
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

const STATS: &str = "\
SELECT count(*) FILTER (WHERE status = 'active') AS active, \
    count(*) FILTER (WHERE status = 'acknowledged') AS acknowledged, \
    count(*) FILTER (WHERE status = 'resolved') AS resolved \
FROM alerts WHERE user_id = $1";

const UPDATE_STATUS: &str = "\
WITH found AS MATERIALIZED (SELECT * FROM alerts WHERE id = $1 AND user_id = $2 FOR UPDATE), \
moved AS (UPDATE alerts SET status = $3, updated_at = wh_now(), \
        resolved_at = CASE WHEN $3 = 'resolved' THEN wh_now() END FROM found \
    WHERE alerts.id = found.id AND (found.status = 'active' AND $3 IN ('acknowledged', 'resolved') \
        OR found.status = 'acknowledged' AND $3 = 'resolved') RETURNING alerts.*) \
SELECT true AS moved, moved.* FROM moved \
UNION ALL SELECT false, found.* FROM found WHERE NOT EXISTS (SELECT FROM moved)";

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Bool)]
    moved: bool,
    #[diesel(embed)]
    alert: Alert,
}

impl Alerts<'_> {
    /// A user's alerts, filtered, newest first, with the headline counters (`ListAlerts`). One round trip: two statements,
    /// sent together.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListAlerts")]
    pub async fn list(self, user: UserId, filter: AlertFilter, page: Page<AlertId>) -> Result<AlertPage> {
        let (alerts, stats) = self
            .executor
            .run("alerts.list", |conn| {
                let (mut list_conn, mut stats_conn) = (conn, conn);
                let mut query = Alert::query()
                    .filter(alerts::user_id.eq(user))
                    .filter(alerts::id.lt(page.before_or(AlertId::new(i64::MAX))))
                    .order(alerts::id.desc())
                    .limit(page.limit())
                    .into_boxed();
                if let Some(status) = filter.status {
                    query = query.filter(alerts::status.eq(status));
                }
                if let Some(kind) = filter.kind {
                    query = query.filter(alerts::kind.eq(kind));
                }
                if let Some(app) = filter.app {
                    query = query.filter(alerts::app_id.eq(app));
                }
                let list = query.load(&mut list_conn);
                let stats = prepared(sql_query(STATS).bind::<BigInt, _>(user)).get_result(&mut stats_conn);
                try_join(list, stats).boxed()
            })
            .await?;
        Ok(AlertPage { alerts, stats })
    }

    /// The active alert of a source, of which there is at most one (`FindActiveAlertBySource`). One round trip.
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
        self.executor
            .find("alerts.find_active", |mut conn| {
                prepared(
                    Alert::query()
                        .filter(alerts::user_id.eq(user))
                        .filter(alerts::source_type.eq(source_type))
                        .filter(alerts::source_id.eq(source_id))
                        .filter(sql::<Bool>("status = 'active'"))
                        .limit(1),
                )
                .get_result(&mut conn)
                .boxed()
            })
            .await
    }

    /// Moves a user's alert on, from active over acknowledged to resolved, and gives it as it is then (`UpdateAlertStatus`).
    /// The same status again changes nothing. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an alert that does not exist or is another user's; [`Conflict::IllegalAlertStep`] for a step
    /// back.
    #[doc(alias = "UpdateAlertStatus")]
    pub async fn update_status(self, id: AlertId, user: UserId, status: AlertStatus) -> Result<Alert> {
        let step: Option<Step> = self
            .executor
            .find("alerts.update_status", |mut conn| {
                prepared(
                    sql_query(UPDATE_STATUS)
                        .bind::<BigInt, _>(id)
                        .bind::<BigInt, _>(user)
                        .bind::<Text, _>(status),
                )
                .get_result(&mut conn)
                .boxed()
            })
            .await?;
        let Step { moved, alert } = step.ok_or(Error::not_found("alert"))?;
        if moved || alert.status == status {
            Ok(alert)
        } else {
            Err(Conflict::IllegalAlertStep { alert: id, from: alert.status, to: status }.into())
        }
    }
}
