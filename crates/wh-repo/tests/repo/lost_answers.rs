//! Answers that get lost after the work was done: what the same call gives then, and what it leaves.
//!
//! Each operation runs twice: in a calm world, and in one just like it, whose network loses the answer to one of its
//! requests, to each in turn. A minute later the same call is made again.
#![expect(clippy::future_not_send, reason = "each part of the test stays on its thread")]

mod accounts;
mod apps;
mod queue;
mod state;
mod watching;

use std::collections::BTreeSet;

use wh_repo::{Database, Error};
use wh_testkit::source::complaints;
use wh_testkit::{Proxy, TestDatabase};

use self::state::{Masked, State, result};
use crate::support::{World, open_plain};

/// Operations that only read. A lost answer is asked for again.
const READS: &[&str] = &[
    "AlertRules::list",
    "AlertRules::list_apps",
    "AlertRules::list_enabled",
    "Alerts::find_active",
    "Alerts::list",
    "Apps::find",
    "Apps::find_by_name",
    "Apps::find_by_uuid",
    "Apps::find_for_user",
    "Apps::invalidate",
    "Apps::list",
    "Apps::list_by_worker",
    "Apps::list_running_for_worker",
    "Apps::now",
    "Apps::show",
    "Apps::show_all",
    "AuditEvents::has_ip",
    "AuditEvents::list",
    "Deployments::find",
    "Deployments::find_for_user",
    "Deployments::latest_build_logs",
    "Deployments::list",
    "Deployments::list_recent_for_user",
    "Domains::find",
    "Domains::list_for_app",
    "Domains::list_for_user",
    "Domains::list_verified",
    "Domains::verified_by_apps",
    "EnvVars::list",
    "GitTokens::find",
    "GitTokens::list",
    "Jobs::find",
    "Jobs::find_active",
    "Jobs::find_for_user",
    "Jobs::find_for_worker",
    "Jobs::list_for_app",
    // It asks again by itself after each gap.
    "Jobs::listen",
    // It locks, which ends with its transaction.
    "Jobs::next_assigned",
    "RuntimeLogs::newest",
    "Sessions::find",
    "Sessions::find_by_token",
    "Sessions::list",
    "UsageSamples::list",
    "Users::find",
    "Users::invalidate",
    "Users::totp_secret",
    "Webhooks::find",
    "Webhooks::find_with_secret",
    "Webhooks::list",
    "Webhooks::list_deliveries",
    "Webhooks::list_for_event",
    "Webhooks::stats",
    "Workers::find",
    "Workers::find_by_api_key",
    "Workers::list",
];

/// What the doc comment of an operation promises to a caller whose answer was lost.
enum Promise {
    /// The same call again changes nothing more, and gives the same result.
    Same,
    /// It is not sent again by itself: the caller learns that the outcome is in doubt. The same call again changes nothing more,
    /// and says that it was not the one that did it.
    Once,
    /// The same call again changes nothing more, but tells what it found to do itself, which is this.
    NothingLeft(&'static str),
    /// It sends what was lost again by itself, and gives the same result; a caller who calls again asks for another one.
    Anew,
    /// It is not sent again by itself: the caller learns that its outcome is unknown, and it was carried out once.
    Unknown,
}

/// Each part has a thread of its own: dropping a test's database waits for whoever is just logging in to it, who would wait
/// for a thread that they share.
#[test]
fn a_lost_answer_does_no_harm_to_whoever_calls_again() {
    let trials = std::thread::scope(|scope| {
        let parts = [
            scope.spawn(|| part(&async |lossy_world: &mut LossyWorld| accounts::run(lossy_world).await)),
            scope.spawn(|| part(&async |lossy_world: &mut LossyWorld| apps::run(lossy_world).await)),
            scope.spawn(|| part(&async |lossy_world: &mut LossyWorld| queue::run(lossy_world).await)),
            scope.spawn(|| part(&async |lossy_world: &mut LossyWorld| watching::run(lossy_world).await)),
        ];
        parts.map(|part| part.join().unwrap())
    });
    let faults: Vec<String> = trials.iter().flat_map(|lossy_world| lossy_world.faults.clone()).collect();
    assert!(faults.is_empty(), "{} faults\n\n{}", faults.len(), faults.join("\n\n"));
    let cases = trials.iter().flat_map(|lossy_world| lossy_world.cases.clone()).collect();
    let complaints = complaints("crates/wh-repo/tests/repo/lost_answers", &cases, READS);
    assert_eq!(complaints, Ok(Vec::new()));
}

fn part(run: &impl AsyncFn(&mut LossyWorld)) -> LossyWorld {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut lossy_world = LossyWorld::default();
    runtime.block_on(run(&mut lossy_world));
    lossy_world
}

/// What was tried, and what went wrong.
#[derive(Default)]
struct LossyWorld {
    cases: BTreeSet<&'static str>,
    faults: Vec<String>,
}

/// How the world with the bad network looked after one call, and after it was made again.
struct Outcome {
    first: String,
    refused: bool,
    in_doubt: bool,
    claims_to_be_first: bool,
    after_first: State,
    again: String,
    after_again: State,
}

impl LossyWorld {
    /// Tries one operation in the world that `arrange` prepares, and gives the one where the last answer was lost.
    async fn lose<F, R: std::fmt::Debug>(
        &mut self,
        operation: &'static str,
        promise: Promise,
        arrange: impl AsyncFn(&World) -> F,
        act: impl AsyncFn(&Database, &F) -> Result<R, Error>,
    ) -> (World, F) {
        self.cases.insert(operation);
        let (calm, facts) = still_world(&arrange).await;
        let expected = result(&act(&calm.db, &facts).await);
        let state = State::of(&calm).await;
        let mut last = None;
        for nth in 1.. {
            let (world, facts) = still_world(&arrange).await;
            let Some(outcome) = disturbed(&world, &facts, nth, &act).await else { break };
            let middle = last.replace((world, facts, outcome));
            // Not all was done yet when this answer was lost: what counts is what it came to.
            if let Some((_, _, outcome)) = middle
                && matches!(promise, Promise::Same | Promise::Once)
            {
                let equal = outcome.after_again.masked(Masked::Names) == state.masked(Masked::Names);
                if !equal || !outcome.again.starts_with("Ok") {
                    let difference = outcome.after_again.difference(&state, Masked::Names);
                    self.fault(operation, &format!("answer {} lost", nth - 1), &outcome.again, &difference);
                }
            }
        }
        let (world, facts, outcome) = last.unwrap_or_else(|| unreachable!("{operation} sent nothing"));
        self.judge(operation, &promise, &expected, &state, &outcome);
        (world, facts)
    }

