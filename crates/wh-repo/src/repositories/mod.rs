//! One repository per aggregate, and the list of them: `db.users()` and `tx.users()` are made from it.

mod alert_rules;
mod alerts;
mod apps;
mod audit_events;
mod backup_codes;
mod deployments;
mod domains;
mod env_vars;
mod git_tokens;
mod jobs;
mod pending_totps;
mod runtime_logs;
mod second_factor;
mod sessions;
mod usage_samples;
mod users;
mod webhooks;
mod workers;

pub use self::alert_rules::{AlertRules, NewAlertRule};
pub use self::alerts::{AlertFilter, AlertPage, AlertStats, Alerts, CreatedAlert, NewAlert};
pub use self::apps::{AppChanges, AppState, Apps, ReportedApps, ShownApp, StrayContainer};
pub use self::audit_events::{AuditEvents, NewAuditEvent};
pub use self::backup_codes::BackupCodes;
pub use self::deployments::{CreatedDeployment, DeploymentSpec, Deployments, Source};
pub use self::domains::{Domains, NewDomain};
pub use self::env_vars::EnvVars;
pub use self::git_tokens::{GitToken, GitTokens, LinkedProvider};
pub use self::jobs::{CompletedJob, CreatedJob, JobOutcome, JobStep, JobWakeups, JobWithPayload, Jobs};
pub use self::pending_totps::{PendingSignIn, PendingTotps};
pub use self::runtime_logs::{MAX_LINE_BYTES, NewLogLine, RuntimeLogs};
pub use self::sessions::{Authenticated, NewSession, Sessions};
pub use self::usage_samples::{NewUsageSample, UsageSamples, UsageScope};
pub use self::users::{GoogleProfile, GoogleSignIn, Users};
pub use self::webhooks::{
    NewDelivery, NewWebhook, Subscriber, WebhookChanges, WebhookStats, WebhookWithSecret, Webhooks,
};
pub use self::workers::{WentOffline, WorkerRegistration, Workers};

/// Gives a type with an `executor()` one method per repository.
macro_rules! repositories {
    ($owner:ty) => {
        impl $owner {
            /// Users and their sign-in.
            #[must_use]
            pub fn users(&self) -> $crate::Users<'_> {
                $crate::Users { executor: self.executor() }
            }

            /// Workers: the machines that run containers.
            #[must_use]
            pub fn workers(&self) -> $crate::Workers<'_> {
                $crate::Workers { executor: self.executor() }
            }

            /// Apps.
            #[must_use]
            pub fn apps(&self) -> $crate::Apps<'_> {
                $crate::Apps { executor: self.executor() }
            }

            /// Environment variables of apps, encrypted at rest.
            #[must_use]
            pub fn env_vars(&self) -> $crate::EnvVars<'_> {
                $crate::EnvVars { executor: self.executor() }
            }

            /// Deployments, and the creation of apps with their first one.
            #[must_use]
            pub fn deployments(&self) -> $crate::Deployments<'_> {
                $crate::Deployments { executor: self.executor() }
            }

            /// The job queue.
            #[must_use]
            pub fn jobs(&self) -> $crate::Jobs<'_> {
                $crate::Jobs { executor: self.executor() }
            }

            /// What running apps print.
            #[must_use]
            pub fn runtime_logs(&self) -> $crate::RuntimeLogs<'_> {
                $crate::RuntimeLogs { executor: self.executor() }
            }

            /// Git accounts that users have linked, with encrypted tokens.
            #[must_use]
            pub fn git_tokens(&self) -> $crate::GitTokens<'_> {
                $crate::GitTokens { executor: self.executor() }
            }

            /// Custom domains of apps.
            #[must_use]
            pub fn domains(&self) -> $crate::Domains<'_> {
                $crate::Domains { executor: self.executor() }
            }

            /// Signed-in browsers.
            #[must_use]
            pub fn sessions(&self) -> $crate::Sessions<'_> {
                $crate::Sessions { executor: self.executor() }
            }

            /// What users did with their accounts.
            #[must_use]
            pub fn audit_events(&self) -> $crate::AuditEvents<'_> {
                $crate::AuditEvents { executor: self.executor() }
            }

            /// Codes that stand in for the second factor.
            #[must_use]
            pub fn backup_codes(&self) -> $crate::BackupCodes<'_> {
                $crate::BackupCodes { executor: self.executor() }
            }

            /// Sign-ins that wait for the second factor.
            #[must_use]
            pub fn pending_totps(&self) -> $crate::PendingTotps<'_> {
                $crate::PendingTotps { executor: self.executor() }
            }

            /// Webhooks and what was delivered to them.
            #[must_use]
            pub fn webhooks(&self) -> $crate::Webhooks<'_> {
                $crate::Webhooks { executor: self.executor() }
            }

            /// When users want to be warned.
            #[must_use]
            pub fn alert_rules(&self) -> $crate::AlertRules<'_> {
                $crate::AlertRules { executor: self.executor() }
            }

            /// What users are warned of.
            #[must_use]
            pub fn alerts(&self) -> $crate::Alerts<'_> {
                $crate::Alerts { executor: self.executor() }
            }

            /// What apps used over time.
            #[must_use]
            pub fn usage_samples(&self) -> $crate::UsageSamples<'_> {
                $crate::UsageSamples { executor: self.executor() }
            }
        }
    };
}

repositories!(crate::Database);
repositories!(crate::Tx<'_>);
