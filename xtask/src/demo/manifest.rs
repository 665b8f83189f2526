//! The apps that the demo deploys: `xtask/demo/apps.yaml`, or a file of the same form.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use secrecy::SecretString;
use serde::Deserialize;
use wh_data::repo::{DeploymentSpec, Source};
use wh_data::types::{AppName, CommitMetadata, EnvKey, GitProvider, PlanId, UserId, new_app_uuid};

use crate::failure::{Failure, Outcome};

/// What is built in, so that the demo runs from any folder.
const BUILT_IN: &str = include_str!("../../demo/apps.yaml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    apps: Vec<App>,
}

/// A repository as a user would deploy it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct App {
    pub(super) name: AppName,
    pub(super) plan: PlanId,
    git_provider: GitProvider,
    pub(super) repo_url: String,
    branch: String,
    pub(super) commit_sha: String,
    commit_message: String,
    pub(super) committed_at: chrono::DateTime<chrono::FixedOffset>,
    build_command: String,
    start_command: String,
    port: u16,
    #[serde(default)]
    pub(super) env: BTreeMap<EnvKey, SecretString>,
}

impl App {
    pub(super) fn spec(&self, user: UserId) -> DeploymentSpec {
        DeploymentSpec {
            app_uuid: new_app_uuid(),
            user,
            name: self.name.clone(),
            subdomain: (&self.name).into(),
            source: Source {
                git_provider: self.git_provider,
                repo_url: self.repo_url.clone(),
                branch: self.branch.clone(),
                commit: CommitMetadata {
                    sha: self.commit_sha.clone(),
                    message: self.commit_message.clone(),
                    author: String::new(),
                },
                root_dir: String::new(),
                build_command: self.build_command.clone(),
                start_command: self.start_command.clone(),
                port: self.port,
                git_token: None,
            },
            limits: None,
            auto_deploy: true,
            env: self.env.clone(),
        }
    }
}

/// Reads a manifest; the one that is built in where no file is named.
pub(super) fn read(file: Option<&Path>) -> Outcome<Vec<App>> {
    let (name, text) = match file {
        None => ("xtask/demo/apps.yaml".to_owned(), BUILT_IN.to_owned()),
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|error| Failure::io("read", path, &error))?;
            (path.display().to_string(), text)
        }
    };
    parse(&name, &text)
}

fn parse(name: &str, text: &str) -> Outcome<Vec<App>> {
    let Manifest { apps } = serde_saphyr::from_str(text).map_err(|error| {
        let place = error.location().map_or_else(String::new, |at| format!("{}:{}: ", at.line(), at.column()));
        Failure::new(format!(
            "{name}:{place}{}\nexpected: a list `apps`, each with name, plan, git_provider, repo_url, branch, commit_sha, \
             commit_message, committed_at, build_command, start_command, port (0 to 65535), and env (a map of names to texts)",
            reason(&error)
        ))
    })?;
    if apps.is_empty() {
        return Err(Failure::new(format!("{name}: `apps` is empty: expected at least one app")));
    }
    Ok(apps)
}

/// What is wrong, without the picture of the lines around it, which may hold a secret.
fn reason(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let line = text.lines().next().unwrap_or_default();
    // The place stands in front already.
    line.rsplit_once(" at line ").map_or(line, |(reason, _)| reason).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_apps_are_four_real_ones() {
        let apps = read(None).unwrap();
        let names: Vec<_> = apps.iter().map(|app| app.name.as_str()).collect();
        assert_eq!(names, ["django-starter", "umami-analytics", "miniflux-reader", "uptime-kuma"]);
    }

    #[test]
    fn garbage_is_refused_with_file_line_and_what_was_expected() {
        for (right, wrong, said) in [
            ("name: umami-analytics", "name: Umami", "app name has 5 characters: 7 to 32 are allowed"),
            ("port: 8080", "port: many", "invalid u16"),
            (
                "PYTHONUNBUFFERED",
                "pythonunbuffered",
                "environment key has 'p' at position 1: it begins with A-Z",
            ),
            (
                "git_provider: github",
                "git_provider: sourceforge",
                "is not a Git provider: expected one of github",
            ),
            ("branch: master", "brunch: master", "unknown field `brunch`"),
        ] {
            let line = BUILT_IN.lines().position(|line| line.contains(right)).unwrap() + 1;
            let message = parse("mine.yaml", &BUILT_IN.replacen(right, wrong, 1)).err().unwrap().to_string();
            assert!(message.starts_with(&format!("mine.yaml:{line}:")), "{message}");
            assert!(message.contains(said) && message.contains("expected: a list `apps`"), "{message}");
        }
        for garbage in ["apps: [", "hello", "- 1", "apps: []", ""] {
            let message = parse("mine.yaml", garbage).err().unwrap().to_string();
            assert!(message.starts_with("mine.yaml:") && message.contains("expected"), "{message}");
        }
    }

    #[test]
    fn a_refusal_does_not_repeat_the_secrets_beside_the_fault() {
        let broken = BUILT_IN.replace("RUN_MIGRATIONS", "run migrations");
        let message = parse("mine.yaml", &broken).err().unwrap().to_string();
        assert!(!message.contains("battery staple"), "{message}");
    }
}
