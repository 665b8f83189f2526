//! Where callers meet: sixty-four of them at once, of whom as many win as may.

mod apps;
mod deadlock;
mod rows;
mod storm;

use std::future::Future;

use futures_util::future::join_all;
use wh_repo::Error;

/// How many callers meet.
const CALLERS: usize = 64;

/// Lets all callers go at once, and gives their answers.
async fn race<T, F: Future<Output = T>>(call: impl Fn(usize) -> F) -> Vec<T> {
    join_all((0..CALLERS).map(call)).await
}

/// The answers of a race that everybody survives.
async fn all<T, F: Future<Output = Result<T, Error>>>(call: impl Fn(usize) -> F) -> Vec<T> {
    race(call)
        .await
        .into_iter()
        .map(|answer| answer.unwrap_or_else(|error| unreachable!("{error}")))
        .collect()
}

/// How many times a condition holds.
fn count<T>(answers: &[T], holds: impl Fn(&T) -> bool) -> usize {
    answers.iter().filter(|answer| holds(answer)).count()
}
