//! When users want to be warned about their apps: one rule per app and kind.

use diesel::dsl::sql as literal;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use wh_schema::rows::{App, AppAlertRule, User};
use wh_schema::schema::{app_alert_rules as rules, apps, users};
use wh_types::{AlertKind, AlertRuleId, AppId, UserId};

use crate::engine::{Affected, Class, Executor, NotCached, Repeat, sql};
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

impl AlertRules<'_> {
    /// Gives an app the rules that it lacks of every kind, enabled: CPU and memory over 90 % for 5
    /// minutes, disk and bandwidth over 90 % for 15, the others at once. Rules that are there stay as they are. Safe to
    /// send again. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app that does not exist, is deleted or is another user's.
    #[doc(alias = "EnsureAppAlertRules")]
    pub async fn ensure(self, app: AppId, user: UserId) -> Result<()> {
        let ensure = sql!("alert_rules/ensure.sql")
            .bind(app)
            .bind(user)
            .bind(DEFAULTS.map(|(kind, ..)| kind).to_vec())
            .bind(DEFAULTS.map(|(_, threshold, _)| threshold).to_vec())
            .bind(DEFAULTS.map(|(.., minutes)| minutes).to_vec());
        let found =
            self.executor.write("alert_rules.ensure", NotCached, Repeat::Safe, Affected(ensure)).await?;
        if found.count() == 0 { Err(Error::not_found("app")) } else { Ok(()) }
    }

    /// The rules of an app, at most one of each kind, in the order they were made. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListAppAlertRules")]
    pub async fn list(self, app: AppId) -> Result<Vec<AppAlertRule>> {
        let of_app = AppAlertRule::query().filter(rules::app_id.eq(app)).order(rules::id);
        Ok(self.executor.read("alert_rules.list", Class::Page, of_app).await?.all())
    }

    /// Sets the rule of a kind for an app. Safe to send again. One round trip.
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
        let upsert = sql!("alert_rules/upsert.sql")
            .bind(rule.app)
            .bind(rule.user)
            .bind(rule.kind)
            .bind(i32::from(rule.threshold))
            .bind(i32::from(rule.sustain_minutes))
            .bind(rule.enabled);
        let rows = self.executor.write("alert_rules.upsert", NotCached, Repeat::Safe, upsert).await?;
        rows.first().ok_or(Error::not_found("app"))
    }

    /// The rules that fire, of all apps, newest first. One round trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListEnabledAlertRules")]
    pub async fn list_enabled(self, page: Page<AlertRuleId>) -> Result<Vec<AppAlertRule>> {
        let enabled = AppAlertRule::query()
            .filter(rules::enabled)
            .filter(rules::id.lt(page.before_or(AlertRuleId::new(i64::MAX))))
            .order(rules::id.desc())
            .limit(page.limit());
        Ok(self.executor.read("alert_rules.list_enabled", Class::Page, enabled).await?.all())
    }

    /// The running apps with their owners, newest first: what the rules are held against. One round
    /// trip.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    #[doc(alias = "ListAppsForRules")]
    pub async fn list_apps(self, page: Page<AppId>) -> Result<Vec<(App, User)>> {
        let running = apps::table
            .inner_join(users::table)
            .filter(literal::<Bool>("apps.status = 'running'"))
            .filter(apps::id.lt(page.before_or(AppId::new(i64::MAX))))
            .order(apps::id.desc())
            .limit(page.limit())
            .select((App::as_select(), User::as_select()));
        Ok(self.executor.read("alert_rules.list_apps", Class::Page, running).await?.all())
    }
}
