//! Settings of the platform that operations go by.

use std::time::Duration;

/// Settings of the platform that operations go by; given to [`Database::with_policy`](crate::Database::with_policy).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// How long a session stays alive without being seen (`security.session_lifetime`): 30 days.
    pub session_lifetime: Duration,
}

impl Policy {
    /// Sets [`session_lifetime`](Self::session_lifetime).
    #[must_use]
    pub const fn with_session_lifetime(mut self, lifetime: Duration) -> Self {
        self.session_lifetime = lifetime;
        self
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self { session_lifetime: Duration::from_hours(720) }
    }
}
