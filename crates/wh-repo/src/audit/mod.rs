//! The audit trail: each event carries the hash of the one before it, so that a rewritten one is found.

pub(crate) mod backlog;
mod export;
mod link;
pub(crate) mod seal;
mod trail;
mod verify;

use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use wh_types::UserId;

pub use self::seal::AuditSeal;
pub use self::trail::{AuditFault, AuditProblem, AuditTrail, AuditTrails};
use crate::engine::{Class, Executor, sql};
use crate::error::{Error, Result};

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
    /// Verifies the trail of a user while others write: every event against its link, every link against the one before,
    /// the end against the head, and the chain against its last seal. Stops at the first fault. The security page says which changes are not found.
    ///
    /// Holds at most 1,000 links at a time, and of details 4 MiB or one. One round trip for every 1,000 links, at least one, and one
    /// for every 10,000 events.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable). A fault is no error: it is in the answer.
    pub async fn verify(self, user: UserId) -> Result<AuditTrail> {
        verify::verify(self.executor, user, None).await
    }

    /// As [`verify`](Self::verify) for the user of a seal that was kept elsewhere, and against that seal too: a trail that was
    /// written anew does not agree with it, even where the seal in the database was replaced by an older one. Retention may have
    /// removed the link of the seal; then only the newer seal counts.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn verify_against(self, seal: &AuditSeal) -> Result<AuditTrail> {
        verify::verify(self.executor, seal.user, Some(seal)).await
    }

    /// Verifies the trails of all users, in the order of their ids, and hands each to `tell`. Goes on after a fault with the next
    /// user. One round trip for every 1,000 users, and those of [`verify`](Self::verify) for each.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn verify_all(self, mut tell: impl FnMut(&AuditTrail) + Send) -> Result<AuditTrails> {
        let mut trails = AuditTrails::default();
        let mut after = i64::MIN;
        while let Some(users) = users(self.executor, after).await? {
            for user in users {
                after = user.get();
                let trail = verify::verify(self.executor, user, None).await?;
                trails.add(&trail);
                tell(&trail);
            }
        }
        Ok(trails)
    }

    /// Hands the trail of a user, or of all, to `write` as lines of JSON, which `docs/verify-audit.py` verifies without this
    /// crate. For each user one line with the head, the anchor and the seal, and then one for each link up to that head, with its
    /// event. Waits for `write` before it reads on. Does not verify. Gives the number of lines.
    ///
    /// Costs as much as [`verify`](Self::verify), and holds as much.
    ///
    /// # Errors
    /// Those of `write`; [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn export<E: From<Error>>(
        self,
        user: Option<UserId>,
        mut write: impl AsyncFnMut(String) -> Result<(), E>,
    ) -> Result<u64, E> {
        if let Some(user) = user {
            return export::export(self.executor, user, &mut write).await;
        }
        let (mut lines, mut after) = (0, i64::MIN);
        while let Some(users) = users(self.executor, after).await? {
            for user in users {
                after = user.get();
                lines += export::export(self.executor, user, &mut write).await?;
            }
        }
        Ok(lines)
    }
}

/// Users after an id who have a trail; none if there is none left.
async fn users(executor: Executor<'_>, after: i64) -> Result<Option<Vec<UserId>>> {
    let users = sql!("users.sql").bind(after).bind(USERS);
    let users: Vec<Id> = executor.read("audit.users", Class::Long, users).await?.all();
    Ok(if users.is_empty() {
        None
    } else {
        Some(users.into_iter().map(|Id { id }| UserId::new(id)).collect())
    })
}
