//! A real mail server, which breaks where it is told to.

mod script;

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{ServerCertificate, StackError};
pub use script::SmtpScript;

const PROGRAM: &str = include_str!("server.py");

/// How long anything may take before a test is ended.
const PATIENCE: Duration = Duration::from_secs(30);

/// A mail server on this machine that asks for TLS and AUTH: Python's aiosmtpd, from pinned packages of the tool cache. What it
/// gets is read by Python's own mail library. It ends when it is dropped, and also when the test process is killed.
#[derive(Debug)]
pub struct SmtpServer {
    child: Child,
    port: u16,
    /// What it is asked through, and how often it was.
    input: Mutex<(ChildStdin, usize)>,
    events: Arc<Events>,
    certificate: ServerCertificate,
}

#[derive(Debug, Default)]
struct Events {
    list: Mutex<Vec<Value>>,
    news: Condvar,
}

impl Events {
    fn lock(&self) -> MutexGuard<'_, Vec<Value>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SmtpServer {
    /// The account that it knows.
    pub const ACCOUNT: &'static str = "mailer@acme.dev";
    /// The password of that account.
    pub const PASSWORD: &'static str = "correct horse battery staple";

    /// Starts a server that does what the script says.
    ///
    /// # Panics
    /// If it cannot be had or does not start; the message says what to install. A test cannot go on then.
    #[must_use]
    #[expect(clippy::panic, reason = "a test kit may end the test that it cannot serve")]
    pub fn start(script: &SmtpScript) -> Self {
        Self::try_start(script).unwrap_or_else(|error| panic!("the mail server for tests: {error}"))
    }

    fn try_start(script: &SmtpScript) -> Result<Self, StackError> {
        let certificate = script.certificate()?;
        let mut python = crate::python(&mut |step| eprintln!("{step}"))?;
        python.args(["-c", PROGRAM]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let failed = |problem: String| StackError::DidNotStart {
            program: "aiosmtpd".to_owned(),
            problem,
            log: "  (what it said is above)".to_owned(),
        };
        let mut child = python.spawn().map_err(|error| failed(error.to_string()))?;
        let order = script.order(&certificate, (Self::ACCOUNT, Self::PASSWORD));
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed("it has no input or output".to_owned()));
        };
        writeln!(input, "{order}").map_err(|error| failed(error.to_string()))?;
        let events = Arc::<Events>::default();
        let list = Arc::clone(&events);
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Ok(event) = serde_json::from_str(&line) {
                    list.lock().push(event);
                    list.news.notify_all();
                }
            }
        });
        let mut server = Self { child, port: 0, input: Mutex::new((input, 0)), events, certificate };
        let port = server.wait("listening", 1).and_then(|event| event.get("port")?.as_u64());
        server.port = port
            .and_then(|port| port.try_into().ok())
            .ok_or_else(|| failed(format!("it did not begin to listen within {} s", PATIENCE.as_secs())))?;
        Ok(server)
    }

    /// Where it listens on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its certificate, and the authority that signed it.
    #[must_use]
    pub const fn certificate(&self) -> &ServerCertificate {
        &self.certificate
    }

    /// Everything of a kind that has happened before this call: `connection`, `tls`, `command`, `auth`, `mail`, `cut`, `hang`.
    #[must_use]
    pub fn seen(&self, kind: &str) -> Vec<Value> {
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        // It answers in order, so with this answer everything before it has been read.
        if writeln!(input.0).is_ok() {
            input.1 += 1;
            self.wait("asked", input.1);
        }
        of_kind(&self.events.lock(), kind).cloned().collect()
    }

    /// The mails that it took, as Python reads them.
    #[must_use]
    pub fn mails(&self) -> Vec<Value> {
        self.seen("mail").into_iter().filter_map(|mut event| event.get_mut("mail").map(Value::take)).collect()
    }

    /// The commands that clients have sent, in order.
    #[must_use]
    pub fn commands(&self) -> Vec<String> {
        let verb = |event: Value| event.get("verb").and_then(Value::as_str).map(str::to_owned);
        self.seen("command").into_iter().filter_map(verb).collect()
    }

    /// Waits until something of this kind has happened.
    ///
    /// # Panics
    /// After half a minute, with what happened in its place.
    pub fn wait_for(&self, kind: &str) {
        let found = self.wait(kind, 1).is_some();
        assert!(found, "the mail server has not seen a `{kind}`, but: {:?}", self.events.lock());
    }

    /// Waits for event number `count` of a kind.
    fn wait(&self, kind: &str, count: usize) -> Option<Value> {
        let end = Instant::now() + PATIENCE;
        let mut list = self.events.lock();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let found = of_kind(&list, kind).nth(count.saturating_sub(1)).cloned();
            if found.is_some() || left.is_zero() {
                return found;
            }
            list = self.events.news.wait_timeout(list, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn of_kind<'a>(list: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    list.iter().filter(move |event| event.get("event").and_then(Value::as_str) == Some(kind))
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
