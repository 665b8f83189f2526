//! The parameters by which a worker builds and runs an app.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::{ResourceLimits, bounds};
use crate::{AppName, EnvKey, GitProvider, Invalid, without_credentials};

/// The build and run parameters of one app, or the container that a job is about: the plain text of `jobs.payload`.
///
/// It holds secrets, so `Debug` shows none of them, and it serialises only by [`to_json`](Self::to_json),
/// into a secret.
#[derive(Clone)]
pub struct DeployPayload {
    /// The app's public identity.
    pub app_uuid: Uuid,
    /// The app's name. Read as stored: names from before a rule still deploy.
    pub app_name: AppName,
    /// Where the repository is hosted; none for a plain Git URL.
    pub git_provider: Option<GitProvider>,
    /// The URL to clone.
    pub repo_url: String,
    /// The branch to check out; empty for the repository's default branch.
    pub branch: String,
    /// Which commit to build; empty for the newest of the branch.
    pub commit_sha: String,
    /// The folder of the app inside the repository; empty for its root.
    pub root_dir: String,
    /// How to build; empty where the worker finds out itself.
    pub build_command: String,
    /// How to start; empty where the worker finds out itself.
    pub start_command: String,
    /// The port that the app listens on inside its container; 0 where it takes `$PORT`.
    pub port: u16,
    /// The app's environment.
    pub env: BTreeMap<EnvKey, SecretString>,
    /// Token that clones a private repository.
    pub git_token: Option<SecretString>,
    /// Limits of the container.
    pub limits: ResourceLimits,
    /// The container that a start, stop or delete is about, at most 128 characters; empty for a new one.
    pub container_id: String,
}

impl fmt::Debug for DeployPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeployPayload")
            .field("app_uuid", &self.app_uuid)
            .field("app_name", &self.app_name)
            .field("repo_url", &without_credentials(&self.repo_url))
            .field("branch", &self.branch)
            .field("commit_sha", &self.commit_sha)
            .field("port", &self.port)
            .field("env", &self.env)
            .field("limits", &self.limits)
            .field("container_id", &self.container_id)
            .finish_non_exhaustive()
    }
}

/// The JSON form, in which secrets lie open; it never leaves this module.
#[derive(Serialize, Deserialize)]
struct Wire {
    app_uuid: Uuid,
    app_name: String,
    #[serde(default, deserialize_with = "provider", skip_serializing_if = "Option::is_none")]
    git_provider: Option<GitProvider>,
    repo_url: String,
    #[serde(default, deserialize_with = "or_empty")]
    branch: String,
    #[serde(default, deserialize_with = "or_empty")]
    commit_sha: String,
    #[serde(default, deserialize_with = "or_empty")]
    root_dir: String,
    #[serde(default, deserialize_with = "or_empty")]
    build_command: String,
    #[serde(default, deserialize_with = "or_empty")]
    start_command: String,
    #[serde(default, deserialize_with = "bounds::port")]
    port: u16,
    #[serde(default, deserialize_with = "or_empty")]
    env: BTreeMap<EnvKey, Open>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    git_token: Option<Open>,
    #[serde(default)]
    limits: ResourceLimits,
    #[serde(default, deserialize_with = "or_empty", skip_serializing_if = "String::is_empty")]
    container_id: String,
}

impl DeployPayload {
    /// The JSON of this payload. It holds the environment and the token in the clear, hence a secret.
    ///
    /// # Errors
    /// [`Invalid`] where the payload is larger than its reader would take.
    pub fn to_json(&self) -> Result<SecretString, Invalid> {
        self.check()?;
        let this = self.clone();
        let wire = Wire {
            app_uuid: this.app_uuid,
            app_name: this.app_name.into_string(),
            git_provider: this.git_provider,
            repo_url: this.repo_url,
            branch: this.branch,
            commit_sha: this.commit_sha,
            root_dir: this.root_dir,
            build_command: this.build_command,
            start_command: this.start_command,
            port: this.port,
            env: this.env.into_iter().map(|(key, value)| (key, Open(value))).collect(),
            git_token: this.git_token.map(Open),
            limits: this.limits,
            container_id: this.container_id,
        };
        let json = serde_json::to_string(&wire).map_err(|error| not_json(&error))?;
        check_size(&json)?;
        Ok(json.into())
    }

