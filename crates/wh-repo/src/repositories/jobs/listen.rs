//! Workers that wait for work without asking for it again and again.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use tokio::runtime::Handle;
use tokio::time::{Sleep, sleep};
use wh_types::WorkerId;

use super::Jobs;
use crate::engine::listener::{Event, Subscription};

/// The channel on which an assignment names its worker. The statements that assign notify it, with their commit.
const CHANNEL: &str = "wh_jobs";

/// How long a worker sleeps at most, as the reference's workers do.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Says when a worker should look for jobs: [`Jobs::listen`] makes it. Also a [`Stream`], which never ends.
///
/// Each time it says so, take up all there is: [`claim_next`](Jobs::claim_next) until there is none.
#[derive(Debug)]
pub struct JobWakeups {
    /// As notifications name it.
    worker: String,
    subscription: Subscription,
    poll_interval: Duration,
    /// None before the first call, which has not to wait.
    timer: Option<Pin<Box<Sleep>>>,
    runtime: Handle,
}

impl Jobs<'_> {
    /// Says when there may be work for this worker: at once (jobs may wait already), milliseconds after a job was assigned
    /// to it and committed, whenever the notifications of Postgres were interrupted and come in again, and in any case
    /// after 5 seconds without a word ([`with_poll_interval`](JobWakeups::with_poll_interval)).
    ///
    /// No round trips. All who listen through the clones of one [`Database`](crate::Database) share one connection
    /// beside the pool, to [`direct_url`](crate::DatabaseSettings::direct_url); it is opened for the first of them, and
    /// opened again by itself whenever it breaks. Without it, behind a pooler or after the end of all clones, the
    /// poll interval is what remains.
    #[must_use]
    pub fn listen(self, worker: WorkerId) -> JobWakeups {
        let listener = &self.executor.inner().listener;
        JobWakeups {
            worker: worker.to_string(),
            subscription: listener.subscribe(CHANNEL),
            poll_interval: POLL_INTERVAL,
            timer: None,
            runtime: listener.runtime().clone(),
        }
    }
}

impl JobWakeups {
    /// Sets the longest silence, which is 5 seconds otherwise. Holds from the next wake-up on.
    #[must_use]
    pub fn with_poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// Waits until there may be work. Any number of assignments since the last call are one wake-up. May be dropped and
    /// called again: nothing is lost.
    pub async fn next(&mut self) {
        StreamExt::next(self).await;
    }
}

impl Stream for JobWakeups {
    type Item = ();

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<()>> {
        let this = self.get_mut();
        let mut woken = false;
        while let Poll::Ready(Some(event)) = this.subscription.poll_next_unpin(cx) {
            woken |= match event {
                Event::Notified(worker) => *worker == *this.worker,
                Event::Gap => true,
                Event::Down => false,
            };
        }
        let due = this.timer.as_mut().is_none_or(|timer| timer.as_mut().poll(cx).is_ready());
        if !woken && !due {
            return Poll::Pending;
        }
        let _runtime = this.runtime.enter();
        this.timer = Some(Box::pin(sleep(this.poll_interval)));
        Poll::Ready(Some(()))
    }
}
