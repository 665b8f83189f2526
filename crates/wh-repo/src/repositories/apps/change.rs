//! What may change about an app between its deployments.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use wh_schema::rows::App;
use wh_schema::schema::{apps, users};
use wh_types::{AppId, GitProvider, ResourceLimits};

use super::Apps;
use crate::cache::AppKeys;
use crate::engine::About;
use crate::engine::prepared;
use crate::error::{Denied, Error, Result};
use crate::text::check;
use crate::time::now;

/// What [`Apps::update_spec`] changes; `None` leaves it as it is. The next deployment builds and runs by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppChanges {
    /// Which host has the repository.
    pub git_provider: Option<GitProvider>,
    /// What to clone, 1 to 2048 characters.
    pub repo_url: Option<String>,
    /// What to check out, 1 to 255 characters.
    pub branch: Option<String>,
    /// The folder of the app inside the repository, at most 1024 characters; empty for its top.
    pub root_dir: Option<String>,
    /// How to build, at most 8192 characters; empty where the worker finds out.
    pub build_command: Option<String>,
    /// How to start, at most 8192 characters; empty where the worker finds out.
    pub start_command: Option<String>,
    /// What the container may use, within the owner's plan.
    pub limits: Option<ResourceLimits>,
}

impl AppChanges {
    fn check(&self) -> Result<()> {
        for (field, text, least, most) in [
            ("repo_url", &self.repo_url, 1, 2048),
            ("branch", &self.branch, 1, 255),
            ("root_dir", &self.root_dir, 0, 1024),
            ("build_command", &self.build_command, 0, 8192),
            ("start_command", &self.start_command, 0, 8192),
        ] {
            text.as_ref().map_or(Ok(()), |text| check(field, text, least, most))?;
        }
        Ok(())
    }
}

const UPDATE_SPEC: &str = "\
UPDATE apps SET git_provider = coalesce($2, git_provider), repo_url = coalesce($3, repo_url), \
    branch = coalesce($4, branch), root_dir = coalesce($5, root_dir), build_command = coalesce($6, build_command), \
    start_command = coalesce($7, start_command), cpu_limit = coalesce($8, cpu_limit), \
    memory_limit_mib = coalesce($9, memory_limit_mib), disk_limit_mib = coalesce($10, disk_limit_mib), \
    bandwidth_limit = coalesce($11, bandwidth_limit), pids_limit = coalesce($12, pids_limit), updated_at = wh_now() \
WHERE id = $1 AND deleted_at IS NULL RETURNING *";

impl Apps<'_> {
    /// Changes what the next deployment of an app builds and runs by (`UpdateAppSpec`), and gives the app as it is then.
    /// Name and subdomain stay. Safe to send again. One round trip; one more where limits change, for the owner's plan.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app that does not exist or is deleted; [`Error::Invalid`] where a field is out of bounds;
    /// [`Denied::OverPlan`] for limits beyond the plan.
    #[doc(alias = "UpdateAppSpec")]
    pub async fn update_spec(self, id: AppId, changes: &AppChanges) -> Result<App> {
        changes.check()?;
        let limits = changes.limits.as_ref();
        if let Some(limits) = limits {
            self.check_plan(id, limits).await?;
            limits.check()?;
        }
        let [cpu, memory, disk, bandwidth, pids] = [
            limits.map(|limits| limits.cpu_milli),
            limits.map(|limits| limits.memory_mib),
            limits.map(|limits| limits.disk_mib),
            limits.map(|limits| limits.bandwidth_kbit),
            limits.map(|limits| limits.pids),
        ]
        .map(|limit| limit.map(|limit| i32::try_from(limit).unwrap_or(i32::MAX)));
        self.executor
            .changing(About::App(id))
            .find("apps.update_spec", |mut conn| {
                prepared(
                    sql_query(UPDATE_SPEC)
                        .bind::<BigInt, _>(id)
                        .bind::<Nullable<Text>, _>(changes.git_provider)
                        .bind::<Nullable<Text>, _>(&changes.repo_url)
                        .bind::<Nullable<Text>, _>(&changes.branch)
                        .bind::<Nullable<Text>, _>(&changes.root_dir)
                        .bind::<Nullable<Text>, _>(&changes.build_command)
                        .bind::<Nullable<Text>, _>(&changes.start_command)
                        .bind::<Nullable<Integer>, _>(cpu)
                        .bind::<Nullable<Integer>, _>(memory)
                        .bind::<Nullable<Integer>, _>(disk)
                        .bind::<Nullable<Integer>, _>(bandwidth)
                        .bind::<Nullable<Integer>, _>(pids),
                )
                .get_result(&mut conn)
                .boxed()
            })
            .await?
            .ok_or(Error::not_found("app"))
    }

    async fn check_plan(self, id: AppId, limits: &ResourceLimits) -> Result<()> {
        let plan: Option<String> = self
            .executor
            .find("apps.update_spec", |mut conn| {
                apps::table
                    .inner_join(users::table)
                    .filter(apps::id.eq(id))
                    .filter(apps::deleted_at.is_null())
                    .select(users::plan)
                    .first(&mut conn)
                    .boxed()
            })
            .await?;
        let plan = self.executor.inner().plans.for_id(&plan.ok_or(Error::not_found("app"))?);
        plan.check(limits).map_err(|over| Denied::OverPlan(over).into())
    }

    /// Keeps the id of the hook at the app's Git provider, 1 to 128 characters, or forgets it (`SetAppWebhookID`). Safe to
    /// send again. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app that does not exist or is deleted; [`Error::Invalid`].
    #[doc(alias = "SetAppWebhookID")]
    pub async fn set_webhook_id(self, id: AppId, hook: Option<&str>) -> Result<()> {
        hook.map_or(Ok(()), |hook| check("webhook_id", hook, 1, 128))?;
        self.executor
            .changing(About::App(id))
            .find("apps.set_webhook_id", |mut conn| {
                prepared(
                    diesel::update(apps::table.find(id).filter(apps::deleted_at.is_null()))
                        .set((apps::webhook_id.eq(hook), apps::updated_at.eq(now())))
                        .returning(AppKeys::as_returning()),
                )
                .get_result(&mut conn)
                .boxed()
            })
            .await?
            .map(drop)
            .ok_or(Error::not_found("app"))
    }

    /// Says whether a push to the branch deploys an app (`SetAppAutoDeploy`). Safe to send again. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app that does not exist or is deleted.
    #[doc(alias = "SetAppAutoDeploy")]
    pub async fn set_auto_deploy(self, id: AppId, enabled: bool) -> Result<()> {
        self.executor
            .changing(About::App(id))
            .find("apps.set_auto_deploy", |mut conn| {
                prepared(
                    diesel::update(apps::table.find(id).filter(apps::deleted_at.is_null()))
                        .set((apps::auto_deploy.eq(enabled), apps::updated_at.eq(now())))
                        .returning(AppKeys::as_returning()),
                )
                .get_result(&mut conn)
                .boxed()
            })
            .await?
            .map(drop)
            .ok_or(Error::not_found("app"))
    }
}
