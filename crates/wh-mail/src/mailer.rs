//! The mailer: a bounded queue in front of a transport.

use std::{
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, oneshot, watch},
};
use wh_crypto::KeyRing;

use crate::{
    MailError, MailSettings, NewDeviceInfo, Retry, SmtpSettings, Transport,
    delivery::{Road, Stage, deliver},
    letter::{Letter, Sender},
    outcome::{Drained, Outcome, Receipt},
    preview::compose,
    smtp::Smtp,
    tally::{Ending, Tally},
};

/// Sends the mails of the platform in the background. Clones share one queue.
///
/// A mail holds one place of the queue until it is sent, refused or given up, pauses between attempts included. So at most
/// [`MailSettings::queue_capacity`] mails are in memory.
#[derive(Clone)]
pub struct Mailer(Option<Arc<Inner>>);

struct Inner {
    runtime: Handle,
    /// Gone as soon as the runtime drops its tasks.
    runs: Weak<()>,
    sender: Sender,
    keys: KeyRing,
    retry: Retry,
    road: Road,
    capacity: u32,
    places: Arc<Semaphore>,
    stage: watch::Sender<Stage>,
    tally: Arc<Tally>,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(inner) => f.debug_tuple("Mailer").field(&inner.road).finish(),
            None => f.write_str("Mailer(disabled)"),
        }
    }
}

impl Mailer {
    /// Starts the mailer in the current Tokio runtime (`New`). It connects with the first mail. It is
    /// [disabled](Self::disabled) if host, account or password of the mail server is empty.
    ///
    /// # Errors
    /// [`MailError::Setting`], [`MailError::NoRuntime`].
    pub fn start(settings: MailSettings, keys: KeyRing) -> Result<Self, MailError> {
        if let Transport::Smtp(smtp) = &settings.transport
            && !is_complete(smtp)
        {
            return Ok(Self::disabled());
        }
        let sender = Sender::new(&settings)?;
        let runtime = Handle::try_current().map_err(|_| MailError::NoRuntime)?;
        let (stage, over) = watch::channel(Stage::Open);
        let road = match settings.transport {
            Transport::Smtp(smtp) => {
                let pause = smtp.idle_timeout.max(Duration::from_millis(100));
                let smtp = Smtp::new(smtp, &sender.house.domain)?;
                runtime.spawn(close_idle(Arc::downgrade(&smtp), pause, over.clone()));
                Road::Smtp(smtp)
            }
            Transport::Folder(folder) => Road::Folder(folder),
            Transport::Log => Road::Log,
        };
        let capacity = u32::try_from(settings.queue_capacity.clamp(1, 65_536)).unwrap_or(1);
        let places = Arc::new(Semaphore::new(capacity.try_into().unwrap_or(1)));
        let retry = settings.retry;
        tracing::info!(transport = ?road, "mail is on");
        let running = Arc::new(());
        let runs = Arc::downgrade(&running);
        runtime.spawn(hold(running, over));
        let tally = Arc::default();
        let inner = Inner { runtime, runs, sender, keys, retry, road, capacity, places, stage, tally };
        Ok(Self(Some(Arc::new(inner))))
    }

    /// A mailer that sends nothing. Logs once that mail is off.
    #[must_use]
    pub fn disabled() -> Self {
        tracing::info!(
            "mail is off: no mail will be sent until host, account and password of the mail server are set"
        );
        Self(None)
    }

    /// True if mail is sent (`Enabled`): host, account and password are set, or a transport for development is.
    #[must_use]
    pub const fn enabled(&self) -> bool {
        self.0.is_some()
    }

    /// Sends a user the alert about a sign-in from a new device (`SendNewDeviceAlert`). Returns at once; the mail is sent in the
    /// background. The revoke link begins with `base_url`.
    ///
    /// # Errors
    /// [`MailError::QueueFull`], [`MailError::Recipient`], [`MailError::BaseUrl`]; [`MailError::Closed`] after a shutdown and
    /// [`MailError::RuntimeEnded`] after the end of the runtime. A disabled mailer never fails.
    pub fn send_new_device_alert(&self, info: &NewDeviceInfo, base_url: &str) -> Result<Receipt, MailError> {
        let Some(inner) = &self.0 else { return Ok(disabled_receipt()) };
        inner.check_open()?;
        let place = Arc::clone(&inner.places).try_acquire_owned().map_err(|error| {
            metrics::counter!("wh_mail_turned_away_total").increment(1);
            match error {
                TryAcquireError::NoPermits => {
                    MailError::QueueFull { capacity: inner.capacity.try_into().unwrap_or(usize::MAX) }
                }
                TryAcquireError::Closed => MailError::Closed,
            }
        })?;
        inner.take_on(place, inner.new_device(info, base_url)?)
    }

