//! A network between a test and its Postgres, which counts round trips and breaks on command.

mod connection;
mod controls;
mod ledger;
mod wire;

use std::{
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream, UnixStream},
    sync::oneshot,
};
use tokio_postgres::config::Host;

use crate::address;
use connection::{LATENCY, Stream, carry};
use controls::{Controls, End};

/// A TCP proxy in front of a Postgres. It has a thread of its own, so it works with every kind of test, and its orders are
/// carried out when their function returns.
///
/// # What it counts
/// A *round trip* is a request that the client sends while nothing of its own is unanswered. What it sends before that
/// answer arrives is pipelined and costs nothing. Requests that only prepare a statement are counted apart, as
/// [`preparations`](Self::preparations): they happen once per connection and statement. Closing a statement costs nothing,
/// as nobody waits for it. Logging in is not counted.
///
/// Every answer takes two milliseconds, unless [`delay`](Self::delay) says otherwise: on a network without latency, whether
/// two requests overlap would be luck.
///
/// It speaks no TLS: a client that asks for encryption is told that there is none.
#[derive(Debug)]
pub struct Proxy {
    url: String,
    controls: Arc<Controls>,
    /// Dropping it ends the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

/// Where the server is.
#[derive(Debug, Clone)]
enum Target {
    Tcp(String, u16),
    Unix(PathBuf),
}

impl Proxy {
    /// Starts a proxy in front of the first host of `database_url`.
    ///
    /// # Panics
    /// If the URL cannot be read, or no port can be had: a test cannot go on then.
    #[expect(clippy::panic, reason = "a test kit may end the test that it cannot serve")]
    pub async fn start(database_url: &str) -> Self {
        let config: tokio_postgres::Config = database_url.parse().unwrap_or_else(|error| {
            panic!("the proxy needs a Postgres URL like postgres://user@host:5432/name: {error}")
        });
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let target = match config.get_hosts().first() {
            Some(Host::Unix(folder)) => Target::Unix(folder.join(format!(".s.PGSQL.{port}"))),
            Some(Host::Tcp(name)) => Target::Tcp(name.clone(), port),
            None => Target::Tcp("localhost".to_owned(), port),
        };
        let controls = Arc::new(Controls::new(LATENCY));
        let (stop, stopped) = oneshot::channel();
        let (report, bound) = oneshot::channel();
        let shared = Arc::clone(&controls);
        let thread = thread::spawn(move || run(&shared, &target, stopped, report));
        let ended = |_| Err(io::Error::other("its thread ended"));
        let at = bound.await.unwrap_or_else(ended);
        let at = at.unwrap_or_else(|error| panic!("the proxy could not listen on 127.0.0.1: {error}"));
        let url = address::with_host(database_url, &at);
        Self { url, controls, stop: Some(stop), thread: Some(thread) }
    }

    /// The database URL that leads through the proxy.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Round trips of all connections since the start or the last reset.
    #[must_use]
    pub fn round_trips(&self) -> u64 {
        self.controls.round_trips.load(Ordering::SeqCst)
    }

    /// Round trips that only prepared statements.
    #[must_use]
    pub fn preparations(&self) -> u64 {
        self.controls.preparations.load(Ordering::SeqCst)
    }

    /// Connections that began to log in.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.controls.connections.load(Ordering::SeqCst)
    }

    /// Requests to cancel a query; each comes on a connection of its own.
    #[must_use]
    pub fn cancellations(&self) -> u64 {
        self.controls.cancellations.load(Ordering::SeqCst)
    }

    /// Connections that are open now.
    #[must_use]
    pub fn open_connections(&self) -> u64 {
        *self.controls.open.borrow()
    }

    /// Sets all counts to zero.
    pub fn reset_counts(&self) {
        let Controls { round_trips, preparations, connections, cancellations, .. } = &*self.controls;
        let zero = |count: &AtomicU64| count.store(0, Ordering::SeqCst);
        [round_trips, preparations, connections, cancellations].into_iter().for_each(zero);
    }

    /// Every answer takes this long on its way, from now on.
    pub fn delay(&self, latency: Duration) {
        self.controls.set_delay(latency);
    }

