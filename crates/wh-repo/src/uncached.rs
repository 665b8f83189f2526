//! What stands in for the cache where there is none.

use crate::changes::About;
use crate::session::Session;

impl Session<'_> {
    /// This session, for a statement that changes what might be cached.
    pub(crate) fn changing(self, _about: About) -> Self {
        self
    }
}
