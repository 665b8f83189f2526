//! New connections do not wait for a process that starts, or that froze while it started.

use std::time::Duration;

use tokio::time::timeout;
use wh_repo::Error;
use wh_testkit::TestDatabase;

use crate::support::open;

/// What a starting process does with the record of keys, up to its COMMIT.
const STARTS: [&str; 2] = [
    include_str!("../../src/secrets/records/lock.sql"),
    "UPDATE encryption_keys SET last_current_at = wh_now(), retiring = NULL",
];

#[tokio::test]
async fn a_process_that_froze_at_its_start_blocks_no_connection_of_the_others() {
    let postgres = TestDatabase::new().await;
    let db = open(postgres.url(), 4).await;
    db.secrets().check().await.unwrap();
    let frozen = postgres.client().await;
    frozen.batch_execute(&format!("BEGIN; {}; {}", STARTS[0], STARTS[1])).await.unwrap();

    // Each transaction inside another needs a connection more.
    let work = db.transaction(async |a| {
        a.workers().list().await?;
        db.transaction(async |b| {
            b.workers().list().await?;
            db.workers().list().await?;
            Ok::<_, Error>(())
        })
        .await
    });
    timeout(Duration::from_secs(30), work).await.expect("the record is not waited for").unwrap();
    let other = open(postgres.url(), 1).await;
    other.workers().list().await.unwrap();
    frozen.batch_execute("ROLLBACK").await.unwrap();
}
