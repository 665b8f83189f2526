//! Raising an alert, and taking it back when its cause is gone.

use diesel::prelude::*;
use diesel::sql_types::Bool;
use wh_schema::rows::Alert;
use wh_schema::schema::users;
use wh_types::{AlertKind, AlertSeverity, AppId, UserId};

use super::Alerts;
use crate::engine::{Affected, Class, NotCached, Repeat, Sql, sql};
use crate::error::{Error, Result};
use crate::text::{check, cut, storable};

/// Something to warn a user of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAlert {
    /// Who is warned.
    pub user: UserId,
    /// The app it is about, which must be this user's; `None` for one about the account.
    pub app: Option<AppId>,
    /// What it is about.
    pub kind: AlertKind,
    /// How much it matters.
    pub severity: AlertSeverity,
    /// One line, 1 to 255 characters.
    pub title: String,
    /// The rest, of which 4096 characters are kept.
    pub message: String,
    /// What raised it, such as a rule or a worker, 1 to 64 characters.
    pub source_type: String,
    /// Which one of those, 1 to 255 characters.
    pub source_id: String,
}

/// What [`Alerts::create`] made, or had made before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedAlert {
    /// The open alert of the source.
    pub alert: Alert,
    /// Whether this call raised it.
    pub fresh: bool,
}

#[derive(QueryableByName)]
struct Outcome {
    #[diesel(sql_type = Bool)]
    fresh: bool,
    #[diesel(embed)]
    alert: Alert,
}

impl Alerts<'_> {
    /// Raises an alert, or returns the one that is open (active or acknowledged) for the same source. So it can be called at
    /// every poll.
    ///
    /// Sent again after a lost answer it raises nothing more, and answers `fresh: false`. One round trip; more if it is refused
    /// or if two callers meet.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a user who does not exist, or an app that does not or is another user's; [`Error::Invalid`]
    /// where a field is out of bounds.
    #[doc(alias = "CreateAlert")]
    pub async fn create(self, new: &NewAlert) -> Result<CreatedAlert> {
        check("title", &new.title, 1, 255)?;
        check("source_type", &new.source_type, 1, 64)?;
        check("source_id", &new.source_id, 1, 255)?;
        let message = cut(&new.message, 4096);
        if let Some(created) = self.try_create(sql!("create.sql"), new, &message).await? {
            return Ok(created);
        }
        // The same alert was being raised, or resolved, over another connection.
        if let Some(created) = self.try_create(sql!("create_or_lock.sql"), new, &message).await? {
            return Ok(created);
        }
        let owner = users::table.find(new.user).select(users::id);
        let owner = self.executor.read::<UserId>("alerts.create", Class::Key, owner).await?.first();
        Err(Error::not_found(if owner.is_none() { "user" } else { "app" }))
    }

    async fn try_create<Id: 'static>(
        self,
        statement: Sql<Id>,
        new: &NewAlert,
        message: &str,
    ) -> Result<Option<CreatedAlert>> {
        let create = statement
            .bind(new.user)
            .bind(new.app)
            .bind(new.kind)
            .bind(new.severity)
            .bind(&new.title)
            .bind(message)
            .bind(&new.source_type)
            .bind(&new.source_id);
        let outcome = self.executor.write("alerts.create", NotCached, Repeat::Never, create).await?;
        Ok(outcome.first().map(|Outcome { fresh, alert }| CreatedAlert { alert, fresh }))
    }

    /// Resolves what a source has raised and is open, and returns how many that were. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`]. Sent again after one that is in doubt, it does not count what the first call resolved.
    #[doc(alias = "ResolveAlertsBySource")]
    pub async fn resolve_by_source(self, user: UserId, source_type: &str, source_id: &str) -> Result<usize> {
        if !(storable(source_type) && storable(source_id)) {
            return Ok(0);
        }
        let resolve = sql!("resolve_by_source.sql").bind(user).bind(source_type).bind(source_id);
        let resolved = self
            .executor
            .write("alerts.resolve_by_source", NotCached, Repeat::Never, Affected(resolve))
            .await?;
        Ok(resolved.count())
    }
}
