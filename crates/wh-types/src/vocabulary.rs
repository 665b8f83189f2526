//! Closed vocabularies of the tables: each enum is the one list of its words, and `CHECK`s of the schema mirror it.

use crate::word::vocabularies;

vocabularies! {
    columns

    /// How the dashboard is coloured for a user (`users.theme_pref`).
    ThemePreference("theme preference") {
        /// As the user's system says.
        System = "system",
        /// Dark text on light.
        Light = "light",
        /// Light text on dark.
        Dark = "dark",
    }

    /// Whether a worker holds its connection to the control plane (`workers.status`).
    WorkerStatus("worker status") {
        /// Connected, or heard of recently.
        Online = "online",
        /// Not heard of; its apps are stopped.
        Offline = "offline",
    }

    /// Status of an app (`apps.status`).
    AppStatus("app status") {
        /// Created, with its first job waiting.
        Pending = "pending",
        /// A job is building or starting it.
        Deploying = "deploying",
        /// Its container is up.
        Running = "running",
        /// Stopped by its user, or because its worker went away.
        Stopped = "stopped",
        /// Its last deployment failed.
        Failed = "failed",
        /// Stopped by the platform for breaking a limit or a rule.
        Violated = "violated",
        /// Deleted by its user; the row stays, its names are free again.
        Deleted = "deleted",
    }

    /// Where a deployment stands (`deployments.status`).
    DeploymentStatus("deployment status") {
        /// Waiting for its job.
        Pending = "pending",
        /// Being fetched and built.
        Building = "building",
        /// Built; the container is starting.
        Deploying = "deploying",
        /// Done: the container is up.
        Succeeded = "succeeded",
        /// Ended with an error.
        Failed = "failed",
        /// Given up before a worker began.
        Cancelled = "cancelled",
    }

    /// Type of a job (`jobs.job_type`).
    JobType("job type") {
        /// Build and start an app for the first time.
        Deploy = "deploy",
        /// Build again and replace the running container.
        Restart = "restart",
        /// Start a stopped app.
        Start = "start",
        /// Stop a running app.
        Stop = "stop",
        /// Stop the app and remove what it left on the worker.
        Delete = "delete",
    }

    /// Where a job stands (`jobs.status`).
    JobStatus("job status") {
        /// Waiting for a worker.
        Pending = "pending",
        /// Given to a worker that has not begun.
        Assigned = "assigned",
        /// The worker is at it.
        Processing = "processing",
        /// Done.
        Completed = "completed",
        /// Ended with an error.
        Failed = "failed",
        /// Given up before a worker began.
        Cancelled = "cancelled",
    }

    /// A Git host whose repositories can be deployed (`apps.git_provider`, `git_provider_tokens.provider`).
    GitProvider("Git provider") {
        /// github.com
        GitHub = "github",
        /// gitlab.com
        GitLab = "gitlab",
        /// bitbucket.org
        Bitbucket = "bitbucket",
        /// codeberg.org
        Codeberg = "codeberg",
    }

    /// Where a log line came from (`runtime_logs.stream`).
    LogStream("log stream") {
        /// Standard output of the app.
        Stdout = "stdout",
        /// Standard error of the app.
        Stderr = "stderr",
        /// The platform itself.
        System = "system",
    }

    /// Subject of an alert rule (`app_alert_rules.kind`, `alerts.kind`).
    AlertKind("alert kind") {
        /// CPU over the threshold, in percent of the limit.
        Cpu = "cpu",
        /// Memory over the threshold, in percent of the limit.
        Memory = "memory",
        /// Disk over the threshold, in percent of the limit.
        Disk = "disk",
        /// Bandwidth over the threshold, in percent of the limit.
        Bandwidth = "bandwidth",
        /// The app's worker went away.
        Offline = "offline",
        /// The container keeps dying.
        Crashloop = "crashloop",
        /// A deployment ended with an error.
        DeploymentFailed = "deployment_failed",
    }

    /// How much an alert matters (`alerts.severity`).
    AlertSeverity("alert severity") {
        /// For the record.
        Info = "info",
        /// Look at it soon.
        Warning = "warning",
        /// Look at it now.
        Critical = "critical",
    }

    /// Where an alert stands (`alerts.status`).
    AlertStatus("alert status") {
        /// Open, and not acknowledged.
        Active = "active",
        /// Acknowledged by a person.
        Acknowledged = "acknowledged",
        /// The cause is gone.
        Resolved = "resolved",
    }

    /// Kind of an audit event (`audit_events.kind`).
    AuditKind("audit kind") {
        /// Signed in.
        Login = "login",
        /// Signed out.
        Logout = "logout",
        /// A session was ended from elsewhere.
        SessionRevoked = "session_revoked",
        /// An app was deployed.
        AppDeploy = "app_deploy",
        /// An app was restarted.
        AppRestart = "app_restart",
        /// An app was started.
        AppStart = "app_start",
        /// An app was stopped.
        AppStop = "app_stop",
        /// An app was deleted.
        AppDelete = "app_delete",
        /// An environment variable was set.
        EnvSet = "env_set",
        /// An environment variable was deleted.
        EnvDelete = "env_delete",
        /// A Git token was revoked. Written as `git_token_revoked` before migration 0015.
        GitTokenRevoke = "git_token_revoke" | "git_token_revoked",
        /// A domain was added.
        DomainCreate = "domain_create",
        /// A domain was verified.
        DomainVerify = "domain_verify",
        /// A domain was deleted.
        DomainDelete = "domain_delete",
    }
}

