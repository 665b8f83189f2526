//! Settings of the platform that operations go by.

use std::time::Duration;

/// Settings of the platform that operations go by; given to [`Database::with_policy`](crate::Database::with_policy).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// How long a session stays alive without being seen (`security.session_lifetime`): 30 days.
    pub session_lifetime: Duration,
    /// The domain of the platform (`platform.domain`), under which no user may claim a name; empty if there is none.
    pub platform_domain: String,
}

impl Policy {
    /// Sets [`session_lifetime`](Self::session_lifetime).
    #[must_use]
    pub const fn with_session_lifetime(mut self, lifetime: Duration) -> Self {
        self.session_lifetime = lifetime;
        self
    }

    /// Sets [`platform_domain`](Self::platform_domain).
    #[must_use]
    pub fn with_platform_domain(mut self, domain: &str) -> Self {
        self.platform_domain = domain.trim_matches('.').to_ascii_lowercase();
        self
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self { session_lifetime: Duration::from_hours(720), platform_domain: String::new() }
    }
}