    /// Reads a payload. Unknown fields are skipped.
    ///
    /// # Errors
    /// [`Invalid`] where it is no deploy payload or larger than one may be; the message never shows the
    /// content.
    pub fn from_json(json: &SecretString) -> Result<Self, Invalid> {
        let json = json.expose_secret();
        check_size(json)?;
        let wire: Wire = serde_json::from_str(json).map_err(|error| not_json(&error))?;
        let this = Self {
            app_uuid: wire.app_uuid,
            app_name: AppName::from_stored(wire.app_name),
            git_provider: wire.git_provider,
            repo_url: wire.repo_url,
            branch: wire.branch,
            commit_sha: wire.commit_sha,
            root_dir: wire.root_dir,
            build_command: wire.build_command,
            start_command: wire.start_command,
            port: wire.port,
            env: wire.env.into_iter().map(|(key, value)| (key, value.0)).collect(),
            git_token: wire.git_token.map(|token| token.0).filter(|token| !token.expose_secret().is_empty()),
            limits: wire.limits,
            container_id: wire.container_id,
        };
        this.check()?;
        Ok(this)
    }

    fn check(&self) -> Result<(), Invalid> {
        self.limits.check()?;
        bounds::check("app_name", self.app_name.as_str(), bounds::NAME)?;
        bounds::check("repo_url", &self.repo_url, bounds::URL)?;
        bounds::check("branch", &self.branch, bounds::NAME)?;
        bounds::check("commit_sha", &self.commit_sha, bounds::COMMIT_SHA)?;
        bounds::check("root_dir", &self.root_dir, bounds::PATH)?;
        bounds::check("build_command", &self.build_command, bounds::COMMAND)?;
        bounds::check("start_command", &self.start_command, bounds::COMMAND)?;
        bounds::check("container_id", &self.container_id, bounds::CONTAINER_ID)?;
        if self.env.len() > bounds::VARIABLES {
            let problem =
                format!("it has {} variables, at most {} are allowed", self.env.len(), bounds::VARIABLES);
            return Err(Invalid::Field { field: "env", problem });
        }
        for value in self.env.values() {
            bounds::check("env", value.expose_secret(), bounds::VALUE)?;
        }
        let token = self.git_token.as_ref().map_or("", ExposeSecret::expose_secret);
        bounds::check("git_token", token, bounds::VALUE)
    }
}

fn check_size(json: &str) -> Result<(), Invalid> {
    if json.len() > bounds::PAYLOAD {
        let problem = format!("it has {} bytes, at most {} are allowed", json.len(), bounds::PAYLOAD);
        return Err(Invalid::Field { field: "payload", problem });
    }
    Ok(())
}

/// `serde_json`'s own message may quote a value, and values are secret here: only the kind and the place are said.
fn not_json(error: &serde_json::Error) -> Invalid {
    let kind = match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Syntax => "its syntax is broken",
        serde_json::error::Category::Data | serde_json::error::Category::Io => {
            "a field is missing or of the wrong kind"
        }
    };
    let problem = format!("{kind} (line {}, column {})", error.line(), error.column());
    Invalid::Message { message: "deploy payload", problem }
}

/// The original writes `null` for an empty map, and leaves out what is empty.
fn or_empty<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// No provider is the empty text.
fn provider<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<GitProvider>, D::Error> {
    let word = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    if word.is_empty() { Ok(None) } else { word.parse().map(Some).map_err(serde::de::Error::custom) }
}

/// A secret that serialises as what it holds.
#[derive(Deserialize)]
#[serde(transparent)]
struct Open(SecretString);

impl Serialize for Open {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload() -> DeployPayload {
        DeployPayload {
            app_uuid: Uuid::nil(),
            app_name: AppName::parse("my-shop-1").unwrap(),
            git_provider: Some(GitProvider::GitHub),
            repo_url: "https://github.com/acme/shop".into(),
            branch: "main".into(),
            commit_sha: String::new(),
            root_dir: String::new(),
            build_command: "make".into(),
            start_command: "./shop".into(),
            port: 8080,
            env: BTreeMap::from([(EnvKey::parse("TOKEN").unwrap(), "hunter2 \"quoted\"".into())]),
            git_token: Some("ghp_secret".into()),
            limits: ResourceLimits { cpu_milli: 1000, ..Default::default() },
            container_id: String::new(),
        }
    }

