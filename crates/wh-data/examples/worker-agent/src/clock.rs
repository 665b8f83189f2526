//! The clock of this machine. The control plane goes by the database's.

use std::time::SystemTime;

use chrono::{DateTime, SubsecRound, Utc};

/// Now, to the microsecond, as the database keeps times.
#[expect(clippy::disallowed_methods, reason = "a worker has no database whose time it could ask for")]
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::<Utc>::from(SystemTime::now()).trunc_subsecs(6)
}
