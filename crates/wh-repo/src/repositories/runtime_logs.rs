//! What running apps print, kept across restarts of the control plane.

mod line;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use wh_schema::rows::RuntimeLogLine;
use wh_schema::schema::runtime_logs;
use wh_types::{AppId, LogStream, WorkerId};

pub use self::line::MAX_LINE_BYTES;
use self::line::clean;
use crate::engine::{Affected, Executor, NotCached, Repeat, Rows, sql};
use crate::error::{Error, Result};
use crate::page::Page;
use crate::time;

/// Operations on runtime logs; made by [`Database::runtime_logs`](crate::Database::runtime_logs) and
/// [`Tx::runtime_logs`](crate::Tx::runtime_logs).
#[derive(Clone, Copy)]
pub struct RuntimeLogs<'a> {
    pub(crate) executor: Executor<'a>,
}

/// A line on its way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLogLine {
    /// The app.
    pub app: AppId,
    /// Where it was printed.
    pub worker: Option<WorkerId>,
    /// Where it came from.
    pub stream: LogStream,
    /// The line as it was read; cleaned and cut on the way in.
    pub line: String,
    /// When the worker read it.
    pub logged_at: DateTime<Utc>,
}

impl RuntimeLogs<'_> {
    /// Most lines of one call of [`save`](Self::save).
    pub const MAX_BATCH: usize = 10_000;
    /// Most apps of one call of [`newest`](Self::newest).
    pub const MAX_APPS: usize = 10_000;

    /// Stores lines (`SaveRuntimeLogs`), in the order given, and says how many: lines of an app that does not exist any
    /// more are left out. Each line loses its ANSI sequences and control characters, and what is beyond
    /// [`MAX_LINE_BYTES`]. One round trip, whatever their number.
    ///
    /// Lines have no identity: sent again after a lost answer they are there twice. For that reason they are not sent
    /// again by themselves when the connection breaks.
    ///
    /// # Errors
    /// [`Error::Invalid`] for more than [`MAX_BATCH`](Self::MAX_BATCH) lines, or a time before the first of Postgres.
    #[doc(alias = "SaveRuntimeLogs")]
    pub async fn save(self, lines: &[NewLogLine]) -> Result<usize> {
        if lines.len() > Self::MAX_BATCH {
            let problem =
                format!("{} lines are too many for one call: at most {}", lines.len(), Self::MAX_BATCH);
            return Err(Error::invalid("lines", problem));
        }
        if lines.is_empty() {
            return Ok(0);
        }
        lines.iter().try_for_each(|line| time::check("logged_at", line.logged_at))?;
        let apps: Vec<AppId> = lines.iter().map(|line| line.app).collect();
        let workers: Vec<Option<WorkerId>> = lines.iter().map(|line| line.worker).collect();
        let streams: Vec<LogStream> = lines.iter().map(|line| line.stream).collect();
        let texts: Vec<_> = lines.iter().map(|line| clean(&line.line)).collect();
        let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        let times: Vec<DateTime<Utc>> = lines.iter().map(|line| line.logged_at).collect();
        let named: Vec<AppId> = apps.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let save = sql!("runtime_logs/save.sql")
            .bind(apps)
            .bind(workers)
            .bind(streams)
            .bind(texts)
            .bind(times)
            .bind(named);
        let saved =
            self.executor.write("runtime_logs.save", NotCached, Repeat::Never, Affected(save)).await?;
        Ok(saved.count())
    }

    /// The newest lines over several apps, oldest first (`LoadRuntimeLogsMulti`). `limit` counts lines over all apps, with
    /// the bounds of [`Page::of`]; at most that many are read per app, however many exist. An app that is named twice
    /// counts once. One round trip: one statement per app, sent together.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a negative limit, or more than [`MAX_APPS`](Self::MAX_APPS) apps.
    #[doc(alias = "LoadRuntimeLogsMulti")]
    pub async fn newest(self, apps: &[AppId], limit: i64) -> Result<Vec<RuntimeLogLine>> {
        let limit = Page::<AppId>::of(limit)?.limit();
        if apps.len() > Self::MAX_APPS {
            let problem =
                format!("{} apps are too many for one call: at most {}", apps.len(), Self::MAX_APPS);
            return Err(Error::invalid("apps", problem));
        }
        let mut apps = apps.to_vec();
        apps.sort_unstable();
        apps.dedup();
        let newest = |app: &AppId| {
            RuntimeLogLine::query()
                .filter(runtime_logs::app_id.eq(*app))
                .order((runtime_logs::logged_at.desc(), runtime_logs::id.desc()))
                .limit(limit)
        };
        let per_app: Vec<_> = apps.iter().map(newest).collect();
        let per_app = self.executor.read_all("runtime_logs.newest", &per_app).await?;
        let mut lines: Vec<RuntimeLogLine> = per_app.into_iter().flat_map(Rows::all).collect();
        lines.sort_by_key(|line| Reverse((line.logged_at, line.id)));
        lines.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        lines.reverse();
        Ok(lines)
    }
}
