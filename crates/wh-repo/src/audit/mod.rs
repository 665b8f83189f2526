//! The audit trail: each event carries the hash of the one before it, so that a rewritten one is found.

pub(crate) mod backlog;
mod link;
mod trail;
mod verify;

use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use wh_types::UserId;

pub use self::trail::{AuditFault, AuditProblem, AuditTrail, AuditTrails};
use crate::engine::{Class, Executor, sql};
use crate::error::Result;

/// Users of a page.
const USERS: i64 = 1_000;

/// Operations on the audit trail; made by [`Database::audit`](crate::Database::audit). Events are chained when their transaction
/// commits, so that there are none of these in a transaction of a caller.
#[derive(Clone, Copy)]
pub struct Audit<'a> {
    pub(crate) executor: Executor<'a>,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

impl Audit<'_> {
    /// Verifies the trail of a user while others write: every event against its link, every link against the one before, and
    /// the end against the head. Stops at the first fault. The security page says which changes are not found.
    ///
    /// Holds at most 1,000 links at a time, and of details 4 MiB or one. One round trip for every 1,000 links, at least one, and one
    /// for every 10,000 events.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable). A fault is no error: it is in the answer.
    pub async fn verify(self, user: UserId) -> Result<AuditTrail> {
        verify::verify(self.executor, user).await
    }

    /// Verifies the trails of all users, in the order of their ids, and hands each to `tell`. Goes on after a fault with the next
    /// user. One round trip for every 1,000 users, and those of [`verify`](Self::verify) for each.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn verify_all(self, mut tell: impl FnMut(&AuditTrail) + Send) -> Result<AuditTrails> {
        let mut trails = AuditTrails::default();
        let mut after = i64::MIN;
        loop {
            let users = sql!("users.sql").bind(after).bind(USERS);
            let users: Vec<Id> = self.executor.read("audit.verify_all", Class::Long, users).await?.all();
            let Some(last) = users.last() else { return Ok(trails) };
            after = last.id;
            for Id { id } in users {
                let trail = verify::verify(self.executor, UserId::new(id)).await?;
                trails.add(&trail);
                tell(&trail);
            }
        }
    }
}
