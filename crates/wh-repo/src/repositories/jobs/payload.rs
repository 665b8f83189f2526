//! What a job tells its worker, made of the app's row, its environment and its Git token.

use std::collections::BTreeMap;

use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Nullable, Text};
use secrecy::SecretString;
use wh_schema::rows::App;
use wh_types::{AppId, AppName, Ciphertext, DeployPayload, DeploymentId, EnvKey, JobId, ResourceLimits};

use crate::engine::{Executor, NotCached, Repeat, Rows, sql};
use crate::error::{Error, Result};
use crate::secrets::Place;

/// What a new job needs.
#[derive(Clone, Copy)]
pub(super) struct Needs {
    /// The id of a deployment.
    pub(super) deployment: bool,
    /// The environment and the Git token.
    pub(super) secrets: bool,
}

impl Needs {
    /// For a job about a container that is there.
    pub(super) const NOTHING: Self = Self { deployment: false, secrets: false };
}

/// An app, deleted or not, and the ids of the rows to come.
#[derive(QueryableByName)]
pub(super) struct Prepared {
    #[diesel(sql_type = BigInt)]
    pub(super) job_id: JobId,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) deployment_id: Option<DeploymentId>,
    #[diesel(sql_type = Array<Text>)]
    env_keys: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    env_values: Vec<Ciphertext>,
    #[diesel(sql_type = Nullable<Text>)]
    git_token: Option<Ciphertext>,
    #[diesel(embed)]
    pub(super) app: App,
}

impl Prepared {
    /// Reads an app, and draws ids: a payload is bound to its row before that exists.
    pub(super) async fn of(
        executor: Executor<'_>,
        operation: &'static str,
        app: AppId,
        needs: Needs,
    ) -> Result<Self> {
        let prepare = sql!("prepare.sql").bind(app).bind(needs.deployment).bind(needs.secrets);
        let prepared: Rows<Self> = executor.write(operation, NotCached, Repeat::Safe, prepare).await?;
        prepared.first().ok_or(Error::not_found("app"))
    }

    /// What builds and runs this commit of the app.
    pub(super) fn deploy(&self, executor: Executor<'_>, commit_sha: &str) -> Result<DeployPayload> {
        let app = &self.app;
        let token = self
            .git_token
            .as_ref()
            .map(|sealed| executor.inner().open(&Place::git_token(app.user_id, app.git_provider), sealed));
        Ok(DeployPayload {
            commit_sha: commit_sha.to_owned(),
            env: self.env(executor)?,
            git_token: token.transpose()?,
            ..self.container("")
        })
    }

    /// What is said about a container that is there: no environment, no token.
    pub(super) fn container(&self, container: &str) -> DeployPayload {
        let app = &self.app;
        DeployPayload {
            app_uuid: app.uuid,
            app_name: AppName::from_stored(app.name.clone()),
            git_provider: Some(app.git_provider),
            repo_url: app.repo_url.clone(),
            branch: app.branch.clone(),
            commit_sha: app.commit_sha.clone(),
            root_dir: app.root_dir.clone(),
            build_command: app.build_command.clone(),
            start_command: app.start_command.clone(),
            port: u16::try_from(app.container_port).unwrap_or_default(),
            env: BTreeMap::new(),
            git_token: None,
            limits: ResourceLimits {
                cpu_milli: whole(app.cpu_limit),
                memory_mib: whole(app.memory_limit_mib),
                disk_mib: whole(app.disk_limit_mib),
                pids: whole(app.pids_limit),
                bandwidth_kbit: whole(app.bandwidth_limit),
            },
            container_id: container.to_owned(),
        }
    }

    fn env(&self, executor: Executor<'_>) -> Result<BTreeMap<EnvKey, SecretString>> {
        let variable = |(key, sealed): (&String, &Ciphertext)| {
            let place = Place::env_var(self.app.id, key);
            let value = executor.inner().open(&place, sealed)?;
            let key = EnvKey::parse(key).map_err(|invalid| place.corrupt(&invalid))?;
            Ok((key, value))
        };
        self.env_keys.iter().zip(&self.env_values).map(variable).collect()
    }
}

/// A limit of a row, whose CHECK rules out less than 0.
fn whole(limit: i32) -> u32 {
    u32::try_from(limit).unwrap_or_default()
}
