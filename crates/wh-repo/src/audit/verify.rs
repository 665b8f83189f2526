//! Verifying a trail, page by page. Everything is computed here: functions in the database may have been replaced.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Nullable};
use wh_crypto::KeyRing;
use wh_types::UserId;

use super::link::LinkRow;
use super::seal::AuditSeal;
use super::trail::{AuditProblem, AuditTrail};
use crate::engine::{Class, Executor, sql};
use crate::error::Result;

const OPERATION: &str = "audit.verify";

/// Links of a page.
const LINKS: i64 = 1_000;
/// Bytes of details of a page, beyond its first.
const BYTES: i64 = 4 << 20;
/// Events of a page of those that are looked up in the chain.
const EVENTS: i64 = 10_000;

/// How far a chain was verified.
#[derive(Default)]
pub(super) struct Reached {
    pub(super) place: i64,
    pub(super) hash: String,
}

#[derive(QueryableByName)]
struct Headless {
    #[diesel(sql_type = Bool)]
    has_head: bool,
    #[diesel(sql_type = Nullable<BigInt>)]
    event: Option<i64>,
    #[diesel(sql_type = Bool)]
    linked: bool,
    #[diesel(sql_type = Bool)]
    waiting: bool,
}

#[derive(QueryableByName)]
struct EventPage {
    #[diesel(sql_type = BigInt)]
    events: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    last: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    unlinked: Option<i64>,
    #[diesel(sql_type = BigInt)]
    waiting: i64,
}

/// The links after a place; none without a head.
pub(super) async fn links(executor: Executor<'_>, user: UserId, after: i64) -> Result<Vec<LinkRow>> {
    let page = sql!("links.sql").bind(user).bind(after).bind(LINKS).bind(BYTES);
    Ok(executor.read(OPERATION, Class::Long, page).await?.all())
}

/// Verifies the trail of a user, also against a seal that was kept elsewhere.
pub(super) async fn verify(
    executor: Executor<'_>,
    user: UserId,
    kept: Option<&AuditSeal>,
) -> Result<AuditTrail> {
    let keys = &executor.inner().keys;
    let mut trail = AuditTrail::of(user);
    let mut reached = Reached::default();
    if let Some(kept) = kept
        && !kept.is_genuine(keys)
    {
        trail.fault(kept.place, None, AuditProblem::SealForged);
        return Ok(trail);
    }
    loop {
        let page = links(executor, user, reached.place).await?;
        if page.is_empty() {
            if headless(executor, &mut trail).await? {
                continue;
            }
            if let (None, Some(kept)) = (trail.fault, kept) {
                trail.fault(kept.place, None, AuditProblem::SealCut);
            }
            return Ok(trail);
        }
        if let Some(kept) = kept {
            agrees(&page, kept, &mut trail);
        }
        let through = trail.fault.is_some() || walk(&page, keys, &mut reached, &mut trail);
        if trail.fault.is_some() {
            return Ok(trail);
        }
        if through {
            break;
        }
    }
    if let Some(kept) = kept.filter(|kept| kept.place > reached.place) {
        trail.fault(kept.place, None, AuditProblem::SealCut);
        return Ok(trail);
    }
    unlinked(executor, &mut trail, reached.place).await?;
    Ok(trail)
}

/// Notes a link of a page, or an anchor, that is not the one of a seal.
fn agrees(page: &[LinkRow], seal: &AuditSeal, trail: &mut AuditTrail) {
    let anchor = page.first().map(|row| (row.anchor_place, row.anchor_hash.as_str()));
    let links = page.iter().filter_map(LinkRow::link).map(|link| (link.place, link.hash));
    for (place, hash) in anchor.into_iter().chain(links) {
        if place == seal.place && hash != seal.hash {
            trail.fault(place, None, AuditProblem::SealContradicted);
            return;
        }
    }
}

/// Verifies a page, and says whether it is the last. Its rows are of one moment.
pub(super) fn walk(page: &[LinkRow], keys: &KeyRing, reached: &mut Reached, trail: &mut AuditTrail) -> bool {
    let Some(first) = page.first() else { return true };
    let LinkRow { head_place, head_hash, anchor_place, anchor_hash, last_place, .. } = first;
    let seal = first.seal.seal(trail.user);
    if let Some(seal) = &seal {
        if !seal.is_genuine(keys) {
            trail.fault(seal.place, None, AuditProblem::SealForged);
        } else if seal.place < *anchor_place {
            trail.fault(seal.place, None, AuditProblem::SealPruned);
        } else {
            agrees(page, seal, trail);
        }
        if trail.fault.is_some() {
            return true;
        }
        trail.sealed = u64::try_from(seal.place).unwrap_or_default();
    }
    // At the start, or retention has removed links since the page before.
    if *anchor_place > reached.place {
        *reached = Reached { place: *anchor_place, hash: anchor_hash.clone() };
        trail.pruned = u64::try_from(*anchor_place).unwrap_or_default();
    }
    let user = trail.user.get();
    for link in page.iter().filter_map(LinkRow::link) {
        let place = reached.place + 1;
        if link.place != place {
            trail.fault(place, None, AuditProblem::LinkMissing);
        } else if place > *head_place {
            trail.fault(place, Some(link.event), AuditProblem::BeyondHead);
        } else if let Some(columns) = link.columns {
            if columns.hash(&reached.hash, place, user, link.event) == link.hash {
                *reached = Reached { place, hash: link.hash.to_owned() };
                trail.links += 1;
                continue;
            }
            trail.fault(place, Some(link.event), AuditProblem::Changed);
        } else {
            trail.fault(place, Some(link.event), AuditProblem::EventMissing);
        }
        return true;
    }
    if last_place.is_some_and(|last| last > reached.place) {
        return false;
    }
    if *head_place > reached.place {
        trail.fault(reached.place + 1, None, AuditProblem::LinkMissing);
    } else if *head_hash != reached.hash || *head_place < reached.place {
        trail.fault(reached.place, None, AuditProblem::HeadChanged);
    } else if let Some(seal) = seal.filter(|seal| seal.place > reached.place) {
        trail.fault(seal.place, None, AuditProblem::SealCut);
    }
    true
}

/// A user without a head, who may have no events either, or who has not had their turn yet. True if there is a head now.
async fn headless(executor: Executor<'_>, trail: &mut AuditTrail) -> Result<bool> {
    let headless = sql!("headless.sql").bind(trail.user);
    let found: Option<Headless> = executor.read(OPERATION, Class::Key, headless).await?.first();
    let Some(Headless { has_head, event, linked, waiting }) = found else { return Ok(false) };
    if has_head {
        return Ok(true);
    }
    if linked || event.is_some() && !waiting {
        trail.fault(0, event, AuditProblem::HeadMissing);
    } else if event.is_some() {
        trail.waiting = 1;
    }
    Ok(false)
}

/// Looks every event up in the chain.
async fn unlinked(executor: Executor<'_>, trail: &mut AuditTrail, place: i64) -> Result<()> {
    let mut after = i64::MIN;
    loop {
        let page = sql!("unlinked.sql").bind(trail.user).bind(after).bind(EVENTS);
        let page: Option<EventPage> = executor.read(OPERATION, Class::Long, page).await?.first();
        let Some(EventPage { events, last: Some(last), unlinked, waiting }) = page else { return Ok(()) };
        trail.waiting += u64::try_from(waiting).unwrap_or_default();
        if unlinked.is_some() {
            trail.fault(place + 1, unlinked, AuditProblem::Unlinked);
            return Ok(());
        }
        if events < EVENTS {
            return Ok(());
        }
        after = last;
    }
}
