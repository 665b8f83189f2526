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
use futures_util::future::BoxFuture;
use tokio::{
    sync::{Semaphore, watch},
    time::sleep,
};

use super::keys::Keys;

/// Commands on their way at the same time, and how long one may wait for its turn.
const ABREAST: usize = 128;
const TURN: Duration = Duration::from_millis(20);

/// Why the server did not do what it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The link is of no use any more.
    Broken,
    /// The server has no room. It still reads and deletes.
    Full,
    /// The key holds something that is no text.
    WrongType,
    /// So many commands of this process are on their way that one more would wait too long.
    Busy,
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
    /// Of too many commands at once the last would be late through no fault of the server.
    turns: Semaphore,
    /// Whether what the server holds may be believed: not while others may still have evictions to send.
    trusted: AtomicBool,
    broken: watch::Sender<bool>,
}

impl Link {
    pub(super) fn new(commands: Connected, listener: Connected, keys: Keys, timeout: Duration) -> Self {
        let clustered = commands.client.is_clustered();
        let (trusted, broken) = (AtomicBool::new(false), watch::Sender::new(false));
        let turns = Semaphore::new(ABREAST);
        Self { commands, listener, keys, clustered, timeout, turns, trusted, broken }
    }

    /// Waits for the answer to a command, until the link's time-out or somebody else's trouble. It waits for its turn first, for a
    /// short time only.
    pub(super) fn run<'a, T: Send + 'a>(
        &'a self,
        command: impl Future<Output = Result<T, Error>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, Trouble>> {
        // The library's futures are far too large to be part of every caller's.
        Box::pin(self.take_turn(TURN, command))
    }

    /// The same for what has time, and has to be done.
    pub(super) fn run_patiently<'a, T: Send + 'a>(
        &'a self,
        command: impl Future<Output = Result<T, Error>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, Trouble>> {
        Box::pin(self.take_turn(Duration::MAX, command))
    }

    async fn take_turn<T>(
        &self,
        patience: Duration,
        command: impl Future<Output = Result<T, Error>> + Send,
    ) -> Result<T, Trouble> {
        let turn = tokio::select! {
            biased;
            turn = self.turns.acquire() => turn.map_err(|_| Trouble::Broken)?,
            () = self.broken() => return Err(Trouble::Broken),
            () = sleep(patience) => return Err(Trouble::Busy),
        };
        let answer = self.run_within(self.timeout, command).await;
        drop(turn);
        answer
    }

    /// Waits for the answer to a command that needs no turn.
    pub(super) async fn run_within<T>(
        &self,
        limit: Duration,
        command: impl Future<Output = Result<T, Error>> + Send,
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
        answer.map_err(|error| self.judge(&error))
    }

    fn judge(&self, error: &Error) -> Trouble {
        // Older servers put words of their own before the code of an error inside a script.
        if error.details().contains("OOM") {
            return Trouble::Full;
        }
        if error.details().contains("WRONGTYPE") {
            return Trouble::WrongType;
        }
        self.trip(error.details());
        Trouble::Broken
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