    #[test]
    fn a_payload_travels_as_json_and_comes_back_the_same() {
        let json = payload().to_json().unwrap();
        insta::assert_snapshot!(json.expose_secret(), @r#"{"app_uuid":"00000000-0000-0000-0000-000000000000","app_name":"my-shop-1","git_provider":"github","repo_url":"https://github.com/acme/shop","branch":"main","commit_sha":"","root_dir":"","build_command":"make","start_command":"./shop","port":8080,"env":{"TOKEN":"hunter2 \"quoted\""},"git_token":"ghp_secret","limits":{"cpu_milli":1000,"memory_mib":0,"disk_mib":0,"pids":0,"bandwidth_kbit":0}}"#);
        let back = DeployPayload::from_json(&json).unwrap();
        assert_eq!(back.to_json().unwrap().expose_secret(), json.expose_secret());

        let stop = DeployPayload { container_id: "c0ffee".into(), ..payload() }.to_json().unwrap();
        assert!(stop.expose_secret().ends_with(r#","container_id":"c0ffee"}"#));
        assert_eq!(DeployPayload::from_json(&stop).unwrap().container_id, "c0ffee");
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", payload());
        assert!(shown.contains("my-shop-1") && shown.contains("TOKEN"), "{shown}");
        assert!(!shown.contains("hunter2") && !shown.contains("ghp_secret"), "{shown}");
    }

    #[test]
    fn what_is_missing_empty_null_or_unknown_is_taken_as_the_original_means_it() {
        let json = r#"{"app_uuid": "6f1c1c9e-7a3e-4b51-9b0f-0a4c7d2f8e11", "app_name": "Old_Name", "repo_url": "u",
            "git_provider": "", "branch": null, "env": null, "git_token": "", "colour": "red"}"#;
        let back = DeployPayload::from_json(&json.into()).unwrap();
        assert_eq!(back.app_name, "Old_Name");
        assert_eq!((back.git_provider, back.branch.as_str(), back.port), (None, "", 0));
        assert!(back.env.is_empty() && back.git_token.is_none());
    }

    #[test]
    fn a_refusal_names_the_place_and_never_the_content() {
        let refusal = |json: &str| DeployPayload::from_json(&json.into()).unwrap_err().to_string();
        insta::assert_snapshot!(refusal("v1:c2VjcmV0"), @"deploy payload is not valid JSON for its kind: its syntax is broken (line 1, column 1)");
        insta::assert_snapshot!(refusal(r#"{"app_uuid": "hunter2"}"#), @"deploy payload is not valid JSON for its kind: a field is missing or of the wrong kind (line 1, column 22)");
        insta::assert_snapshot!(refusal(r#"{"app_uuid": "#), @"deploy payload is not valid JSON for its kind: it ends too early (line 1, column 13)");
    }

    #[test]
    fn bounds_hold_in_both_directions() {
        let refusal = |payload: DeployPayload| payload.to_json().unwrap_err().to_string();
        let long = DeployPayload { repo_url: "x".repeat(2049), ..payload() };
        insta::assert_snapshot!(refusal(long), @"repo_url is out of bounds: it has 2049 characters, at most 2048 are allowed");
        let umlauts = DeployPayload { branch: "ä".repeat(255), ..payload() };
        assert!(umlauts.to_json().is_ok(), "characters count, as in the columns");
        let pids = ResourceLimits { pids: 1 << 31, ..Default::default() };
        insta::assert_snapshot!(refusal(DeployPayload { limits: pids, ..payload() }), @"pids is out of bounds: it is 2147483648: 0 to 2147483647 are allowed");
        let nul = DeployPayload { build_command: "a\0b".into(), ..payload() };
        insta::assert_snapshot!(refusal(nul), @"build_command is out of bounds: it holds a NUL byte, which has no place in a text");
        let env =
            (0..513).map(|n| (EnvKey::parse(&format!("A{n}")).unwrap(), SecretString::default())).collect();
        insta::assert_snapshot!(refusal(DeployPayload { env, ..payload() }), @"env is out of bounds: it has 513 variables, at most 512 are allowed");
        let json = payload().to_json().unwrap().expose_secret().replace("my-shop-1", &"n".repeat(256));
        assert!(DeployPayload::from_json(&json.into()).is_err());
    }
}
