//! Sending to a mail server over a few pooled connections.

mod connection;
mod failure;
mod guarded;
mod server;

use std::{collections::VecDeque, fmt, sync::Arc, time::Instant};

use tokio::sync::{Mutex, Semaphore};

use crate::{MailError, SmtpSettings, letter::Letter, outcome::Cause};
use connection::Connection;
use server::Server;

/// The mail server and the pool of connections to it. A connection serves one attempt at a time. It is closed after an attempt
/// that broke off, timed out or was cancelled, because its next answer may belong to that attempt.
pub(crate) struct Smtp {
    server: Server,
    /// One permit per connection that may be open.
    slots: Semaphore,
    idle: Mutex<VecDeque<(Connection, Instant)>>,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Smtp {
    pub(crate) fn new(settings: SmtpSettings, hello: &str) -> Result<Arc<Self>, MailError> {
        let slots = Semaphore::new(settings.connections.clamp(1, 64));
        Ok(Arc::new(Self { server: Server::new(settings, hello)?, slots, idle: Mutex::default() }))
    }

    pub(crate) async fn send(&self, letter: &Letter) -> Result<(), Cause> {
        let _slot = self.slots.acquire().await;
        let mut connection = match self.kept().await {
            Some(connection) => connection,
            None => Connection::open(&self.server).await?,
        };
        let result = connection.send(letter).await;
        // After 4xx or 5xx the connection is usable, except after 421: the server closes it.
        let sound = match result {
            Ok(()) => true,
            Err(Cause::Answer { code, .. }) => code != 421 && connection.reset().await,
            Err(_) => false,
        };
        if sound {
            self.idle.lock().await.push_back((connection, Instant::now()));
        }
        result
    }

    /// The most recently used connection that still answers.
    async fn kept(&self) -> Option<Connection> {
        loop {
            let (mut connection, since) = self.idle.lock().await.pop_back()?;
            if since.elapsed() < self.server.settings.idle_timeout && connection.answers().await {
                return Some(connection);
            }
        }
    }

    /// Closes connections that have been idle for too long, or all.
    pub(crate) async fn close_idle(&self, all: bool) {
        loop {
            let mut idle = self.idle.lock().await;
            let due = |since: &Instant| all || since.elapsed() >= self.server.settings.idle_timeout;
            if !idle.front().is_some_and(|(_, since)| due(since)) {
                return;
            }
            let oldest = idle.pop_front();
            drop(idle);
            if let Some((connection, _)) = oldest {
                connection.close().await;
            }
        }
    }
}
