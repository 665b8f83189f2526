//! `wh-data secrets` as a process: what it prints, how it ends, and that killing it does no harm.
#![expect(clippy::unwrap_used, reason = "a test that cannot arrange its world must stop")]

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

use secrecy::SecretString;
use wh_data::crypto::{KeyRing, Place};
use wh_data::plans::Plans;
use wh_data::repo::{Database, DatabaseSettings, GoogleProfile};
use wh_testkit::TestDatabase;

const OLD: &str = "the older secret of two";
const NEW: &str = "the newer secret of two";

/// The command on this database with these secrets, and with nothing else of this process' configuration.
fn secrets(postgres: &TestDatabase, current: &str, previous: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .arg("secrets")
        .args(arguments)
        .current_dir(std::env::temp_dir())
        .env_remove("CONFIG_PATH")
        .env("DATABASE_URL", postgres.url())
        .env("WH_API_SERVER__SECRET", current)
        .env("WH_API_SERVER__PREVIOUS_SECRETS", previous);
    command
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn ring(secret: &str) -> KeyRing {
    KeyRing::new(&SecretString::from(secret), &[]).unwrap()
}

/// So many webhooks with a secret under the old key, of a service that is gone.
async fn filled(webhooks: u32) -> TestDatabase {
    let postgres = TestDatabase::new().await;
    let settings = DatabaseSettings::new(postgres.url().into()).with_connections(1);
    let db = Database::connect(settings, ring(OLD), Plans::new()).await.unwrap();
    db.secrets().check().await.unwrap();
    let ada = GoogleProfile {
        google_id: "1".to_owned(),
        email: "ada@example.org".to_owned(),
        name: String::new(),
        avatar_url: String::new(),
    };
    let user = db.users().upsert_google(&ada).await.unwrap().user.id;
    let sealed = ring(OLD).encrypt(&"signs deliveries".into()).unwrap();
    postgres
        .execute(&format!(
            "INSERT INTO webhooks (user_id, name, url, secret, events) SELECT {user}, 'hook', 'https://example.org', \
             '{sealed}', '{{app.deployed}}' FROM generate_series(1, {webhooks})"
        ))
        .await;
    postgres
}

#[tokio::test]
async fn status_and_rotation_tell_keys_and_counts_and_no_secret() {
    let postgres = filled(5).await;
    let foreign = ring("the secret of nobody at all").encrypt(&"geheim".into()).unwrap();
    postgres.execute(&format!("UPDATE users SET totp_secret = '{foreign}'")).await;
    let (old, new) = (ring(OLD).current_id(), ring(NEW).current_id());

    let output = secrets(&postgres, NEW, OLD, &["status"]).output().unwrap();
    let told = text(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains(&format!("webhooks.secret                         5  v1 with key {old} (previous)")),
        "{told}"
    );
    assert!(told.contains("users.totp_secret                       1  unopenable"), "{told}");

    let output = secrets(&postgres, NEW, OLD, &["rotate"]).output().unwrap();
    let told = text(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains(&format!("5  v1 with key {new} (current)")), "{told}");
    assert!(told.contains("users.totp_secret of row ") && told.contains("not done: 1 value"), "{told}");
    assert!(told.contains("pass 1: webhooks.secret, 5 rewritten, of 5 rows"), "{told}");
    let shown: String = foreign.chars().skip(8).take(16).collect();
    for secret in [OLD, NEW, &shown, "geheim"] {
        assert!(!told.contains(secret), "{told}");
    }

    postgres.execute("UPDATE users SET totp_secret = ''").await;
    let output = secrets(&postgres, NEW, OLD, &["rotate"]).output().unwrap();
    let told = text(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains(&format!("key {old} is not needed any more")), "{told}");
    let output = secrets(&postgres, NEW, "", &["status"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

#[tokio::test]
async fn killed_half_way_it_goes_on_where_it_was() {
    let postgres = filled(20_000).await;
    let client = postgres.client().await;
    let old = ring(OLD);
    let mut left = 20_000;
    for _ in 0..2 {
        let mut child = secrets(&postgres, NEW, OLD, &["rotate", "--batch", "100"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The last column: from its beginning on, rows change.
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(lines.map_while(Result::ok).any(|line| line.starts_with("pass 1: users.totp_secret")));
        let changed = "SELECT count(*) FROM webhooks WHERE xmin::text::bigint > $1::bigint";
        let snapshot = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1";
        let since: i64 = client.query_one(snapshot, &[]).await.unwrap().get(0);
        while client.query_one(changed, &[&since]).await.unwrap().get::<_, i64>(0) < 500 {
            assert!(child.try_wait().unwrap().is_none(), "it came to its end before it was killed");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let stored = client.query("SELECT secret FROM webhooks", &[]).await.unwrap();
        let now = stored.iter().filter(|row| old.open(row.get::<_, &str>(0)).is_ok()).count();
        assert!((1..left).contains(&now), "{now} of {left} are left");
        left = now;
    }

    let output = secrets(&postgres, NEW, OLD, &["rotate"]).output().unwrap();
    let told = text(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let done = told.split(" of 20000 values were written anew").next().unwrap();
    let done: usize = done.lines().last().unwrap().parse().unwrap();
    assert!((left - 100..=left).contains(&done), "a batch may have been under way: {done} of {left}");

    let rows = client.query("SELECT id, secret FROM webhooks", &[]).await.unwrap();
    let alone = ring(NEW);
    for row in &rows {
        let (id, secret): (i64, &str) = (row.get(0), row.get(1));
        assert!(alone.open_at(&Place::new("webhooks", "secret", &id), secret).is_ok(), "{id}");
    }
    assert_eq!(rows.len(), 20_000);
}

#[tokio::test]
async fn what_is_missing_is_said_with_what_to_do() {
    let postgres = TestDatabase::empty().await;
    let output = secrets(&postgres, NEW, "", &["status"]).output().unwrap();
    assert!(
        !output.status.success() && text(&output).contains("wh-data migrate status"),
        "{}",
        text(&output)
    );
    let output =
        secrets(&postgres, "", "", &["status"]).env_remove("WH_API_SERVER__SECRET").output().unwrap();
    let told = text(&output);
    assert!(!output.status.success() && told.contains("WH_API_SERVER__SECRET"), "{told}");
    assert!(!told.contains("platform.domain"), "only what it needs: {told}");
}
