//! What the log hears of an outage.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;
use wh_testkit::{Proxy, TestDatabase};

use crate::support::{eventually, lazy, settings};

/// Log lines of this thread.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn containing(&self, text: &str) -> usize {
        let written = self.0.lock().unwrap();
        String::from_utf8_lossy(&written).lines().filter(|line| line.contains(text)).count()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn listen() -> (Lines, tracing::subscriber::DefaultGuard) {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .with_ansi(false)
        .with_writer(lines.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    (lines, guard)
}

#[tokio::test]
async fn an_outage_is_said_once_when_it_begins_and_once_when_it_is_over() {
    let (lines, _guard) = listen();
    let postgres = TestDatabase::new().await;
    let proxy = Proxy::start(postgres.url()).await;
    let mut settings = settings(proxy.url(), 8);
    settings.min_idle = 5;
    settings.acquire_timeout = Duration::from_millis(400);
    let db = lazy(settings);
    eventually("it works", async || db.workers().list().await.is_ok()).await;

    proxy.refuse(true);
    proxy.cut();
    let said = || lines.containing("cannot connect to Postgres, trying on");
    eventually("the outage is said", async || said() == 1).await;
    for _ in 0..5 {
        assert!(db.workers().list().await.unwrap_err().is_retryable());
    }
    assert_eq!(said(), 1);
    assert_eq!(lines.containing("connected to Postgres again"), 0);
    proxy.refuse(false);
    eventually("it works again", async || db.workers().list().await.is_ok()).await;
    assert_eq!(lines.containing("connected to Postgres again"), 1);
    assert_eq!(lines.containing(" WARN "), 2, "one of the outage, one of clear text: {:?}", lines.0);
}

#[tokio::test]
async fn prefer_that_falls_back_to_clear_text_warns_once() {
    let (lines, _guard) = listen();
    let postgres = TestDatabase::empty().await;
    let proxy = Proxy::start(postgres.url()).await;
    let connector = wh_repo::Connector::new(settings(proxy.url(), 1)).unwrap();
    for _ in 0..3 {
        connector.connect().await.unwrap();
    }
    assert_eq!(lines.containing("the connection to Postgres is not encrypted"), 1);
}
