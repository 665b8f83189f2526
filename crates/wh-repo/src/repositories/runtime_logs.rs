//! What running apps print, kept across restarts of the control plane.

mod escape;
mod line;
mod row;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use wh_schema::rows::RuntimeLogLine;
use wh_types::{AppId, LogStream, WorkerId};

pub use self::line::MAX_LINE_BYTES;
use self::line::clean;
use crate::engine::{Affected, Class, Executor, NotCached, Repeat, sql};
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
    /// Where it was printed; one that does not exist is not recorded.
    pub worker: Option<WorkerId>,
    /// Where it came from.
    pub stream: LogStream,
    /// The line as it was read. It is stored as a terminal would show it.
    pub line: String,
    /// When the worker read it; at most a minute ahead of the database.
    pub logged_at: DateTime<Utc>,
}

impl RuntimeLogs<'_> {
    /// Most lines of one call of [`save`](Self::save).
    pub const MAX_BATCH: usize = 10_000;
    /// Most apps of one call of [`newest`](Self::newest).
    pub const MAX_APPS: usize = 10_000;

    /// Stores lines in the order given, and returns how many. One round trip, whatever their number.
    ///
    /// Of each line the text is kept that a terminal would show (carriage returns, backspaces and escape sequences are carried
    /// out), up to [`MAX_LINE_BYTES`]. Lines of an app that does not exist are left out. A worker that does not exist is left
    /// out of its lines. A time more than a minute ahead of the database is replaced by the database's.
    ///
    /// Not idempotent: lines have no identity, so lines that are sent again after a lost answer are there twice. They are sent
    /// once.
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
        let named_apps = each_once(apps.iter().copied());
        let named_workers = each_once(workers.iter().copied().flatten());
        let save = sql!("runtime_logs/save.sql")
            .bind(apps)
            .bind(workers)
            .bind(streams)
            .bind(texts)
            .bind(times)
            .bind(named_apps)
            .bind(named_workers);
        let saved =
            self.executor.write("runtime_logs.save", NotCached, Repeat::Never, Affected(save)).await?;
        Ok(saved.count())
    }

    /// The newest lines over several apps, oldest first. `limit` counts lines over all apps, with the bounds of [`Page::of`]. At
    /// most that many are read per app, however many exist. An app that is named twice counts once. One round trip.
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
        let newest = sql!("runtime_logs/newest.sql").bind(each_once(apps.iter().copied())).bind(limit);
        let mut lines = self.executor.read("runtime_logs.newest", Class::Long, newest).await?.all();
        lines.reverse();
        Ok(lines)
    }
}

/// The ids without repetition, in order.
fn each_once<K: Ord>(ids: impl Iterator<Item = K>) -> Vec<K> {
    ids.collect::<BTreeSet<_>>().into_iter().collect()
}