    /// As [`send_new_device_alert`](Self::send_new_device_alert), but waits while the queue is full. Returns when the mail has
    /// its place in the queue. If the future is dropped before, no mail is sent.
    ///
    /// # Errors
    /// [`MailError::Recipient`], [`MailError::BaseUrl`]; [`MailError::Closed`] after a shutdown and
    /// [`MailError::RuntimeEnded`] after the end of the runtime.
    pub async fn send_new_device_alert_waiting(
        &self,
        info: &NewDeviceInfo,
        base_url: &str,
    ) -> Result<Receipt, MailError> {
        let Some(inner) = &self.0 else { return Ok(disabled_receipt()) };
        let letter = inner.new_device(info, base_url)?;
        let mut stage = inner.stage.subscribe();
        let place = tokio::select! {
            place = Arc::clone(&inner.places).acquire_owned() => place.map_err(|_| MailError::Closed)?,
            _ = stage.wait_for(|stage| *stage > Stage::Open) => return Err(MailError::Closed),
        };
        inner.take_on(place, letter)
    }

    /// Number of mails in the queue, those on their way and those between two attempts included.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.as_ref().map_or(0, |inner| inner.tally.waiting())
    }

    /// Stops taking mail and drains the queue. Mails that wait for their next attempt are tried at once, and again until
    /// `deadline` has passed; mails that are left then are given up and counted. Further calls, also on clones, wait for
    /// the same end.
    pub async fn shutdown(&self, deadline: Duration) -> Drained {
        let Some(inner) = &self.0 else { return Drained { sent: 0, failed: 0, left: 0 } };
        let (sent, failed, _) = inner.tally.ends();
        let advance =
            |to: Stage| inner.stage.send_if_modified(|stage| std::mem::replace(stage, to.max(*stage)) < to);
        advance(Stage::Draining);
        let all = Arc::clone(&inner.places).acquire_many_owned(inner.capacity);
        let drained = tokio::time::timeout(deadline, all).await;
        advance(Stage::Over);
        if drained.is_err() {
            // Every delivery ends at the stage `Over` and gives its place back.
            drop(Arc::clone(&inner.places).acquire_many_owned(inner.capacity).await);
        }
        if let Road::Smtp(smtp) = &inner.road {
            smtp.close_idle(true).await;
        }
        let (all_sent, all_failed, left) = inner.tally.ends();
        let drained = Drained { sent: all_sent - sent, failed: all_failed - failed, left };
        if left > 0 {
            tracing::warn!(
                left,
                sent = drained.sent,
                failed = drained.failed,
                "the mailer was shut down before all mails were sent"
            );
        } else {
            tracing::info!(sent = drained.sent, failed = drained.failed, "the mailer was shut down");
        }
        drained
    }
}

impl Inner {
    fn check_open(&self) -> Result<(), MailError> {
        if *self.stage.borrow() != Stage::Open {
            return Err(MailError::Closed);
        }
        if self.runs.strong_count() == 0 {
            return Err(MailError::RuntimeEnded);
        }
        Ok(())
    }

    fn new_device(&self, info: &NewDeviceInfo, base_url: &str) -> Result<Letter, MailError> {
        compose(&self.sender, &self.keys, info, base_url).map(|(letter, _)| letter)
    }

    fn take_on(self: &Arc<Self>, place: OwnedSemaphorePermit, letter: Letter) -> Result<Receipt, MailError> {
        self.check_open()?;
        let (report, outcome) = oneshot::channel();
        let receipt = Receipt { message_id: Some(letter.id.clone()), outcome };
        // Made here: the runtime may end before the task runs for the first time.
        let ending = Ending::begin(&self.tally);
        let (inner, letter) = (Arc::clone(self), Arc::new(letter));
        self.runtime.spawn(async move {
            let begin = tokio::time::Instant::now();
            let outcome =
                deliver(&inner.road, &inner.retry, Arc::clone(&letter), inner.stage.subscribe()).await;
            ending.with(outcome, &letter.id, begin.elapsed());
            let _ = report.send(outcome);
            // Last, so that a shutdown that has all places has all ends.
            drop(place);
        });
        Ok(receipt)
    }
}

fn is_complete(smtp: &SmtpSettings) -> bool {
    use secrecy::ExposeSecret;
    !smtp.host.is_empty() && !smtp.account.is_empty() && !smtp.password.expose_secret().is_empty()
}

fn disabled_receipt() -> Receipt {
    let (report, outcome) = oneshot::channel();
    let _ = report.send(Outcome::Disabled);
    Receipt { message_id: None, outcome }
}

/// Holds the mark of a running runtime until the mailer is over or gone.
async fn hold(_running: Arc<()>, mut over: watch::Receiver<Stage>) {
    drop(over.wait_for(|stage| *stage == Stage::Over).await);
}

/// Closes idle connections until the mailer is over or gone.
async fn close_idle(smtp: Weak<Smtp>, pause: Duration, mut over: watch::Receiver<Stage>) {
    while tokio::time::timeout(pause, over.wait_for(|stage| *stage == Stage::Over)).await.is_err() {
        let Some(smtp) = smtp.upgrade() else { return };
        smtp.close_idle(false).await;
    }
}
