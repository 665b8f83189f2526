//! What may change about an app between its deployments.

use std::fmt;

use diesel::prelude::*;
use wh_schema::rows::App;
use wh_schema::schema::{apps, users};
use wh_types::{AppId, GitProvider, ResourceLimits, check_repo_url, without_credentials};

use super::{Apps, present};
use crate::cache::AppKeys;
use crate::engine::{About, Class, Repeat, Rows, sql};
use crate::error::{Denied, Error, Result};
use crate::text::check;
use crate::time::now;

/// What [`Apps::update_spec`] changes; `None` leaves it as it is. The next deployment builds and runs by it.
///
/// `Debug` shows no secret, not even one in a URL that is going to be refused.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AppChanges {
    /// Which host has the repository.
    pub git_provider: Option<GitProvider>,
    /// What to clone, 1 to 2048 characters, without password or token.
    pub repo_url: Option<String>,
    /// What to check out, 1 to 255 characters.
    pub branch: Option<String>,
    /// The folder of the app inside the repository, at most 1024 characters; empty for its top.
    pub root_dir: Option<String>,
    /// How to build, at most 8192 characters; empty where the worker finds out.
    pub build_command: Option<String>,
    /// How to start, at most 8192 characters; empty where the worker finds out.
    pub start_command: Option<String>,
    /// The port that the app listens on inside its container; 0 is unknown, and then the app cannot be redeployed.
    pub container_port: Option<u16>,
    /// What the container may use, within the owner's plan.
    pub limits: Option<ResourceLimits>,
}

impl fmt::Debug for AppChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppChanges")
            .field("git_provider", &self.git_provider)
            .field("repo_url", &self.repo_url.as_deref().map(without_credentials))
            .field("branch", &self.branch)
            .field("root_dir", &self.root_dir)
            .field("container_port", &self.container_port)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
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
        if let Some(url) = &self.repo_url {
            check_repo_url(url)?;
        }
        Ok(())
    }
}

impl Apps<'_> {
    /// Changes what the next deployment of an app builds and runs by, and gives the app as it is then.
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
        let update = sql!("update_spec.sql")
            .bind(id)
            .bind(changes.git_provider)
            .bind(&changes.repo_url)
            .bind(&changes.branch)
            .bind(&changes.root_dir)
            .bind(&changes.build_command)
            .bind(&changes.start_command)
            .bind(cpu)
            .bind(memory)
            .bind(disk)
            .bind(bandwidth)
            .bind(pids)
            .bind(changes.container_port.map(i32::from));
        let updated: Rows<App> =
            self.executor.write("apps.update_spec", About::App(id), Repeat::Safe, update).await?;
        updated.first().ok_or(Error::not_found("app"))
    }

    async fn check_plan(self, id: AppId, limits: &ResourceLimits) -> Result<()> {
        let plan = apps::table
            .inner_join(users::table)
            .filter(apps::id.eq(id))
            .filter(apps::deleted_at.is_null())
            .select(users::plan);
        let plan: Option<String> = self.executor.read("apps.update_spec", Class::Key, plan).await?.first();
        let plan = self.executor.inner().plans.for_id(&plan.ok_or(Error::not_found("app"))?);
        plan.check(limits).map_err(|over| Denied::OverPlan(over).into())
    }

    /// Keeps the id of the hook at the app's Git provider, 1 to 128 characters, or forgets it. Idempotent. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app that does not exist or is deleted; [`Error::Invalid`].
    #[doc(alias = "SetAppWebhookID")]
    pub async fn set_webhook_id(self, id: AppId, hook: Option<&str>) -> Result<()> {
        hook.map_or(Ok(()), |hook| check("webhook_id", hook, 1, 128))?;
        let set = diesel::update(apps::table.find(id).filter(apps::deleted_at.is_null()))
            .set((apps::webhook_id.eq(hook), apps::updated_at.eq(now())))
            .returning(AppKeys::as_returning());
        let keys: Rows<AppKeys> =
            self.executor.write("apps.set_webhook_id", About::App(id), Repeat::Safe, set).await?;
        present(keys)
    }

    /// Says whether a push to the branch deploys an app. Idempotent. One round trip.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an app that does not exist or is deleted.
    #[doc(alias = "SetAppAutoDeploy")]
    pub async fn set_auto_deploy(self, id: AppId, enabled: bool) -> Result<()> {
        let set = diesel::update(apps::table.find(id).filter(apps::deleted_at.is_null()))
            .set((apps::auto_deploy.eq(enabled), apps::updated_at.eq(now())))
            .returning(AppKeys::as_returning());
        let keys: Rows<AppKeys> =
            self.executor.write("apps.set_auto_deploy", About::App(id), Repeat::Safe, set).await?;
        present(keys)
    }
}
