//! Counting round trips of one connection.

use std::collections::VecDeque;

/// What a request does. A request ends with `Sync` or is a simple query, and is answered by one `ReadyForQuery`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// It runs something.
    Execution,
    /// It only parses and describes.
    Preparation,
    /// It only closes statements, and nobody waits for the answer.
    Disposal,
}

/// What a request adds to the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cost {
    /// It was sent while others were unanswered.
    Nothing,
    /// One round trip.
    RoundTrip,
    /// One round trip that only prepared.
    Preparation,
    /// It joined a preparation, which is an ordinary round trip now.
    Upgrade,
}

/// The requests of one connection that are unanswered.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    unanswered: VecDeque<Request>,
    /// What the messages since the last request amount to.
    current: Option<Request>,
    /// Whether the requests under way have been counted as a round trip, and not only as a preparation.
    trip_counted: bool,
    /// How many requests the server has yet to answer, whatever the client has seen.
    unread: usize,
    /// How many answers may still pass until one is swallowed, if one is.
    passing: Option<usize>,
}

impl Ledger {
    /// Notes a message of the client; returns the request that it completes and its cost.
    pub(super) fn sent(&mut self, kind: u8) -> Option<(Request, Cost)> {
        let part = match kind {
            b'P' | b'D' => Some(Request::Preparation),
            b'C' => Some(Request::Disposal),
            b'S' | b'H' | b'X' | b'p' => None,
            _ => Some(Request::Execution),
        };
        self.current = match (self.current, part) {
            (Some(Request::Execution), _) | (_, Some(Request::Execution)) => Some(Request::Execution),
            (Some(Request::Preparation), _) | (_, Some(Request::Preparation)) => Some(Request::Preparation),
            (before, part) => before.or(part),
        };
        if !matches!(kind, b'S' | b'Q' | b'F') {
            return None;
        }
        // A lone Sync is a round trip too: somebody waits for it.
        let request = self.current.take().unwrap_or(Request::Execution);
        let cost = self.cost(request);
        self.unanswered.push_back(request);
        self.unread += 1;
        Some((request, cost))
    }

    fn cost(&mut self, request: Request) -> Cost {
        let waiting = self.unanswered.iter().any(|earlier| *earlier != Request::Disposal);
        match (request, waiting) {
            (Request::Disposal, _) | (Request::Preparation, true) => Cost::Nothing,
            (Request::Preparation, false) => {
                self.trip_counted = false;
                Cost::Preparation
            }
            (Request::Execution, true) if self.trip_counted => Cost::Nothing,
            (Request::Execution, true) => {
                self.trip_counted = true;
                Cost::Upgrade
            }
            (Request::Execution, false) => {
                self.trip_counted = true;
                Cost::RoundTrip
            }
        }
    }

    /// The answer to the request that was sent last must not reach the client.
    pub(super) fn swallow_last(&mut self) {
        self.passing = Some(self.unread.saturating_sub(1));
    }

    /// Whether a message of the server may pass; `ends` says that it ends an answer.
    pub(super) fn passes(&mut self, ends: bool) -> bool {
        if ends {
            self.unread = self.unread.saturating_sub(1);
        }
        match &mut self.passing {
            Some(0) => false,
            Some(left) => {
                *left -= usize::from(ends);
                true
            }
            None => true,
        }
    }

    /// Notes that the client can see the end of so many answers.
    pub(super) fn answered(&mut self, ended: usize) {
        self.unanswered.drain(..ended.min(self.unanswered.len()));
    }
}

/// Whether a message of the server ends the answer to a request.
///
/// A server in COPY mode ignores the `Sync` that it has: `CopyInResponse` stands for its answer.
pub(super) fn ends_answer(kind: u8) -> bool {
    matches!(kind, b'Z' | b'G')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(ledger: &mut Ledger, kinds: &[u8]) -> Vec<Cost> {
        kinds.iter().filter_map(|kind| ledger.sent(*kind)).map(|(_, cost)| cost).collect()
    }

    #[test]
    fn a_pipelined_pair_costs_one_round_trip() {
        let mut ledger = Ledger::default();
        assert_eq!(costs(&mut ledger, b"BESBES"), [Cost::RoundTrip, Cost::Nothing]);
        ledger.answered(2);
        assert_eq!(costs(&mut ledger, b"Q"), [Cost::RoundTrip]);
    }

    #[test]
    fn an_execution_that_joins_a_preparation_makes_it_a_round_trip() {
        let mut ledger = Ledger::default();
        assert_eq!(
            costs(&mut ledger, b"PDSPDSBESBES"),
            [Cost::Preparation, Cost::Nothing, Cost::Upgrade, Cost::Nothing]
        );
    }

    #[test]
    fn closing_a_statement_costs_nothing_and_hides_nothing() {
        let mut ledger = Ledger::default();
        assert_eq!(costs(&mut ledger, b"CS"), [Cost::Nothing]);
        assert_eq!(costs(&mut ledger, b"BES"), [Cost::RoundTrip]);
    }

    #[test]
    fn only_the_answer_to_the_last_request_is_swallowed() {
        let mut ledger = Ledger::default();
        costs(&mut ledger, b"BESBES");
        ledger.swallow_last();
        assert!(ledger.passes(false) && ledger.passes(true));
        assert!(!ledger.passes(false) && !ledger.passes(true));
    }

    #[test]
    fn a_copy_is_two_round_trips_its_start_and_its_end() {
        let mut ledger = Ledger::default();
        assert_eq!(costs(&mut ledger, b"BES"), [Cost::RoundTrip]);
        ledger.answered(usize::from(ends_answer(b'G')));
        assert_eq!(costs(&mut ledger, b"dddcS"), [Cost::RoundTrip]);
    }
}
