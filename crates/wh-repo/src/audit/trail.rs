//! What a verification has found.

use std::fmt;

use wh_types::{AuditEventId, UserId};

/// The audit trail of one user, as far as it was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditTrail {
    /// The user.
    pub user: UserId,
    /// Links that were verified.
    pub links: u64,
    /// Links that retention removed before the first of these.
    pub pruned: u64,
    /// Links up to the last signed head, which the trail agrees with; 0 without one. Those after it are vouched for by nothing else
    /// than the chain.
    pub sealed: u64,
    /// Events from before the chain that maintenance has not chained yet.
    pub waiting: u64,
    /// The first fault.
    pub fault: Option<AuditFault>,
}

/// All audit trails.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditTrails {
    /// Users with a trail.
    pub users: u64,
    /// Links that were verified.
    pub links: u64,
    /// Events from before the chain that maintenance has not chained yet.
    pub waiting: u64,
    /// Users without a signed head.
    pub unsealed: u64,
    /// Users with a fault.
    pub faulty: u64,
    /// The first fault of the first of them.
    pub fault: Option<AuditFault>,
}

/// The first place at which a trail is not what was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditFault {
    /// Whose trail.
    pub user: UserId,
    /// Where in the chain, from 1 on; 0 where no place is known.
    pub place: i64,
    /// The event, where one is known.
    pub event: Option<AuditEventId>,
    /// What is wrong there.
    pub problem: AuditProblem,
}

/// A fault of a trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuditProblem {
    /// The event was changed, or its link, or the link before it.
    Changed,
    /// The event is gone, and its link is there.
    EventMissing,
    /// The link is gone.
    LinkMissing,
    /// The event has no link.
    Unlinked,
    /// The link lies beyond the head of the chain.
    BeyondHead,
    /// The head of the chain is gone.
    HeadMissing,
    /// The head of the chain has another hash than its last link.
    HeadChanged,
    /// No key at hand has signed the seal: it was changed, or the server secret of its time is missing.
    SealForged,
    /// The link at the place of a seal has another hash: the chain was written anew.
    SealContradicted,
    /// The chain ends before a seal: its tail was cut.
    SealCut,
    /// Retention removed links beyond the seal, which it never does.
    SealPruned,
}

impl AuditTrail {
    pub(super) const fn of(user: UserId) -> Self {
        Self { user, links: 0, pruned: 0, sealed: 0, waiting: 0, fault: None }
    }

    /// Notes a fault.
    pub(super) fn fault(&mut self, place: i64, event: Option<i64>, problem: AuditProblem) {
        self.fault =
            Some(AuditFault { user: self.user, place, event: event.map(AuditEventId::new), problem });
    }
}

impl AuditTrails {
    /// Adds the trail of another user.
    pub(super) fn add(&mut self, trail: &AuditTrail) {
        self.users += 1;
        self.links += trail.links;
        self.waiting += trail.waiting;
        self.unsealed += u64::from(trail.sealed == 0);
        self.faulty += u64::from(trail.fault.is_some());
        self.fault = self.fault.or(trail.fault);
    }
}

impl AuditProblem {
    /// As a sentence goes on after the place.
    const fn words(self) -> &'static str {
        match self {
            Self::Changed => "the event or its link was changed",
            Self::EventMissing => "the event is missing",
            Self::LinkMissing => "the link is missing",
            Self::Unlinked => "the event has no link",
            Self::BeyondHead => "the link lies beyond the head of the chain",
            Self::HeadMissing => "the head of the chain is missing",
            Self::HeadChanged => "the head of the chain does not match the last link",
            Self::SealForged => "no key at hand has signed the seal",
            Self::SealContradicted => "the link is not the one that was sealed",
            Self::SealCut => "the chain ends before the link that was sealed",
            Self::SealPruned => "links were removed beyond the seal",
        }
    }
}

impl fmt::Display for AuditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "audit trail of user {}, place {}", self.user, self.place)?;
        if let Some(event) = self.event {
            write!(f, ", event {event}")?;
        }
        write!(f, ": {}", self.problem.words())
    }
}