impl JobStatus {
    /// The statuses of a job that still has something to do; an app has at most one such job.
    pub const ACTIVE: &'static [Self] = &[Self::Pending, Self::Assigned, Self::Processing];

    /// True for a job that still has something to do.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Pending | Self::Assigned | Self::Processing)
    }

    /// True where the state machine has a step from here to `next`:
    /// pending → assigned → processing → completed or failed, and cancelled from pending or assigned.
    #[must_use]
    pub const fn can_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Pending, Self::Assigned | Self::Cancelled)
                | (Self::Assigned, Self::Processing | Self::Cancelled)
                | (Self::Processing, Self::Completed | Self::Failed)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Vocabulary;
    use crate::word::article;

    #[test]
    fn words_parse_print_and_serialise_alike() {
        fn check<
            V: Vocabulary + serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
        >() {
            assert_eq!(V::ALL.len(), V::WORDS.len());
            for (value, word) in V::ALL.iter().zip(V::WORDS) {
                assert_eq!(value.as_str(), *word);
                assert_eq!(value.to_string(), *word);
                assert_eq!(word.parse::<V>().unwrap(), *value);
                assert_eq!(serde_json::to_value(value).unwrap(), *word);
                assert_eq!(serde_json::from_value::<V>((*word).into()).unwrap(), *value);
            }
        }
        check::<ThemePreference>();
        check::<WorkerStatus>();
        check::<AppStatus>();
        check::<DeploymentStatus>();
        check::<JobType>();
        check::<JobStatus>();
        check::<GitProvider>();
        check::<LogStream>();
        check::<AlertKind>();
        check::<AlertSeverity>();
        check::<AlertStatus>();
        check::<AuditKind>();
    }

    #[test]
    fn every_vocabulary_has_its_article() {
        let said = |name| format!("{} {name}", article(name));
        let names = [
            ThemePreference::NAME,
            WorkerStatus::NAME,
            AppStatus::NAME,
            DeploymentStatus::NAME,
            JobType::NAME,
            JobStatus::NAME,
            GitProvider::NAME,
            LogStream::NAME,
            AlertKind::NAME,
            AlertSeverity::NAME,
            AlertStatus::NAME,
            AuditKind::NAME,
            crate::SslMode::NAME,
            crate::TargetSessionAttrs::NAME,
            crate::StoredForm::NAME,
            crate::LogLevel::NAME,
            crate::LogFormat::NAME,
            crate::SmtpTls::NAME,
            crate::MailTransport::NAME,
        ];
        insta::assert_snapshot!(names.map(said).join("\n"), @r"
        a theme preference
        a worker status
        an app status
        a deployment status
        a job type
        a job status
        a Git provider
        a log stream
        an alert kind
        an alert severity
        an alert status
        an audit kind
        an sslmode
        a kind of session
        a stored form
        a log level
        a log format
        a TLS mode
        a mail transport
        ");
        let error = "done".parse::<AlertStatus>().unwrap_err().to_string();
        assert!(error.starts_with("\"done\" is not an alert status: "), "{error}");
    }

    #[test]
    fn an_unknown_word_names_the_right_ones() {
        let error = "done".parse::<JobStatus>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"done\" is not a job status: expected one of pending, assigned, processing, completed, failed, cancelled"
        );
    }

    #[test]
    fn a_finished_job_has_no_next_step() {
        for from in JobStatus::ALL {
            let steps = JobStatus::ALL.iter().filter(|to| from.can_become(**to)).count();
            assert_eq!(steps > 0, from.is_active(), "{from}");
            assert!(!from.can_become(*from), "{from}");
        }
    }
}
