//! What loggers are told, at the finest level: no secret, no hash of one, no e-mail address.
#![expect(clippy::unwrap_used, reason = "a test that cannot arrange its world must stop")]

#[expect(dead_code, reason = "a world has more than this test needs")]
#[path = "repo/support.rs"]
mod support;

use std::fmt::Write as _;
use std::io;
use std::sync::{Mutex, PoisonError};

use tracing_subscriber::fmt::format::FmtSpan;
use wh_repo::NewSession;

use crate::support::World;

fn dressed(db: wh_repo::Database) -> wh_repo::Database {
    db.with_cache(wh_cache::Cache::in_process(wh_cache::CacheSettings::default()))
}

static LINES: Mutex<String> = Mutex::new(String::new());

fn note(line: &str) {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).push_str(line);
}

/// Hears the `log` facade.
struct Facade;

impl log::Log for Facade {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        note(&format!("{} {} {}\n", record.level(), record.target(), record.args()));
    }

    fn flush(&self) {}
}

/// Hears `tracing`.
struct Tracing;

impl io::Write for Tracing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        note(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The forms in which a text may stand in a log: as it is, and as the bytes of a value.
fn forms(text: &str) -> [String; 2] {
    let mut bytes = String::new();
    for byte in text.bytes() {
        write!(bytes, "{byte}, ").unwrap();
    }
    [text.to_owned(), bytes.trim_end_matches(", ").to_owned()]
}

#[tokio::test]
async fn the_finest_log_shows_no_secret_no_hash_and_no_address() {
    static FACADE: Facade = Facade;
    log::set_logger(&FACADE).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_span_events(FmtSpan::NEW)
        .with_writer(|| Tracing)
        .init();

    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let session = NewSession {
        user: ada.id,
        token: "a token of a session".into(),
        ip: "2001:db8::1".into(),
        geo: "Bonn, Germany".into(),
        user_agent: "Mozilla/5.0".into(),
        two_factor: true,
    };
    world.db.sessions().create(&session).await.unwrap();
    world.db.sessions().find_by_token(&"a token of a session".into()).await.unwrap().unwrap();
    world.db.workers().find_by_api_key(&"whk_anvil".into()).await.unwrap().unwrap();
    let made = world.app(&ada, "first-shop").await;
    world.db.jobs().assign(made.job, anvil.id).await.unwrap();
    world.db.jobs().claim_next(anvil.id).await.unwrap().unwrap();

    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(lines.contains("users.upsert_google") && lines.contains("deployments.create"), "{lines}");
    for secret in [
        "ada@example.org",
        "google-ada",
        "hunter2",
        "a token of a session",
        &wh_crypto::hash_token(&"a token of a session".into()),
        "whk_anvil",
        &wh_crypto::hash_api_key(&"whk_anvil".into()),
        "a server secret for tests",
    ] {
        for form in forms(secret) {
            let line = lines.lines().find(|line| line.contains(&form));
            assert!(line.is_none(), "{secret}: {}", line.unwrap_or_default());
        }
    }
}