    fn judge(
        &mut self,
        operation: &'static str,
        promise: &Promise,
        expected: &str,
        state: &State,
        outcome: &Outcome,
    ) {
        let Outcome { first, refused, in_doubt, claims_to_be_first, after_first, again, after_again } =
            outcome;
        let again_expected = match promise {
            Promise::NothingLeft(less) => less,
            _ => expected,
        };
        if after_first.masked(Masked::Times) != state.masked(Masked::Times) {
            let difference = after_first.difference(state, Masked::Times);
            self.fault(operation, "after the lost answer", first, &difference);
        }
        let first_fits = match promise {
            Promise::Unknown => *refused && *in_doubt,
            Promise::Once => *refused && *in_doubt && !claims_to_be_first,
            Promise::Anew => first == expected,
            Promise::Same | Promise::NothingLeft(_) => {
                *refused || first == expected || first == again_expected
            }
        };
        if !first_fits {
            self.fault(operation, "the call whose answer was lost", first, &format!("expected {expected}"));
        }
        if matches!(promise, Promise::Same | Promise::Once | Promise::NothingLeft(_)) {
            if again != again_expected {
                self.fault(operation, "the call again", again, &format!("expected {again_expected}"));
            }
            if after_again.masked(Masked::Times) != state.masked(Masked::Times) {
                let difference = after_again.difference(state, Masked::Times);
                self.fault(operation, "after the call again", again, &difference);
            }
        }
    }

    fn fault(&mut self, operation: &str, when: &str, given: &str, why: &str) {
        self.faults.push(format!("{operation}, {when}: it gave {given}\n{why}"));
    }
}

/// A world whose time stands still.
async fn still_world<F>(arrange: &impl AsyncFn(&World) -> F) -> (World, F) {
    let postgres = TestDatabase::new().await;
    postgres.execute(&set_time(&postgres, "12:00")).await;
    let db = open_plain(postgres.url(), 4).await;
    let world = World { db, postgres };
    let facts = arrange(&world).await;
    // What is drawn by chance, in each world in the same way.
    world.postgres.execute("UPDATE apps SET uuid = md5(id::text)::uuid").await;
    (world, facts)
}

fn set_time(postgres: &TestDatabase, time: &str) -> String {
    format!("ALTER DATABASE {} SET wh.now = '2028-02-29T{time}:00Z'", postgres.name())
}

/// Acts twice, where the `nth` answer of the first time gets lost; `None` where there are not so many.
async fn disturbed<F, R: std::fmt::Debug>(
    world: &World,
    facts: &F,
    nth: u64,
    act: &impl AsyncFn(&Database, &F) -> Result<R, Error>,
) -> Option<Outcome> {
    let proxy = Proxy::start(world.postgres.url()).await;
    proxy.delay(std::time::Duration::ZERO);
    let db = open_plain(proxy.url(), 1).await;
    db.workers().list().await.unwrap();
    // For connections from now on: those that take the place of the one that breaks.
    world.postgres.execute(&set_time(&world.postgres, "12:01")).await;
    proxy.swallow_answer(nth);
    let outcome = act(&db, facts).await;
    if !proxy.has_swallowed() {
        return None;
    }
    let after_first = State::of(world).await;
    let again = act(&db, facts).await;
    Some(Outcome {
        first: result(&outcome),
        refused: matches!(outcome, Err(Error::Unavailable { .. })),
        in_doubt: matches!(outcome, Err(Error::Unavailable { in_doubt: true, .. })),
        claims_to_be_first: format!("{again:?}").contains("fresh: true"),
        after_first,
        again: result(&again),
        after_again: State::of(world).await,
    })
}
