//! Every text that goes in comes out as it is documented, or is refused by name; and whatever happens, the caller's
//! transaction goes on.

mod accounts;
mod apps;
mod secrets;
mod watching;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use wh_repo::Error;

use super::hostile_world::{Attempt, HostileWorld};
use super::texts::Rule;

/// A text of an operation, and what is in its place afterwards.
struct Case {
    operation: &'static str,
    /// What a refusal names.
    field: &'static str,
    rule: Rule,
    run: Attempt<String, String>,
}

const fn case(
    operation: &'static str,
    field: &'static str,
    rule: Rule,
    run: Attempt<String, String>,
) -> Case {
    Case { operation, field, rule, run }
}

/// What a case for a lookup gives: the word that [`Rule::Lookup`] waits for, where nothing was found.
fn found<T>(something: Option<T>) -> String {
    something.map_or("nothing", |_| "something").to_owned()
}

fn answer<'a>(
    work: impl Future<Output = Result<String, Error>> + Send + 'a,
) -> BoxFuture<'a, Result<String, Error>> {
    work.boxed()
}

async fn try_all(cases: &[Case]) {
    let hostile_world = HostileWorld::new().await;
    let before = hostile_world.fingerprint().await;
    for Case { operation, field, rule, run } in cases {
        for text in rule.texts() {
            let shown: String = text.chars().take(40).collect();
            let what = format!("{operation} with {field} = {shown:?} ({} bytes)", text.len());
            let outcome = hostile_world.attempt(&what, *run, text.clone()).await;
            match (rule.stored(&text), outcome) {
                (Some(expected), Ok(stored)) => assert!(stored == expected, "{what} became {stored:.80}"),
                (None, Err(Error::Invalid(invalid))) => {
                    let message = invalid.to_string();
                    assert!(message.contains(field) && message.len() < 800, "{what}: {message}");
                }
                (Some(_), Err(error)) => unreachable!("{what}: {error:.300}"),
                (None, outcome) => unreachable!("{what} was taken, or refused badly: {outcome:.300?}"),
            }
        }
    }
    assert_eq!(hostile_world.fingerprint().await, before, "nothing is left of what was rolled back");
}
