//! One way to do what a scenario asks for.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Whose turn it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// The caller, from 0 on. Each has a connection of its own where the contender knows no pool.
    pub(crate) caller: usize,
    /// Different for each operation of a contender.
    pub(crate) number: usize,
}

impl Turn {
    /// An id from 1 to `most`, spread over all of them.
    pub(crate) fn id(self, most: usize) -> i64 {
        let id = self.number.wrapping_mul(7919) % most.max(1) + 1;
        i64::try_from(id).unwrap_or(i64::MAX)
    }
}

/// When a caller stops.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    Elapsed(Duration),
    Operations(usize),
}

/// A name, and an operation that is carried out over and over.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    work: Arc<dyn Work>,
}

impl Contender {
    /// `show` puts into words what must be the same for all contenders.
    pub(crate) fn new<S, A, F>(name: &'static str, state: S, operation: F, show: fn(&A) -> String) -> Self
    where
        S: Send + Sync + 'static,
        A: Send + 'static,
        F: for<'a> Fn(&'a S, Turn) -> BoxFuture<'a, Outcome<A>> + Send + Sync + 'static,
    {
        Self { name, work: Arc::new(Operation { state, run: operation, show }) }
    }

    /// What the operation of this turn gives, in words.
    pub(crate) async fn answer(&self, turn: Turn) -> Outcome<String> {
        self.work.answer(turn).await
    }

    /// The time that each operation of one caller took. Its numbers begin with `first` and grow by `callers`.
    pub(crate) fn drive(
        &self,
        first: Turn,
        callers: usize,
        until: Until,
    ) -> impl Future<Output = Outcome<Vec<Duration>>> + Send + 'static {
        let work = Arc::clone(&self.work);
        async move { work.drive(first, callers, until).await }
    }
}

trait Work: Send + Sync {
    fn answer(&self, turn: Turn) -> BoxFuture<'_, Outcome<String>>;
    fn drive(&self, turn: Turn, callers: usize, until: Until) -> BoxFuture<'_, Outcome<Vec<Duration>>>;
}

struct Operation<S, A, F> {
    state: S,
    run: F,
    show: fn(&A) -> String,
}

impl<S, A, F> Work for Operation<S, A, F>
where
    S: Send + Sync,
    A: Send,
    F: for<'a> Fn(&'a S, Turn) -> BoxFuture<'a, Outcome<A>> + Send + Sync,
{
    fn answer(&self, turn: Turn) -> BoxFuture<'_, Outcome<String>> {
        async move { Ok((self.show)(&(self.run)(&self.state, turn).await?)) }.boxed()
    }

    fn drive(&self, mut turn: Turn, callers: usize, until: Until) -> BoxFuture<'_, Outcome<Vec<Duration>>> {
        let drive = async move {
            let begin = Instant::now();
            let (mut times, mut before) = (Vec::new(), begin);
            loop {
                drop(black_box((self.run)(&self.state, turn).await?));
                let now = Instant::now();
                times.push(now - before);
                before = now;
                turn.number += callers;
                let over = match until {
                    Until::Elapsed(time) => now - begin >= time,
                    Until::Operations(count) => times.len() >= count,
                };
                if over {
                    return Ok(times);
                }
            }
        };
        drive.boxed()
    }
}
