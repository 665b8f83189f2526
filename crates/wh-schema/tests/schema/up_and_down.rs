//! Every down takes back exactly what its up did, and keeps the rows.

use wh_schema::migrations::{Target, all};
use wh_testkit::{TestDatabase, catalogue};

use super::support::{ONE_ROW_EACH, ledger, lines, migrate};

#[tokio::test]
async fn up_down_to_nothing_and_up_again_leaves_the_same_catalogue() {
    let database = TestDatabase::empty().await;
    let client = database.client().await;

    let nothing = catalogue::describe(&client).await;
    migrate(&database, Target::Latest).await.unwrap();
    let everything = catalogue::describe(&client).await;
    assert!(everything.lines().count() > 400, "{everything}");

    migrate(&database, Target::Version(0)).await.unwrap();
    assert_eq!(ledger(&client).await, None);
    let diff = catalogue::diff(&nothing, &catalogue::describe(&client).await);
    assert!(diff.is_none(), "left behind by the downs:\n{}", diff.unwrap_or_default());

    migrate(&database, Target::Latest).await.unwrap();
    let diff = catalogue::diff(&everything, &catalogue::describe(&client).await);
    assert!(diff.is_none(), "not the same the second time:\n{}", diff.unwrap_or_default());
}

#[tokio::test]
async fn each_down_restores_what_its_up_found() {
    let database = TestDatabase::empty().await;
    let client = database.client().await;
    for migration in all() {
        let before = catalogue::describe(&client).await;
        migrate(&database, Target::Version(migration.version)).await.unwrap();
        let after = catalogue::describe(&client).await;
        assert_ne!(before, after, "{} changes nothing that the description shows", migration.slug);

        migrate(&database, Target::Down(1)).await.unwrap();
        let diff = catalogue::diff(&before, &catalogue::describe(&client).await);
        assert!(diff.is_none(), "the down of {} leaves:\n{}", migration.slug, diff.unwrap_or_default());

        migrate(&database, Target::Version(migration.version)).await.unwrap();
        let diff = catalogue::diff(&after, &catalogue::describe(&client).await);
        assert!(diff.is_none(), "{} differs the second time:\n{}", migration.slug, diff.unwrap_or_default());
    }
}

#[tokio::test]
async fn rows_outlive_0004_and_0005_and_their_downs() {
    const JOBS: &str = "select * from jobs order by id";
    const JOBS_AS_KEPT: &str = "select id, app_id, payload, status, result, created_at from jobs order by id";
    const OLD_EVENTS: &str = "select * from login_events order by user_id, id";
    const NEW_EVENTS: &str = "select * from audit_events order by user_id, id";

    let database = TestDatabase::empty().await;
    let client = database.client().await;
    migrate(&database, Target::Version(3)).await.unwrap();
    client.batch_execute(ONE_ROW_EACH).await.unwrap();
    let (jobs, kept, events) =
        (lines(&client, JOBS).await, lines(&client, JOBS_AS_KEPT).await, lines(&client, OLD_EVENTS).await);
    assert_eq!((jobs.len(), events.len()), (1, 2));
    assert!(jobs[0].contains("\"max_retries\": 3"), "{}", jobs[0]);

    for _ in 0..2 {
        migrate(&database, Target::Version(4)).await.unwrap();
        assert_eq!(lines(&client, JOBS_AS_KEPT).await, kept);
        migrate(&database, Target::Latest).await.unwrap();
        assert_eq!(lines(&client, NEW_EVENTS).await, events);

        migrate(&database, Target::Version(3)).await.unwrap();
        assert_eq!(lines(&client, OLD_EVENTS).await, events);
        assert_eq!(lines(&client, JOBS).await, jobs);
    }
}

#[tokio::test]
async fn a_report_names_every_step() {
    let database = TestDatabase::empty().await;
    let report = migrate(&database, Target::Version(5)).await.unwrap();
    assert_eq!((report.from, report.to, report.steps.len()), (0, 5, 5));

    let report = migrate(&database, Target::Down(2)).await.unwrap();
    let slugs: Vec<_> = report.steps.iter().map(|step| step.slug).collect();
    assert_eq!((report.from, report.to), (5, 3));
    assert_eq!(slugs, ["audit_events", "jobs_without_retries"]);

    migrate(&database, Target::Latest).await.unwrap();
    let report = migrate(&database, Target::Latest).await.unwrap();
    assert!(report.steps.is_empty());
    assert_eq!(report.from, report.to);
}

#[tokio::test]
async fn the_description_that_these_tests_compare_notices_small_changes() {
    let database = TestDatabase::new().await;
    let client = database.client().await;
    for change in [
        "comment on column jobs.progress is 'Something else.'",
        "comment on table jobs is null",
        "alter table jobs alter progress set default 1",
        "alter table jobs alter message drop not null",
        "alter table jobs drop constraint jobs_progress_check",
        "alter table jobs rename constraint jobs_app_id_fkey to another_fkey",
        "drop index jobs_pending_idx",
        "alter table audit_events disable trigger audit_events_no_truncate",
        "alter function wh_now() volatile",
        "alter sequence jobs_id_seq increment by 2",
        "create type mood as enum ('good')",
        "create view busy as select 1 as one",
    ] {
        let before = catalogue::describe(&client).await;
        client.batch_execute(change).await.unwrap();
        assert!(catalogue::diff(&before, &catalogue::describe(&client).await).is_some(), "{change}");
    }
}
