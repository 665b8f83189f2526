//! Counts of mails and their outcomes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::outcome::{Cause, Outcome};

/// Counts of one mailer. They also go to `metrics`.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    waiting: AtomicUsize,
    sent: AtomicUsize,
    failed: AtomicUsize,
    left: AtomicUsize,
}

impl Tally {
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Mails sent, failed and left.
    pub(crate) fn ends(&self) -> (usize, usize, usize) {
        let count = |count: &AtomicUsize| count.load(Ordering::SeqCst);
        (count(&self.sent), count(&self.failed), count(&self.left))
    }
}

/// The end of one mail, counted once. A task that is dropped without an outcome, as with its runtime, counts as left.
pub(crate) struct Ending {
    tally: Arc<Tally>,
    told: bool,
}

impl Ending {
    /// Counts a mail that was taken on.
    pub(crate) fn begin(tally: &Arc<Tally>) -> Self {
        tally.waiting.fetch_add(1, Ordering::SeqCst);
        metrics::counter!("wh_mail_queued_total").increment(1);
        metrics::gauge!("wh_mail_waiting").increment(1.0);
        Self { tally: Arc::clone(tally), told: false }
    }

    pub(crate) fn with(mut self, outcome: Outcome, message_id: &str, took: Duration) {
        self.told = true;
        self.count(outcome);
        let failed = |cause: Cause, attempts: u32| {
            metrics::counter!("wh_mail_failed_total").increment(1);
            tracing::error!(message_id, attempts, %cause, "the mail was not sent");
        };
        match outcome {
            Outcome::Sent { attempts } => {
                metrics::counter!("wh_mail_sent_total").increment(1);
                metrics::histogram!("wh_mail_delivery_seconds").record(took.as_secs_f64());
                tracing::info!(message_id, attempts, took_ms = took.as_millis(), "the mail was sent");
            }
            Outcome::Refused { attempts, cause } | Outcome::GivenUp { attempts, cause } => {
                failed(cause, attempts);
            }
            Outcome::NotSent | Outcome::Disabled => {}
        }
    }

    fn count(&self, outcome: Outcome) {
        let end = match outcome {
            Outcome::Sent { .. } => &self.tally.sent,
            Outcome::Refused { .. } | Outcome::GivenUp { .. } => &self.tally.failed,
            Outcome::NotSent | Outcome::Disabled => {
                metrics::counter!("wh_mail_left_total").increment(1);
                &self.tally.left
            }
        };
        end.fetch_add(1, Ordering::SeqCst);
        self.tally.waiting.fetch_sub(1, Ordering::SeqCst);
        metrics::gauge!("wh_mail_waiting").decrement(1.0);
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if !self.told {
            self.count(Outcome::NotSent);
        }
    }
}
