//! Several processes of one fleet start at once.

use std::process::{Command, Stdio};

use diesel_async::{AsyncConnection, AsyncPgConnection};
use wh_schema::migrations::{Target, all, migrate};
use wh_testkit::TestDatabase;

use super::support::ledger;

/// Tells a copy of this test program which database to migrate.
const DATABASE: &str = "WH_SCHEMA_TEST_MIGRATES";

/// What such a copy runs. Among the other tests it finds nothing to do.
#[tokio::test]
async fn a_child_process_migrates() {
    let Ok(url) = std::env::var(DATABASE) else { return };
    let conn = AsyncPgConnection::establish(&url).await.unwrap();
    let report = migrate(conn, Target::Latest, |_| ()).await.unwrap();
    println!("ran {}.", report.steps.len());
}

#[tokio::test]
async fn eight_processes_at_once_run_each_migration_once() {
    let database = TestDatabase::empty().await;
    let program = std::env::current_exe().unwrap();
    let children: Vec<_> = (0..8)
        .map(|_| {
            Command::new(&program)
                .args(["--exact", "processes::a_child_process_migrates", "--nocapture"])
                .env(DATABASE, database.url())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();

    let ran = children.into_iter().map(|child| {
        let output = child.wait_with_output().unwrap();
        let (told, failed) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{told}{failed}");
        let (_, rest) = told.split_once("ran ").unwrap();
        let (number, _) = rest.split_once('.').unwrap();
        number.parse::<usize>().unwrap()
    });
    let mut ran: Vec<_> = ran.collect();
    ran.sort_unstable();
    assert_eq!(ran, [vec![0; 7], vec![all().len()]].concat());
    let latest = all().last().unwrap().version;
    assert_eq!(ledger(&database.client().await).await, Some((latest, false)));
}
