//! What is needed to create an app with its first deployment.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::SecretString;
use uuid::Uuid;
use wh_types::{
    AppName, CommitMetadata, DeployPayload, EnvKey, GitProvider, ResourceLimits, Subdomain, UserId,
    check_repo_url, without_credentials,
};

use crate::error::Result;
use crate::text;

/// Where the code of an app comes from, and how it becomes a container.
///
/// `Debug` shows no secret, not even one in a URL that is going to be refused.
#[derive(Clone)]
pub struct Source {
    /// Which host has the repository.
    pub git_provider: GitProvider,
    /// What to clone, at most 2048 characters, without password or token.
    pub repo_url: String,
    /// What to check out, 1 to 255 characters.
    pub branch: String,
    /// Which commit to build, as far as it is known; an empty hash means the newest of the branch.
    pub commit: CommitMetadata,
    /// The folder of the app inside the repository; empty for its top.
    pub root_dir: String,
    /// How to build; empty where the worker finds out.
    pub build_command: String,
    /// How to start; empty where the worker finds out.
    pub start_command: String,
    /// The port that the app listens on inside its container; 0 where it takes `$PORT`, and then the app cannot be redeployed
    /// until [`AppChanges::container_port`](crate::AppChanges::container_port) says which.
    pub port: u16,
    /// What clones a private repository. It travels in the encrypted payload only.
    pub git_token: Option<SecretString>,
}

impl Source {
    /// The newest commit of a branch of a public repository, whose app listens on `port` inside its container. The worker finds out
    /// how to build and start it; the other fields say otherwise.
    #[must_use]
    pub fn new(
        git_provider: GitProvider,
        repo_url: impl Into<String>,
        branch: impl Into<String>,
        port: u16,
    ) -> Self {
        Self {
            git_provider,
            repo_url: repo_url.into(),
            branch: branch.into(),
            commit: CommitMetadata::default(),
            root_dir: String::new(),
            build_command: String::new(),
            start_command: String::new(),
            port,
            git_token: None,
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("git_provider", &self.git_provider)
            .field("repo_url", &without_credentials(&self.repo_url))
            .field("branch", &self.branch)
            .field("commit", &self.commit)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// A new app with its first deployment. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct DeploymentSpec {
    /// The app's public identity, drawn by the caller once ([`wh_types::new_app_uuid`]): sending the same UUID again
    /// gives what the first call made.
    pub app_uuid: Uuid,
    /// The owner.
    pub user: UserId,
    /// What the owner calls the app; unique among their living apps.
    pub name: AppName,
    /// The label it is reached by; unique among all living apps.
    pub subdomain: Subdomain,
    /// Its code.
    pub source: Source,
    /// What the container may use; `None` for all that the owner's plan gives.
    pub limits: Option<ResourceLimits>,
    /// Whether a push to the branch deploys again.
    pub auto_deploy: bool,
    /// Its environment.
    pub env: BTreeMap<EnvKey, SecretString>,
}

impl DeploymentSpec {
    /// Refuses what a column would refuse, before a statement fails and takes the caller's transaction with it.
    pub(super) fn check(&self) -> Result<()> {
        let source = &self.source;
        // Checked again, because those that were taken as stored may break the rule.
        AppName::parse(self.name.as_str())?;
        Subdomain::parse(self.subdomain.as_str())?;
        for (field, text, least, most) in [
            ("repo_url", &source.repo_url, 1, 2048),
            ("branch", &source.branch, 1, 255),
            ("root_dir", &source.root_dir, 0, 1024),
            ("build_command", &source.build_command, 0, 8192),
            ("start_command", &source.start_command, 0, 8192),
            ("commit_sha", &source.commit.sha, 0, 64),
            ("commit_message", &source.commit.message, 0, 65_536),
            ("commit_author", &source.commit.author, 0, 512),
        ] {
            text::check(field, text, least, most)?;
        }
        check_repo_url(&source.repo_url)?;
        Ok(())
    }

    /// What the worker will be told.
    pub(super) fn payload(&self, limits: ResourceLimits) -> DeployPayload {
        let source = self.source.clone();
        DeployPayload {
            app_uuid: self.app_uuid,
            app_name: self.name.clone(),
            git_provider: Some(source.git_provider),
            repo_url: source.repo_url,
            branch: source.branch,
            commit_sha: source.commit.sha,
            root_dir: source.root_dir,
            build_command: source.build_command,
            start_command: source.start_command,
            port: source.port,
            env: self.env.clone(),
            git_token: source.git_token,
            limits,
            container_id: String::new(),
        }
    }
}
