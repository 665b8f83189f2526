//! What is sent and what is heard, on a real Postgres.

use std::time::Duration;

use futures_util::StreamExt;
use secrecy::SecretString;
use tokio::time::timeout;
use wh_crypto::KeyRing;
use wh_plans::Plans;
use wh_testkit::TestDatabase;

use super::notify::MAX_PAYLOAD_BYTES;
use super::{Event, Subscription};
use crate::{Database, DatabaseSettings, Error};

async fn open(postgres: &TestDatabase) -> Database {
    let settings = DatabaseSettings::new(postgres.url().into()).with_connections(2);
    let keys = KeyRing::new(&SecretString::from("a server secret for tests"), &[]).unwrap();
    Database::connect(settings, keys, Plans::new()).await.unwrap()
}

/// The next event; one that does not come fails the test.
async fn next(subscription: &mut Subscription) -> Event {
    timeout(Duration::from_secs(10), subscription.next()).await.unwrap().expect("the database is there")
}

fn notified(payload: &str) -> Event {
    Event::Notified(payload.into())
}

#[tokio::test]
async fn a_payload_reaches_all_subscribers_of_its_channel_and_no_others() {
    let postgres = TestDatabase::empty().await;
    let db = open(&postgres).await;
    let mut here =
        [db.executor().inner().listener.subscribe("here"), db.executor().inner().listener.subscribe("here")];
    let mut there = db.executor().inner().listener.subscribe("there");
    for subscription in here.iter_mut().chain([&mut there]) {
        assert_eq!(next(subscription).await, Event::Gap);
    }
    let longest = "x".repeat(MAX_PAYLOAD_BYTES);
    let payloads = ["a".to_owned(), String::new(), "it's \"ü\"".to_owned(), longest.clone()];
    db.executor().notify("here", &payloads).await.unwrap();
    db.executor().notify("there", &["end".to_owned()]).await.unwrap();
    for subscription in &mut here {
        for payload in &payloads {
            assert_eq!(next(subscription).await, notified(payload));
        }
    }
    assert_eq!(next(&mut there).await, notified("end"));

    let error = db.executor().notify("here", &[longest + "x"]).await.unwrap_err();
    assert!(error.to_string().contains("has 8000 bytes, and 7999 are possible"), "{error}");
    // One who comes later is told at once that the channel is up.
    assert_eq!(next(&mut db.executor().inner().listener.subscribe("here")).await, Event::Gap);
}

#[tokio::test]
async fn what_is_rolled_back_is_not_heard() {
    let postgres = TestDatabase::empty().await;
    let db = open(&postgres).await;
    let mut here = db.executor().inner().listener.subscribe("here");
    assert_eq!(next(&mut here).await, Event::Gap);
    let refused = db.transaction(async |tx| {
        tx.executor().notify("here", &["undone".to_owned()]).await?;
        Err::<(), _>(Error::not_found("reason to go on"))
    });
    refused.await.unwrap_err();
    db.transaction(async |tx| tx.executor().notify("here", &["done".to_owned()]).await).await.unwrap();
    assert_eq!(next(&mut here).await, notified("done"));
}

#[tokio::test]
async fn the_end_of_a_connection_is_told_and_so_is_the_next_and_the_end_of_all() {
    let postgres = TestDatabase::empty().await;
    let db = open(&postgres).await;
    let mut here = db.executor().inner().listener.subscribe("here");
    assert_eq!(next(&mut here).await, Event::Gap);
    postgres
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND application_name = 'wh-data (listening)'",
        )
        .await;
    assert_eq!(next(&mut here).await, Event::Down);
    assert_eq!(next(&mut here).await, Event::Gap);
    db.executor().notify("here", &["again".to_owned()]).await.unwrap();
    assert_eq!(next(&mut here).await, notified("again"));

    drop(db);
    assert_eq!(next(&mut here).await, Event::Down);
    assert_eq!(here.next().await, None);
}
