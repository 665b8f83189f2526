//! One connection through the proxy.

use std::{
    io,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::{mpsc, watch},
    time::Instant,
};

use super::{
    controls::{Controls, End},
    ledger::{Ledger, Request, ends_answer},
    wire::{NOTICE, Opening, message, notice_text, opening},
};

/// A stream to the server: TCP, or a Unix socket.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// What both directions of a connection know.
struct Shared<'a> {
    controls: &'a Controls,
    ledger: Mutex<Ledger>,
    /// Whether bytes were lost to a hang; then nothing passes any more.
    lossy: AtomicBool,
}

impl Shared<'_> {
    /// Whether bytes that arrive now are lost.
    fn loses(&self, hang: &watch::Receiver<bool>) -> bool {
        if *hang.borrow() {
            self.lossy.store(true, Ordering::SeqCst);
        }
        self.lossy.load(Ordering::SeqCst)
    }
}

/// Why the connection ended.
enum Verdict {
    Closed,
    Ordered(End),
    Swallowed,
}

/// Carries one connection until either side, or the test, ends it.
pub(super) async fn carry(
    controls: &Controls,
    mut orders: watch::Receiver<(u64, End)>,
    mut client: TcpStream,
    mut server: Box<dyn Stream>,
) {
    let hang = controls.hang.subscribe();
    let verdict = {
        let shared = Shared { controls, ledger: Mutex::default(), lossy: AtomicBool::new(false) };
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = tokio::io::split(&mut server);
        // The byte that answers a request for encryption is ours, and must not overtake the server's.
        let to_client = tokio::sync::Mutex::new(to_client);
        tokio::select! {
            _ = forward_requests(&shared, from_client, to_server, &to_client, hang.clone()) => Verdict::Closed,
            swallowed = forward_answers(&shared, from_server, &to_client, hang) => {
                if matches!(swallowed, Ok(true)) { Verdict::Swallowed } else { Verdict::Closed }
            }
            changed = orders.changed() => {
                changed.map_or(Verdict::Closed, |()| Verdict::Ordered(orders.borrow().1))
            }
        }
    };
    match verdict {
        Verdict::Swallowed | Verdict::Ordered(End::Reset) => drop(client.set_zero_linger()),
        Verdict::Closed | Verdict::Ordered(End::Cut) => drop(client.shutdown().await),
    }
    drop(server.shutdown().await);
}

async fn forward_requests<R, W, C>(
    shared: &Shared<'_>,
    mut from: R,
    mut to: W,
    to_client: &tokio::sync::Mutex<C>,
    hang: watch::Receiver<bool>,
) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
    C: AsyncWrite + Unpin,
{
    let mut buffer = Vec::new();
    let mut started = false;
    loop {
        let before = buffer.len();
        if from.read_buf(&mut buffer).await? == 0 {
            return to.shutdown().await;
        }
        if shared.loses(&hang) {
            buffer.truncate(before);
            continue;
        }
        let mut passed = 0;
        while let Some(rest) = buffer.get(passed..) {
            if started {
                let Some(found) = message(rest) else { break };
                passed += found.length;
                note_request(shared, found.kind);
                continue;
            }
            let Some((kind, length)) = opening(rest) else {
                break;
            };
            match kind {
                Opening::Encryption => {
                    // In the clear, or nothing could be counted.
                    buffer.drain(passed..passed + length);
                    to_client.lock().await.write_all(b"N").await?;
                    continue;
                }
                Opening::Cancel => {
                    shared.controls.cancellations.fetch_add(1, Ordering::SeqCst);
                }
                Opening::Startup => {
                    shared.controls.connections.fetch_add(1, Ordering::SeqCst);
                }
            }
            started = true;
            passed += length;
        }
        to.write_all(buffer.get(..passed).unwrap_or_default()).await?;
        to.flush().await?;
        buffer.drain(..passed);
    }
}

fn note_request(shared: &Shared<'_>, kind: u8) {
    let mut ledger = lock(&shared.ledger);
    let Some((request, cost)) = ledger.sent(kind) else {
        return;
    };
    shared.controls.count(cost);
    if request == Request::Execution && shared.controls.swallows() {
        ledger.swallow_last();
    }
}

fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whole messages on their way to the client.
struct Answers {
    due: Instant,
    bytes: Vec<u8>,
    /// How many requests they answer.
    ended: usize,
}

/// Returns true once the answer that was to be swallowed is complete.
async fn forward_answers<R, W>(
    shared: &Shared<'_>,
    from: R,
    to: &tokio::sync::Mutex<W>,
    hang: watch::Receiver<bool>,
) -> io::Result<bool>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (sender, receiver) = mpsc::unbounded_channel();
    // A server that hangs up has often said why: reading ends first, and writing once everything is delivered.
    let (swallowed, ()) =
        tokio::try_join!(read_answers(shared, from, sender), write_answers(shared, receiver, to, hang))?;
    Ok(swallowed)
}

async fn read_answers<R>(
    shared: &Shared<'_>,
    mut from: R,
    sender: mpsc::UnboundedSender<Answers>,
) -> io::Result<bool>
where
    R: AsyncRead + Unpin,
{
    let mut buffer = Vec::new();
    loop {
        if from.read_buf(&mut buffer).await? == 0 {
            return Ok(false);
        }
        let mut answers =
            Answers { due: Instant::now() + shared.controls.delay(), bytes: Vec::new(), ended: 0 };
        let mut swallowed = false;
        while let Some(found) = message(&buffer).filter(|_| !swallowed) {
            let ends = ends_answer(found.kind);
            let kept = lock(&shared.ledger).passes(ends);
            if found.kind == NOTICE {
                shared.controls.note(notice_text(buffer.get(..found.length).unwrap_or_default()));
            }
            let bytes = buffer.drain(..found.length);
            if kept {
                answers.bytes.extend(bytes);
                answers.ended += usize::from(ends);
            } else {
                swallowed = ends;
            }
        }
        if !answers.bytes.is_empty() && sender.send(answers).is_err() {
            return Ok(false);
        }
        if swallowed {
            return Ok(true);
        }
    }
}

async fn write_answers<W>(
    shared: &Shared<'_>,
    mut receiver: mpsc::UnboundedReceiver<Answers>,
    to: &tokio::sync::Mutex<W>,
    hang: watch::Receiver<bool>,
) -> io::Result<()>
where
    W: AsyncWrite + Unpin,
{
    let mut hold = shared.controls.hold.subscribe();
    while let Some(answers) = receiver.recv().await {
        if answers.due > Instant::now() {
            tokio::time::sleep_until(answers.due).await;
        }
        // Ends with an error only after the proxy itself.
        drop(hold.wait_for(|held| !held).await);
        if shared.loses(&hang) {
            continue;
        }
        // Until the client can have seen it, what it sends is pipelined.
        lock(&shared.ledger).answered(answers.ended);
        to.lock().await.write_all(&answers.bytes).await?;
    }
    Ok(())
}

/// The latency that every answer has unless the test sets another one: enough for a client to send what it wants to
/// pipeline, so that counts do not depend on luck.
pub(super) const LATENCY: Duration = Duration::from_millis(2);
