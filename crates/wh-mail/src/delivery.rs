//! One mail from the queue to its end.

use std::{path::PathBuf, sync::Arc};

use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use crate::{
    Retry, backoff,
    development::{log, write_file},
    letter::Letter,
    outcome::{Cause, Outcome},
    smtp::Smtp,
};

/// The transport, ready for use.
#[derive(Debug)]
pub(crate) enum Road {
    Smtp(Arc<Smtp>),
    Folder(PathBuf),
    Log,
}

impl Road {
    async fn send(&self, letter: &Arc<Letter>) -> Result<(), Cause> {
        match self {
            // The states of a TLS handshake are large.
            Self::Smtp(smtp) => Box::pin(smtp.send(letter)).await,
            Self::Folder(folder) => {
                let (folder, letter) = (folder.clone(), Arc::clone(letter));
                let written = tokio::task::spawn_blocking(move || write_file(&folder, &letter)).await;
                written.map_err(|_| Cause::File)?.map_err(|error| {
                    tracing::warn!(%error, "the mail could not be written to its folder");
                    Cause::File
                })
            }
            Self::Log => {
                log(letter);
                Ok(())
            }
        }
    }
}

/// State of the mailer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Open,
    /// No new mail. Waiting mails are tried at once.
    Draining,
    /// The deadline has passed.
    Over,
}

/// Sends a mail, with retries, until it has an outcome or the mailer is over.
pub(crate) async fn deliver(
    road: &Road,
    retry: &Retry,
    letter: Arc<Letter>,
    mut stage: watch::Receiver<Stage>,
) -> Outcome {
    let mut over = stage.clone();
    tokio::select! {
        biased;
        outcome = attempts(road, retry, &letter, &mut stage) => outcome,
        _ = over.wait_for(|stage| *stage == Stage::Over) => Outcome::NotSent,
    }
}

async fn attempts(
    road: &Road,
    retry: &Retry,
    letter: &Arc<Letter>,
    stage: &mut watch::Receiver<Stage>,
) -> Outcome {
    let begin = Instant::now();
    let mut hurried = false;
    let mut attempts = 0;
    let mut pauses = backoff::pauses(retry);
    loop {
        attempts += 1;
        let Err(cause) = road.send(letter).await else {
            return Outcome::Sent { attempts };
        };
        if !cause.is_temporary() {
            return Outcome::Refused { attempts, cause };
        }
        let Some(pause) = backoff::next(&mut pauses, retry, begin.elapsed()) else {
            return Outcome::GivenUp { attempts, cause };
        };
        metrics::counter!("wh_mail_retries_total").increment(1);
        tracing::info!(message_id = letter.id, attempts, %cause, ?pause, "the mail will be tried again");
        // A shutdown does not wait for a long pause: one more attempt at once, then pauses as before.
        tokio::select! {
            () = sleep(pause) => {}
            _ = stage.wait_for(|stage| *stage >= Stage::Draining), if !hurried => hurried = true,
        }
    }
}
