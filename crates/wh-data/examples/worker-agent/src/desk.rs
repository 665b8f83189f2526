//! What lies between the connection and the work: it outlives the one, and the other never waits for it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use wh_types::{FromWorker, JobId, WorkerLogLine};

/// Most messages that wait for a connection. Beyond it the oldest are given up; the ends of jobs never are.
const MOST: usize = 10_000;

/// What is to be said, and which jobs the control plane does not know the end of.
#[derive(Default)]
pub(crate) struct Desk {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<FromWorker>,
    /// Jobs that were handed over, each with its end once there is one.
    jobs: BTreeMap<JobId, Option<FromWorker>>,
}

impl Desk {
    /// Says something, as soon as there is a connection.
    pub(crate) fn say(&self, message: FromWorker) {
        let mut state = self.state();
        state.waiting.push_back(message);
        if state.waiting.len() > MOST {
            state.waiting.pop_front();
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Passes on what an app or a build printed.
    pub(crate) fn print(&self, lines: Vec<WorkerLogLine>) {
        self.say(FromWorker::Logs { lines });
    }

    /// Waits for the next message. May be dropped and called again: nothing is lost.
    pub(crate) async fn next(&self) -> FromWorker {
        loop {
            if let Some(message) = self.state().waiting.pop_front() {
                return message;
            }
            self.changed.notified().await;
        }
    }

    /// Takes back a message that did not get out.
    pub(crate) fn put_back(&self, message: FromWorker) {
        self.state().waiting.push_front(message);
    }

    /// Notes a job. False for one that is known: it was handed over a second time.
    pub(crate) fn take(&self, job: JobId) -> bool {
        let mut state = self.state();
        let new = !state.jobs.contains_key(&job);
        if new {
            state.jobs.insert(job, None);
        }
        new
    }

    /// Notes the end of a job, and says it.
    pub(crate) fn end(&self, job: JobId, ended: FromWorker) {
        self.state().jobs.insert(job, Some(ended.clone()));
        self.say(ended);
    }

    /// Forgets a job whose end is recorded.
    pub(crate) fn recorded(&self, job: JobId) {
        self.state().jobs.remove(&job);
    }

    /// What a new connection begins with: the jobs that are here, and the ends that may not have arrived.
    pub(crate) fn opening(&self) -> Vec<FromWorker> {
        let mut state = self.state();
        state.waiting.retain(|message| !matches!(message, FromWorker::Ended { .. }));
        let hello = FromWorker::Hello { jobs: state.jobs.keys().copied().collect() };
        std::iter::once(hello).chain(state.jobs.values().flatten().cloned()).collect()
    }

    /// Asks for no further job.
    pub(crate) fn drain(&self) {
        self.say(FromWorker::Draining);
    }

    /// True while there is nothing left to do and to say.
    pub(crate) fn is_empty(&self) -> bool {
        let state = self.state();
        state.jobs.is_empty() && state.waiting.is_empty()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
