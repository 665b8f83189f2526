//! Signed heads.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text, Timestamptz};
use serde::{Deserialize, Serialize};
use wh_crypto::{AuditHead, KeyRing};
use wh_types::UserId;

use super::trail::AuditTrail;
use super::verify::{self, Reached};
use crate::audit::Id;
use crate::engine::{Affected, Class, Executor, NotCached, Repeat, sql};
use crate::error::{Error, Result};

/// A signed head of an audit trail: a line of [`Audit::export`](crate::Audit::export) has one. Kept elsewhere, it shows whether the
/// trail was rewritten since ([`Audit::verify_against`](crate::Audit::verify_against)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditSeal {
    /// The user.
    pub user: UserId,
    /// The place of the last link at that time.
    pub place: i64,
    /// The hash of that link, in hexadecimal.
    pub hash: String,
    /// When it was signed, in microseconds since 1970.
    pub sealed_at: i64,
    /// The fingerprint of the server secret.
    pub key: String,
    /// The HMAC-SHA-256, in hexadecimal.
    pub mac: String,
}

/// The columns of a seal, null without one.
#[derive(QueryableByName)]
#[expect(clippy::struct_field_names, reason = "they are the names of the columns")]
pub(super) struct SealColumns {
    #[diesel(sql_type = Nullable<diesel::sql_types::BigInt>)]
    seal_place: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    seal_hash: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    seal_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    seal_key: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    seal_mac: Option<String>,
}

impl SealColumns {
    pub(super) fn seal(&self, user: UserId) -> Option<AuditSeal> {
        Some(AuditSeal {
            user,
            place: self.seal_place?,
            hash: self.seal_hash.clone()?,
            sealed_at: self.seal_at?.timestamp_micros(),
            key: self.seal_key.clone()?,
            mac: self.seal_mac.clone()?,
        })
    }
}

impl AuditSeal {
    /// Whether a key of the ring has signed it.
    pub(super) fn is_genuine(&self, keys: &KeyRing) -> bool {
        self.head().is_signed(&self.mac, keys)
    }

    fn head(&self) -> AuditHead<'_> {
        AuditHead { user_id: self.user.get(), place: self.place, hash: &self.hash, sealed_at: self.sealed_at }
    }
}

/// Seals the heads that are due, at most `limit`, and gives their number. A trail that does not agree with its last seal gets no
/// new one, and is tried again a day later.
pub(crate) async fn seal_due(executor: Executor<'_>, limit: i64) -> Result<usize> {
    let key = executor.inner().keys.current_id().to_string();
    let due = sql!("seal_due.sql").bind(&key).bind(limit);
    let due: Vec<Id> = executor.read("audit.seal_due", Class::Page, due).await?.all();
    let (mut sealed, mut faulty) = (0, None);
    for Id { id } in due {
        let trail = seal(executor, UserId::new(id)).await?;
        if trail.fault.is_some() {
            let later = Affected(sql!("seal_later.sql").bind(id));
            executor.write("audit.seal_later", NotCached, Repeat::Safe, later).await.map(drop)?;
        } else {
            sealed += 1;
        }
        faulty = faulty.or(trail.fault);
    }
    match faulty {
        None => Ok(sealed),
        Some(fault) => Err(Error::Corrupt {
            table: "audit_chain",
            column: "hash",
            row: format!("{}/{}", fault.user, fault.place),
            reason: fault.to_string(),
        }),
    }
}

/// Seals anew what a previous key has sealed, and gives the numbers of those that were and of those with a fault, which were not.
pub(crate) async fn seal_anew(executor: Executor<'_>) -> Result<(u64, u64)> {
    let key = executor.inner().keys.current_id().to_string();
    let (mut sealed, mut faulty, mut after) = (0, 0, i64::MIN);
    loop {
        let foreign = sql!("seal_foreign.sql").bind(&key).bind(after).bind(1_000_i64);
        let foreign: Vec<Id> = executor.read("audit.seal_foreign", Class::Long, foreign).await?.all();
        let Some(last) = foreign.last() else { return Ok((sealed, faulty)) };
        after = last.id;
        for Id { id } in foreign {
            let fault = seal(executor, UserId::new(id)).await?.fault;
            *(if fault.is_none() { &mut sealed } else { &mut faulty }) += 1;
        }
    }
}

/// Verifies what came after the last seal of a user, and seals the head.
async fn seal(executor: Executor<'_>, user: UserId) -> Result<AuditTrail> {
    let mut trail = AuditTrail::of(user);
    // A look at the head and the seal alone.
    let Some((seal, now)) =
        verify::links(executor, user, i64::MAX).await?.first().map(|row| (row.seal.seal(user), row.now))
    else {
        return Ok(trail);
    };
    let mut reached =
        seal.map_or_else(Reached::default, |seal| Reached { place: seal.place, hash: seal.hash });
    while trail.fault.is_none() {
        let page = verify::links(executor, user, reached.place).await?;
        if page.is_empty() {
            return Ok(trail);
        }
        if !verify::walk(&page, &executor.inner().keys, &mut reached, &mut trail) {
            continue;
        }
        if trail.fault.is_none() && reached.place > 0 {
            let keys = &executor.inner().keys;
            let sealed_at = now.timestamp_micros();
            let head =
                AuditHead { user_id: user.get(), place: reached.place, hash: &reached.hash, sealed_at };
            let (key, mac) = (keys.current_id().to_string(), head.sign(keys));
            let seal = sql!("seal.sql")
                .bind(user)
                .bind(reached.place)
                .bind(&reached.hash)
                .bind(now)
                .bind(&key)
                .bind(&mac);
            executor.write("audit.seal", NotCached, Repeat::Safe, Affected(seal)).await.map(drop)?;
        }
        break;
    }
    Ok(trail)
}
