//! One newtype per kind of key, so that an app's id is never taken for a worker's.

/// Defines the ids and hands their list to whoever needs all of them (the column conversions do).
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {
        $(
            $(#[$doc])*
            #[derive(
                Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
            )]
            #[serde(transparent)]
            pub struct $name(i64);

            impl $name {
                /// Wraps a key as the database gave it.
                #[must_use]
                pub const fn new(id: i64) -> Self {
                    Self(id)
                }

                /// The key as the database keeps it.
                #[must_use]
                pub const fn get(self) -> i64 {
                    self.0
                }
            }

            impl From<i64> for $name {
                fn from(id: i64) -> Self {
                    Self(id)
                }
            }

            impl std::fmt::Display for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    self.0.fmt(f)
                }
            }

            impl std::str::FromStr for $name {
                type Err = std::num::ParseIntError;

                fn from_str(text: &str) -> Result<Self, Self::Err> {
                    text.parse().map(Self)
                }
            }
        )+

        #[cfg(feature = "diesel")]
        crate::columns::id_columns!($($name),+);
    };
}

ids! {
    /// Key of a row of `users`.
    UserId;
    /// Key of a row of `workers`.
    WorkerId;
    /// Key of a row of `apps`.
    AppId;
    /// Key of a row of `deployments`.
    DeploymentId;
    /// Key of a row of `jobs`.
    JobId;
    /// Key of a row of `git_provider_tokens`.
    GitTokenId;
    /// Key of a row of `domains`.
    DomainId;
    /// Key of a row of `webhooks`.
    WebhookId;
    /// Key of a row of `webhook_deliveries`, unique within its webhook.
    WebhookDeliveryId;
    /// Key of a row of `sessions`.
    SessionId;
    /// Key of a row of `audit_events`, unique within its user.
    AuditEventId;
    /// Key of a row of `app_alert_rules`.
    AlertRuleId;
    /// Key of a row of `alerts`.
    AlertId;
    /// Key of a row of `backup_codes`.
    BackupCodeId;
    /// Key of a row of `runtime_logs`, unique within its app and instant.
    RuntimeLogId;
}