    /// Whether answers are held back. Requests pass, and are carried out; their answers arrive once nothing is held any more.
    pub fn hold(&self, hold: bool) {
        self.controls.hold.send_replace(hold);
    }

    /// Ends every connection in order, with a FIN.
    pub fn cut(&self) {
        self.end(End::Cut);
    }

    /// Ends every connection with a RST, as a crashed machine or a firewall would.
    pub fn reset(&self) {
        self.end(End::Reset);
    }

    /// Whether new connections are turned away; they get a RST before they can log in.
    pub fn refuse(&self, refuse: bool) {
        self.controls.refuse.store(refuse, Ordering::SeqCst);
    }

    /// Whether bytes are lost, in both directions, while all connections stay open. A connection that lost some stays silent
    /// for good, also after the end of the hang; new ones work then.
    pub fn hang(&self, hang: bool) {
        self.controls.hang.send_replace(hang);
    }

    /// The next request that runs something reaches the server, and is carried out to its end; its answer is lost, and the
    /// client's connection is reset. This is how a client cannot know whether its COMMIT happened.
    pub fn swallow_next_answer(&self) {
        self.swallow_answer(1);
    }

    /// As [`swallow_next_answer`](Self::swallow_next_answer), for the `nth` request from now on: a transaction whose BEGIN
    /// travels with one statement, followed by COMMIT, has three. 0 takes an order back that was not carried out yet.
    pub fn swallow_answer(&self, nth: u64) {
        self.controls.swallow.store(nth, Ordering::SeqCst);
    }

    /// True once no answer waits to be swallowed any more.
    #[must_use]
    pub fn has_swallowed(&self) -> bool {
        self.controls.swallow.load(Ordering::SeqCst) == 0
    }

    /// What the server has said beside its answers (`NOTICE`, `WARNING`, …) over all connections, in order, since the start or
    /// since this was last asked. A statement's notices are here before its answer is.
    #[must_use]
    pub fn take_notices(&self) -> Vec<String> {
        self.controls.take_notices()
    }

    fn end(&self, end: End) {
        self.controls.end.send_modify(|order| *order = (order.0.wrapping_add(1), end));
        let begin = std::time::Instant::now();
        while self.open_connections() > 0 && begin.elapsed() < Duration::from_secs(30) {
            thread::sleep(Duration::from_micros(200));
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn run(
    controls: &Arc<Controls>,
    target: &Target,
    stopped: oneshot::Receiver<()>,
    report: oneshot::Sender<io::Result<SocketAddr>>,
) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(report.send(Err(error))),
    };
    runtime.block_on(async {
        let listener = match TcpListener::bind(("127.0.0.1", 0)).await {
            Ok(listener) => listener,
            Err(error) => return drop(report.send(Err(error))),
        };
        drop(report.send(listener.local_addr()));
        tokio::select! {
            () = accept(controls, target, &listener) => {}
            _ = stopped => {}
        }
    });
}

async fn accept(controls: &Arc<Controls>, target: &Target, listener: &TcpListener) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            continue;
        };
        if controls.refuse.load(Ordering::SeqCst) {
            drop(client.set_zero_linger());
            continue;
        }
        let (controls, target) = (Arc::clone(controls), target.clone());
        // Counted before the connection can answer anything, so that `cut` waits for it.
        controls.open.send_modify(|open| *open += 1);
        tokio::spawn(async move {
            let mut orders = controls.end.subscribe();
            let server = tokio::select! {
                server = connect(&target) => server.ok(),
                _ = orders.changed() => None,
            };
            // No server behind us: the client sees a closed connection, as it would with a real one.
            if let Some(server) = server {
                drop(client.set_nodelay(true));
                carry(&controls, orders, client, server).await;
            }
            controls.open.send_modify(|open| *open -= 1);
        });
    }
}

async fn connect(target: &Target) -> io::Result<Box<dyn Stream>> {
    Ok(match target {
        Target::Tcp(host, port) => {
            let stream = TcpStream::connect((host.as_str(), *port)).await?;
            stream.set_nodelay(true)?;
            Box::new(stream)
        }
        Target::Unix(path) => Box::new(UnixStream::connect(path).await?),
    })
}
