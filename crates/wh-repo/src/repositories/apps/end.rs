//! Apps that end: deleted by their user, or stopped by the platform.

use diesel::QueryableByName;
use diesel::sql_types::Bool;
use wh_types::AppId;

use super::{Apps, present};
use crate::cache::{AppKeys, Changed, Changes};
use crate::engine::{About, Repeat, Rows, Twice, sql};
use crate::error::{Error, Result};
use crate::text::cut;

/// An app, and whether a violation of it was cleared.
#[derive(QueryableByName)]
struct Cleared {
    #[diesel(embed)]
    keys: AppKeys,
    #[diesel(sql_type = Bool)]
    fresh: bool,
}

impl Changes for Cleared {
    fn changes(&self, into: &mut Vec<Changed>) {
        self.keys.changes(into);
    }
}

impl Apps<'_> {
    /// Records that an app is deleted: its row stays, its name and subdomain are free again, it has no container any more.
    /// Its environment, domains and alert rules are deleted. Jobs stay; [`hard_delete`](Self::hard_delete) cancels them.
    /// Idempotent. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) for an app that never was.
    #[doc(alias = "MarkAppDeleted")]
    pub async fn mark_deleted(self, id: AppId) -> Result<()> {
        let delete = sql!("mark_deleted.sql").bind(id);
        let keys: Rows<AppKeys> =
            self.executor.write("apps.mark_deleted", About::App(id), Repeat::Safe, delete).await?;
        present(keys)
    }

    /// Deletes an app with all that it would leave behind: as [`mark_deleted`](Self::mark_deleted), and cancels its jobs that
    /// no worker has begun, with their deployments. A job that is being processed goes on; its end changes the app no more.
    /// The row stays, marked as deleted, for the history of deployments. Idempotent. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) for an app that never was.
    #[doc(alias = "HardDeleteApp")]
    pub async fn hard_delete(self, id: AppId) -> Result<()> {
        // The second sees a job that was being made while the first waited for the app.
        let delete = Twice(sql!("hard_delete.sql").bind(id));
        let keys: Rows<AppKeys> =
            self.executor.write("apps.hard_delete", About::App(id), Repeat::Safe, delete).await?;
        present(keys)
    }

    /// Records that the platform stopped an app for breaking a limit or a rule, with the reason, of which 4096 characters are
    /// kept. The app is not routed, cannot be started or deployed, and no report or job but its deletion changes that until
    /// [`clear_violation`](Self::clear_violation). Idempotent. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) for an app that does not exist or is deleted.
    #[doc(alias = "MarkAppViolated")]
    pub async fn mark_violated(self, id: AppId, reason: &str) -> Result<()> {
        let violated = sql!("mark_violated.sql").bind(id).bind(cut(reason, 4096));
        let keys: Rows<AppKeys> =
            self.executor.write("apps.mark_violated", About::App(id), Repeat::Safe, violated).await?;
        present(keys)
    }

    /// Lets an app go on that was stopped for a violation: it is `stopped`, and may be started. For operators. Says whether
    /// this call cleared one. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app that does not exist or is deleted; [`Error::Unavailable`]. Sent again after one that is
    /// in doubt, it answers `false` about the first call's work.
    pub async fn clear_violation(self, id: AppId) -> Result<bool> {
        let clear = sql!("clear_violation.sql").bind(id);
        let cleared: Rows<Cleared> =
            self.executor.write("apps.clear_violation", About::App(id), Repeat::Never, clear).await?;
        cleared.first().map(|cleared| cleared.fresh).ok_or(Error::not_found("app"))
    }
}
