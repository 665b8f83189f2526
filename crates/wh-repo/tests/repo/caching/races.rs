//! A reader reads a row, a writer changes it and evicts it, and only then the reader has its answer: what it read is old, and
//! must not stay.

use wh_cache::{Cache, CacheSettings};
use wh_repo::Database;
use wh_testkit::Proxy;
use wh_types::UserId;

use super::{hearing, through};
use crate::support::{World, eventually, open_plain, profile};

/// Parks a reader between its SELECT and whatever it does with the answer, while `writer` commits. Gives what it read.
async fn park(world: &World, proxy: &Proxy, reader: &Database, writer: &Database, user: UserId) -> String {
    // Prepared first, so that there is one answer to wait for.
    reader.users().find(UserId::new(-1)).await.unwrap();
    let begin = world.raw("SELECT clock_timestamp()").await;
    proxy.hold(true);
    let reading = tokio::spawn({
        let reader = reader.clone();
        async move { reader.users().find(user).await.unwrap().unwrap().plan }
    });
    let done = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle' \
         AND query LIKE '%google_id%' AND query NOT LIKE '%pg_stat_activity%' AND query_start > '{begin}'"
    );
    eventually("the row is read", async || world.raw(&done).await == "1").await;
    writer.users().set_plan(user, &"pro".parse().unwrap()).await.unwrap();
    assert!(!reading.is_finished(), "the reader should still wait for its answer");
    proxy.hold(false);
    reading.await.unwrap()
}

/// Who wrote sees the new row at once. Gives the user whose row it is.
pub(super) async fn check(world: &World, proxy: &Proxy, reader: &Database, writer: &Database) -> UserId {
    // Without a cache, whose eviction might arrive in the middle.
    let plain = open_plain(world.postgres.url(), 1).await;
    let ada = plain.users().upsert_google(&profile("ada")).await.unwrap().user.id;
    assert_eq!(park(world, proxy, reader, writer, ada).await, "free", "the reader came first");
    assert_eq!(plan_of(writer, ada).await, "pro");
    ada
}

async fn plan_of(db: &Database, user: UserId) -> String {
    db.users().find(user).await.unwrap().unwrap().plan
}

/// Another process is told within a moment. What it kept for good would stay for minutes.
pub(super) async fn check_elsewhere(world: &World, proxy: &Proxy, reader: &Database, writer: &Database) {
    let ada = check(world, proxy, reader, writer).await;
    eventually("the old row is gone", async || plan_of(reader, ada).await == "pro").await;
}

#[tokio::test]
async fn an_old_row_is_not_kept_in_the_process() {
    let world = World::new().await;
    let proxy = Proxy::start(world.postgres.url()).await;
    let cache = Cache::in_process(CacheSettings::default());
    let reader = through(&proxy, &world, 1).await.with_cache(cache.clone());
    let writer = open_plain(world.postgres.url(), 1).await.with_cache(cache);
    let ada = check(&world, &proxy, &reader, &writer).await;
    assert_eq!(plan_of(&reader, ada).await, "pro");
}

#[tokio::test]
async fn an_old_row_is_not_kept_in_another_process() {
    let world = World::new().await;
    let proxy = Proxy::start(world.postgres.url()).await;
    let reader = hearing(through(&proxy, &world, 1).await).await;
    let writer = hearing(open_plain(world.postgres.url(), 1).await).await;
    check_elsewhere(&world, &proxy, &reader, &writer).await;
}
