//! One life of the connections to Redis: from a successful start to the first trouble. It is never repaired, only replaced.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use fred::{
    clients::{Client, WithOptions},
    error::Error,
    interfaces::ClientLike,
    types::{ConnectHandle, config::Options},
};
use tokio::{sync::watch, time::sleep};

use super::keys::Keys;

/// Why the server did not do what it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The link is of no use any more.
    Broken,
    /// The server has no room. It still reads and deletes.
    Full,
    /// The key holds something that is no text.
    WrongType,
}

/// A client without a will of its own: it does not connect again, and answers at once that it cannot.
pub(super) type Direct = WithOptions<Client>;

/// A connected client. Dropping it closes its connections, whatever state they are in.
pub(super) struct Connected {
    pub(super) client: Direct,
    _task: Task,
}

/// The task that drives a client.
struct Task(ConnectHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connected {
    /// Connects, or fails; the caller limits the time.
    pub(super) async fn open(client: Client) -> Result<Self, Error> {
        let mut task = None;
        // The first arm listens before the second connects: in this order, or the answer may be missed.
        let connected = tokio::select! {
            biased;
            connected = client.wait_for_connect() => connected,
            never = async {
                task = Some(Task(client.connect()));
                std::future::pending::<Result<(), Error>>().await
            } => never,
        };
        connected?;
        let task =
            task.ok_or_else(|| Error::new(fred::error::ErrorKind::Unknown, "never began to connect"))?;
        let options = Options { fail_fast: true, max_attempts: Some(1), ..Options::default() };
        Ok(Self { client: client.with_options(&options), _task: task })
    }
}

/// Two connections, because a server limits what it keeps for a slow listener, and cuts it off beyond that.
pub(super) struct Link {
    pub(super) commands: Connected,
    pub(super) listener: Connected,
    pub(super) keys: Keys,
    pub(super) clustered: bool,
    timeout: Duration,
    /// Whether what the server holds may be believed: not while others may still have evictions to send.
    trusted: AtomicBool,
    broken: watch::Sender<bool>,
}

impl Link {
    pub(super) fn new(commands: Connected, listener: Connected, keys: Keys, timeout: Duration) -> Self {
        let clustered = commands.client.is_clustered();
        let (trusted, broken) = (AtomicBool::new(false), watch::Sender::new(false));
        Self { commands, listener, keys, clustered, timeout, trusted, broken }
    }

    /// Waits for the answer to a command, until the link's time-out or somebody else's trouble.
    pub(super) async fn run<T>(&self, command: impl Future<Output = Result<T, Error>>) -> Result<T, Trouble> {
        self.run_within(self.timeout, command).await
    }

    /// The same with another limit.
    pub(super) async fn run_within<T>(
        &self,
        limit: Duration,
        command: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Trouble> {
        if self.is_broken() {
            return Err(Trouble::Broken);
        }
        let answer = tokio::select! {
            biased;
            answer = command => answer,
            () = self.broken() => return Err(Trouble::Broken),
            () = sleep(limit) => {
                self.trip(&format!("no answer within {} ms", limit.as_millis()));
                return Err(Trouble::Broken);
            }
        };
        answer.map_err(|error| {
            // Older servers put words of their own before the code of an error inside a script.
            if error.details().contains("OOM") {
                return Trouble::Full;
            }
            if error.details().contains("WRONGTYPE") {
                return Trouble::WrongType;
            }
            self.trip(error.details());
            Trouble::Broken
        })
    }

    /// Gives the link up, and releases everybody who waits on it.
    pub(super) fn trip(&self, reason: &str) {
        if !self.broken.send_replace(true) {
            tracing::warn!(reason, "Redis is given up until it is well again; the cache goes on without it");
        }
    }

    pub(super) fn is_broken(&self) -> bool {
        *self.broken.borrow()
    }

    /// Returns once the link is given up.
    pub(super) async fn broken(&self) {
        drop(self.broken.subscribe().wait_for(|broken| *broken).await);
    }

    pub(super) fn trust(&self) {
        self.trusted.store(true, Ordering::Release);
    }

    pub(super) fn is_trusted(&self) -> bool {
        self.trusted.load(Ordering::Acquire) && !self.is_broken()
    }
}
