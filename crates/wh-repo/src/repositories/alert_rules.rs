//! When users want to be warned about their apps: one rule per app and kind.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Text};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_schema::rows::{App, AppAlertRule, User};
use wh_schema::schema::{app_alert_rules as rules, apps, users};
use wh_types::{AlertKind, AlertRuleId, AppId, UserId};

use crate::engine::Executor;
use crate::engine::prepared;
use crate::error::{Error, Result};
use crate::page::Page;

/// Operations on alert rules; made by [`Database::alert_rules`](crate::Database::alert_rules) and
/// [`Tx::alert_rules`](crate::Tx::alert_rules).
#[derive(Clone, Copy)]
pub struct AlertRules<'a> {
    pub(crate) executor: Executor<'a>,
}

/// When to warn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewAlertRule {
    /// The app.
    pub app: AppId,
    /// Its owner.
    pub user: UserId,
    /// What is watched.
    pub kind: AlertKind,
    /// Percent of the limit, at most 100; 0 for the kinds that fire at once.
    pub threshold: u8,
    /// How long the value stays over the threshold before it fires, at most 1440.
    pub sustain_minutes: u16,
    /// Whether it fires at all.
    pub enabled: bool,
}

/// Kind, threshold in percent, minutes: the rules of an app whose owner has set none.
const DEFAULTS: [(AlertKind, i32, i32); 7] = [
    (AlertKind::Cpu, 90, 5),
    (AlertKind::Memory, 90, 5),
    (AlertKind::Disk, 90, 15),
    (AlertKind::Bandwidth, 90, 15),
    (AlertKind::Offline, 0, 0),
    (AlertKind::Crashloop, 0, 0),
    (AlertKind::DeploymentFailed, 0, 0),
];

const ENSURE: &str = "\
WITH app AS (SELECT id, user_id FROM apps WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL), \
made AS (INSERT INTO app_alert_rules (app_id, user_id, kind, threshold, sustain_minutes) \
    SELECT app.id, app.user_id, new.kind, new.threshold, new.minutes \
    FROM app, unnest($3, $4, $5) AS new (kind, threshold, minutes) ON CONFLICT DO NOTHING) \
SELECT id FROM app";

const UPSERT: &str = "\
INSERT INTO app_alert_rules (app_id, user_id, kind, threshold, sustain_minutes, enabled) \
SELECT id, user_id, $3, $4, $5, $6 FROM apps WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL \
ON CONFLICT (app_id, kind) DO UPDATE SET threshold = excluded.threshold, sustain_minutes = excluded.sustain_minutes, \
    enabled = excluded.enabled, updated_at = wh_now() RETURNING *";

impl AlertRules<'_> {
    /// Gives an app the rules that it lacks of every kind, enabled (`EnsureAppAlertRules`): CPU and memory over 90 % for 5
    /// minutes, disk and bandwidth over 90 % for 15, the others at once. Rules that are there stay as they are. Safe to
    /// send again. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app that does not exist, is deleted or is another user's.
    #[doc(alias = "EnsureAppAlertRules")]
    pub async fn ensure(self, app: AppId, user: UserId) -> Result<()> {
        let found = self
            .executor
            .run("alert_rules.ensure", |mut conn| {
                prepared(
                    sql_query(ENSURE)
                        .bind::<BigInt, _>(app)
                        .bind::<BigInt, _>(user)
                        .bind::<Array<Text>, _>(DEFAULTS.map(|(kind, ..)| kind).to_vec())
                        .bind::<Array<Integer>, _>(DEFAULTS.map(|(_, threshold, _)| threshold).to_vec())
                        .bind::<Array<Integer>, _>(DEFAULTS.map(|(.., minutes)| minutes).to_vec()),
                )
                .execute(&mut conn)
                .boxed()
            })
            .await?;
        if found == 0 { Err(Error::not_found("app")) } else { Ok(()) }
    }

    /// The rules of an app, at most one of each kind, in the order they were made (`ListAppAlertRules`). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListAppAlertRules")]
    pub async fn list(self, app: AppId) -> Result<Vec<AppAlertRule>> {
        self.executor
            .run("alert_rules.list", |mut conn| {
                AppAlertRule::query().filter(rules::app_id.eq(app)).order(rules::id).load(&mut conn).boxed()
            })
            .await
    }

    /// Sets the rule of a kind for an app (`UpsertAppAlertRule`). Safe to send again. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app that does not exist, is deleted or is another user's; [`Error::Invalid`] where a number
    /// is out of bounds.
    #[doc(alias = "UpsertAppAlertRule")]
    pub async fn upsert(self, rule: &NewAlertRule) -> Result<AppAlertRule> {
        if rule.threshold > 100 {
            let problem = format!("{} is no percentage: 0 to 100 are allowed", rule.threshold);
            return Err(Error::invalid("threshold", problem));
        }
        if rule.sustain_minutes > 1440 {
            let problem = format!("it is {}: 0 to 1440 are allowed, which is a day", rule.sustain_minutes);
            return Err(Error::invalid("sustain_minutes", problem));
        }
        self.executor
            .find("alert_rules.upsert", |mut conn| {
                prepared(
                    sql_query(UPSERT)
                        .bind::<BigInt, _>(rule.app)
                        .bind::<BigInt, _>(rule.user)
                        .bind::<Text, _>(rule.kind)
                        .bind::<Integer, _>(i32::from(rule.threshold))
                        .bind::<Integer, _>(i32::from(rule.sustain_minutes))
                        .bind::<Bool, _>(rule.enabled),
                )
                .get_result(&mut conn)
                .boxed()
            })
            .await?
            .ok_or(Error::not_found("app"))
    }

    /// The rules that fire, of all apps, newest first (`ListEnabledAlertRules`). One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListEnabledAlertRules")]
    pub async fn list_enabled(self, page: Page<AlertRuleId>) -> Result<Vec<AppAlertRule>> {
        self.executor
            .run("alert_rules.list_enabled", |mut conn| {
                prepared(
                    AppAlertRule::query()
                        .filter(sql::<Bool>("enabled"))
                        .filter(rules::id.lt(page.before_or(AlertRuleId::new(i64::MAX))))
                        .order(rules::id.desc())
                        .limit(page.limit()),
                )
                .load(&mut conn)
                .boxed()
            })
            .await
    }

    /// The running apps with their owners, newest first: what the rules are held against (`ListAppsForRules`). One round
    /// trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListAppsForRules")]
    pub async fn list_apps(self, page: Page<AppId>) -> Result<Vec<(App, User)>> {
        self.executor
            .run("alert_rules.list_apps", |mut conn| {
                prepared(
                    apps::table
                        .inner_join(users::table)
                        .filter(sql::<Bool>("apps.status = 'running'"))
                        .filter(apps::id.lt(page.before_or(AppId::new(i64::MAX))))
                        .order(apps::id.desc())
                        .limit(page.limit())
                        .select((App::as_select(), User::as_select())),
                )
                .load(&mut conn)
                .boxed()
            })
            .await
    }
}
