//! Raising an alert, and taking it back when its cause is gone.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_schema::rows::Alert;
use wh_types::{AlertKind, AlertSeverity, AppId, UserId};

use super::Alerts;
use crate::engine::prepared;
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
    /// The active alert of the source.
    pub alert: Alert,
    /// False where it was active already, which it also is after a lost answer.
    pub fresh: bool,
}

const CREATE: &str = "\
WITH made AS (INSERT INTO alerts (user_id, app_id, kind, severity, title, message, source_type, source_id) \
    SELECT id, $2, $3, $4, $5, $6, $7, $8 FROM users WHERE id = $1 \
        AND ($2 IS NULL OR EXISTS (SELECT FROM apps WHERE id = $2 AND user_id = $1)) \
    ON CONFLICT DO NOTHING RETURNING *) \
SELECT true AS fresh, made.* FROM made \
UNION ALL SELECT false, alerts.* FROM alerts WHERE user_id = $1 AND source_type = $7 AND source_id = $8 \
    AND status = 'active' AND NOT EXISTS (SELECT FROM made)";

/// The same, with an answer in any case: a row that is in the way is locked and read at its newest. It writes one more version
/// of the active alert, which would be too much at every poll.
const CREATE_OR_LOCK: &str = "\
INSERT INTO alerts (user_id, app_id, kind, severity, title, message, source_type, source_id) \
SELECT id, $2, $3, $4, $5, $6, $7, $8 FROM users WHERE id = $1 \
    AND ($2 IS NULL OR EXISTS (SELECT FROM apps WHERE id = $2 AND user_id = $1)) \
ON CONFLICT (user_id, source_type, source_id) WHERE status = 'active' DO UPDATE SET status = alerts.status \
RETURNING xmax = 0 AS fresh, alerts.*";

const OWNER: &str = "SELECT id FROM users WHERE id = $1";

const RESOLVE: &str = "\
UPDATE alerts SET status = 'resolved', resolved_at = wh_now(), updated_at = wh_now() \
WHERE user_id = $1 AND source_type = $2 AND source_id = $3 AND status <> 'resolved'";

#[derive(QueryableByName)]
struct Outcome {
    #[diesel(sql_type = Bool)]
    fresh: bool,
    #[diesel(embed)]
    alert: Alert,
}

impl Alerts<'_> {
    /// Raises an alert, or gives the one that is active for the same source (`CreateAlert`): safe to send again, and to
    /// call at every poll. One round trip; more where it is refused or where two callers meet.
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
        // A second time where the same alert was being raised, or resolved, over another connection.
        for statement in [CREATE, CREATE_OR_LOCK] {
            let outcome: Option<Outcome> = self
                .executor
                .find("alerts.create", |mut conn| {
                    prepared(
                        sql_query(statement)
                            .bind::<BigInt, _>(new.user)
                            .bind::<Nullable<BigInt>, _>(new.app)
                            .bind::<Text, _>(new.kind)
                            .bind::<Text, _>(new.severity)
                            .bind::<Text, _>(&new.title)
                            .bind::<Text, _>(message.as_ref())
                            .bind::<Text, _>(&new.source_type)
                            .bind::<Text, _>(&new.source_id),
                    )
                    .get_result(&mut conn)
                    .boxed()
                })
                .await?;
            if let Some(Outcome { fresh, alert }) = outcome {
                return Ok(CreatedAlert { alert, fresh });
            }
        }
        let owners = self
            .executor
            .run("alerts.create", |mut conn| {
                prepared(sql_query(OWNER).bind::<BigInt, _>(new.user)).execute(&mut conn).boxed()
            })
            .await?;
        Err(Error::not_found(if owners == 0 { "user" } else { "app" }))
    }

    /// Resolves whatever a source has raised and is not resolved, and says how many that were (`ResolveAlertsBySource`).
    /// Safe to send again: after a lost answer it counts what was left to resolve. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ResolveAlertsBySource")]
    pub async fn resolve_by_source(self, user: UserId, source_type: &str, source_id: &str) -> Result<usize> {
        if !(storable(source_type) && storable(source_id)) {
            return Ok(0);
        }
        self.executor
            .run("alerts.resolve_by_source", |mut conn| {
                prepared(
                    sql_query(RESOLVE)
                        .bind::<BigInt, _>(user)
                        .bind::<Text, _>(source_type)
                        .bind::<Text, _>(source_id),
                )
                .execute(&mut conn)
                .boxed()
            })
            .await
    }
}
