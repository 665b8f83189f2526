//! What workers report of their containers by themselves.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;
use wh_types::{AppId, AppStatus, AppStatusReport, UserId, WorkerId};

use super::Apps;
use crate::cache::{AppKeys, Changed, Changes};
use crate::engine::{About, Class, Repeat, Rows, sql};
use crate::error::{Error, Result};
use crate::time;

/// What came of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportedApps {
    /// Apps whose row changed.
    pub changed: Vec<AppId>,
    /// Containers that the worker must remove.
    pub remove: Vec<StrayContainer>,
}

/// A container that no app is in: its app is deleted, or has its container elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrayContainer {
    /// The app that it was reported for.
    pub app_uuid: Uuid,
    /// The container.
    pub container_id: String,
}

#[derive(QueryableByName)]
struct Outcome {
    #[diesel(sql_type = Nullable<BigInt>)]
    changed_app: Option<AppId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    app_owner: Option<UserId>,
    #[diesel(sql_type = Nullable<Text>)]
    app_name: Option<String>,
    #[diesel(sql_type = Bool)]
    reported: bool,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    stray_uuid: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    stray_container: Option<String>,
}

impl Changes for Outcome {
    fn changes(&self, into: &mut Vec<Changed>) {
        if let (Some(id), Some(user_id), Some(name)) =
            (self.changed_app, self.app_owner, self.app_name.clone())
        {
            into.push(Changed::App(AppKeys { id, user_id, name }));
        }
    }
}

#[derive(QueryableByName)]
struct Now {
    #[diesel(sql_type = Timestamptz)]
    now: DateTime<Utc>,
}

impl Apps<'_> {
    /// Most reports of one call of [`report`](Self::report).
    pub const MAX_REPORTS: usize = 10_000;

    /// The time of the database, to be sent with the request for a [`report`](Self::report). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn now(self) -> Result<DateTime<Utc>> {
        let now: Rows<Now> = self.executor.read("apps.now", Class::Key, sql!("now.sql")).await?;
        now.first().map(|row| row.now).ok_or_else(|| Error::bug("apps.now", "there is no time"))
    }

    /// Records which containers of a worker run and which stopped. Only apps of this worker that are `running` or `stopped`
    /// change; an app with an unfinished job goes back to the reported status if the job fails. Apps that changed after
    /// `as_of`, when the worker was asked ([`now`](Self::now)), are left: the report is older. Idempotent. One round trip for
    /// all.
    ///
    /// Answers with the containers that belong to no app of this worker any more.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a status other than `running` and `stopped`, a container id that is too long, or more than
    /// [`MAX_REPORTS`](Self::MAX_REPORTS) reports.
    pub async fn report(
        self,
        worker: WorkerId,
        as_of: DateTime<Utc>,
        reports: &[AppStatusReport],
    ) -> Result<ReportedApps> {
        check(reports)?;
        time::check("as_of", as_of)?;
        if reports.is_empty() {
            return Ok(ReportedApps::default());
        }
        let report = sql!("report.sql")
            .bind(worker)
            .bind(as_of)
            .bind(reports.iter().map(|report| report.app_uuid).collect::<Vec<_>>())
            .bind(reports.iter().map(|report| report.status).collect::<Vec<_>>())
            .bind(reports.iter().map(|report| report.container_id.as_str()).collect::<Vec<_>>())
            .bind(reports.iter().map(|report| i32::from(report.port)).collect::<Vec<_>>());
        let rows: Rows<Outcome> =
            self.executor.write("apps.report", About::AppsOf(worker), Repeat::Safe, report).await?;
        let mut outcome = ReportedApps::default();
        for row in rows.all() {
            outcome.changed.extend(row.changed_app.filter(|_| row.reported));
            let stray = row.stray_uuid.zip(row.stray_container);
            outcome
                .remove
                .extend(stray.map(|(app_uuid, container_id)| StrayContainer { app_uuid, container_id }));
        }
        Ok(outcome)
    }
}

fn check(reports: &[AppStatusReport]) -> Result<()> {
    let most = Apps::MAX_REPORTS;
    if reports.len() > most {
        let problem = format!("{} reports are too many for one call: at most {most}", reports.len());
        return Err(Error::invalid("reports", problem));
    }
    for report in reports {
        report.check()?;
        if !matches!(report.status, AppStatus::Running | AppStatus::Stopped) {
            let problem =
                format!("app {} is reported as {}: running or stopped", report.app_uuid, report.status);
            return Err(Error::invalid("status", problem));
        }
    }
    Ok(())
}
