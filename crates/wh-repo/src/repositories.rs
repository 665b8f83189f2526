//! The list of repositories, once: `db.users()` and `tx.users()` are made from it.

/// Gives a type with a `session()` one method per repository.
macro_rules! repositories {
    ($owner:ty) => {
        impl $owner {
            /// Users and their sign-in.
            #[must_use]
            pub fn users(&self) -> $crate::Users<'_> {
                $crate::Users { session: self.session() }
            }

            /// Workers: the machines that run containers.
            #[must_use]
            pub fn workers(&self) -> $crate::Workers<'_> {
                $crate::Workers { session: self.session() }
            }

            /// Apps.
            #[must_use]
            pub fn apps(&self) -> $crate::Apps<'_> {
                $crate::Apps { session: self.session() }
            }

            /// Environment variables of apps, encrypted at rest.
            #[must_use]
            pub fn env_vars(&self) -> $crate::EnvVars<'_> {
                $crate::EnvVars { session: self.session() }
            }

            /// Deployments, and the creation of apps with their first one.
            #[must_use]
            pub fn deployments(&self) -> $crate::Deployments<'_> {
                $crate::Deployments { session: self.session() }
            }

            /// The job queue.
            #[must_use]
            pub fn jobs(&self) -> $crate::Jobs<'_> {
                $crate::Jobs { session: self.session() }
            }

            /// What running apps print.
            #[must_use]
            pub fn runtime_logs(&self) -> $crate::RuntimeLogs<'_> {
                $crate::RuntimeLogs { session: self.session() }
            }

            /// Git accounts that users have linked, with encrypted tokens.
            #[must_use]
            pub fn git_tokens(&self) -> $crate::GitTokens<'_> {
                $crate::GitTokens { session: self.session() }
            }

            /// Custom domains of apps.
            #[must_use]
            pub fn domains(&self) -> $crate::Domains<'_> {
                $crate::Domains { session: self.session() }
            }

            /// Signed-in browsers.
            #[must_use]
            pub fn sessions(&self) -> $crate::Sessions<'_> {
                $crate::Sessions { session: self.session() }
            }

            /// What users did with their accounts.
            #[must_use]
            pub fn audit_events(&self) -> $crate::AuditEvents<'_> {
                $crate::AuditEvents { session: self.session() }
            }

            /// Codes that stand in for the second factor.
            #[must_use]
            pub fn backup_codes(&self) -> $crate::BackupCodes<'_> {
                $crate::BackupCodes { session: self.session() }
            }

            /// Sign-ins that wait for the second factor.
            #[must_use]
            pub fn pending_totps(&self) -> $crate::PendingTotps<'_> {
                $crate::PendingTotps { session: self.session() }
            }

            /// Webhooks and what was delivered to them.
            #[must_use]
            pub fn webhooks(&self) -> $crate::Webhooks<'_> {
                $crate::Webhooks { session: self.session() }
            }

            /// When users want to be warned.
            #[must_use]
            pub fn alert_rules(&self) -> $crate::AlertRules<'_> {
                $crate::AlertRules { session: self.session() }
            }

            /// What users are warned of.
            #[must_use]
            pub fn alerts(&self) -> $crate::Alerts<'_> {
                $crate::Alerts { session: self.session() }
            }

            /// What apps used over time.
            #[must_use]
            pub fn usage_samples(&self) -> $crate::UsageSamples<'_> {
                $crate::UsageSamples { session: self.session() }
            }
        }
    };
}

pub(crate) use repositories;
