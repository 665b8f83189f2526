//! When the runner does not run, or stops, and what it says.

use std::time::Duration;

use diesel_async::{AsyncConnection, AsyncPgConnection};
use wh_schema::migrations::{self, Migration, MigrationError, Migrator, Progress, Target};
use wh_testkit::TestDatabase;

use super::support::{connect, ledger, migrate, migration, run};

#[tokio::test]
async fn a_dirty_ledger_is_refused_until_it_is_forced() {
    let database = TestDatabase::new().await;
    let client = database.client().await;
    client.batch_execute("update schema_migrations set version = 5, dirty = true").await.unwrap();

    let error = migrate(&database, Target::Latest).await.unwrap_err();
    assert!(matches!(error, MigrationError::Dirty { version: 5, .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "the schema is dirty at version 5: a migration to it did not end \
         (migrations/0005_audit_events.up.sql or migrations/0006_runtime_logs.down.sql). Check which of its changes are in \
         the database and complete or undo them, then record the version: `wh-data migrate force N`"
    );
    let status = migrations::status(connect(&database).await).await.unwrap();
    assert!(status.dirty && status.version == 5);

    let latest = migrations::all().len().try_into().unwrap();
    migrations::force(connect(&database).await, latest).await.unwrap();
    assert_eq!(ledger(&client).await, Some((latest, false)));
    migrate(&database, Target::Latest).await.unwrap();
}

#[tokio::test]
async fn force_takes_known_versions_only_and_nothing_for_zero() {
    let database = TestDatabase::new().await;
    let error = migrations::force(connect(&database).await, 999).await.unwrap_err();
    assert!(matches!(error, MigrationError::UnknownTarget { version: 999, .. }), "{error}");
    migrations::force(connect(&database).await, 0).await.unwrap();
    assert_eq!(ledger(&database.client().await).await, None);
    migrations::force(connect(&database).await, 5).await.unwrap();
    migrations::force(connect(&database).await, -1).await.unwrap();
    assert_eq!(ledger(&database.client().await).await, None);
}

#[tokio::test]
async fn a_ledger_of_a_newer_build_is_refused() {
    let database = TestDatabase::new().await;
    database.execute("update schema_migrations set version = 900").await;
    let error = migrate(&database, Target::Latest).await.unwrap_err();
    assert!(matches!(error, MigrationError::LedgerAhead { version: 900, .. }), "{error}");
    assert!(migrations::status(connect(&database).await).await.unwrap().is_ahead());
}

#[tokio::test]
async fn a_ledger_of_somebody_else_is_refused() {
    let database = TestDatabase::new().await;
    database.execute("insert into schema_migrations values (1, false)").await;
    let error = migrate(&database, Target::Latest).await.unwrap_err();
    assert!(matches!(error, MigrationError::ForeignLedger { .. }), "{error}");
}

#[tokio::test]
async fn status_of_an_empty_database_changes_nothing() {
    let database = TestDatabase::empty().await;
    let status = migrations::status(connect(&database).await).await.unwrap();
    assert_eq!((status.version, status.dirty), (0, false));
    assert_eq!(status.pending().count(), migrations::all().len());
    let row = database.client().await.query_one("select to_regclass('schema_migrations') is null", &[]).await;
    assert!(row.unwrap().get::<_, bool>(0));
}

#[tokio::test]
async fn a_failing_migration_is_undone_and_names_file_and_line() {
    let database = TestDatabase::empty().await;
    let good = migration(1, "create table a (id int)");
    let bad = migration(2, "create table b (id int);\n\n-- ä\ninsert into nowhere values (1);\n");
    let error = run(&database, &[good, bad]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "migrations/0002_test.up.sql, line 4: relation \"nowhere\" does not exist. It was rolled back, nothing of it \
         is in the database. The ledger is dirty at version 2: mend the cause, then `wh-data migrate force 1`, and migrate \
         again"
    );

    let client = database.client().await;
    assert_eq!(ledger(&client).await, Some((2, true)));
    let row =
        client.query_one("select to_regclass('a') is null, to_regclass('b') is null", &[]).await.unwrap();
    assert_eq!((row.get::<_, bool>(0), row.get::<_, bool>(1)), (false, true));

    let migrator = || Migrator::with_migrations(vec![good, migration(2, "create table b (id int)")]);
    migrator().force(connect(&database).await, 1).await.unwrap();
    let report = migrator().migrate(connect(&database).await, Target::Latest, |_| ()).await.unwrap();
    assert_eq!((report.from, report.to), (1, 2));
}

#[tokio::test]
async fn what_a_migration_says_quotes_no_row() {
    let database = TestDatabase::empty().await;
    let fill = "create table a (mail text); insert into a values ('ada@example.org'), ('ada@example.org')";
    let unique = "create unique index a_mail_key on a (mail)";
    let error = run(&database, &[migration(1, fill), migration(2, unique)]).await.unwrap_err();
    assert!(error.to_string().contains("could not create unique index \"a_mail_key\""), "{error}");
    assert!(!format!("{error} {error:?}").contains("ada@"), "{error:?}");
}

#[tokio::test]
async fn a_failing_down_of_the_first_migration_is_dirty_at_minus_one() {
    let database = TestDatabase::empty().await;
    let first = Migration { down: "selekt", ..migration(1, "select 1") };
    run(&database, &[first]).await.unwrap();
    let migrator = Migrator::with_migrations(vec![first]);
    migrator.migrate(connect(&database).await, Target::Down(1), |_| ()).await.unwrap_err();
    assert_eq!(ledger(&database.client().await).await, Some((-1, true)));
}

#[tokio::test]
async fn a_lost_connection_leaves_a_dirty_ledger_and_force_recovers() {
    let database = TestDatabase::empty().await;
    let client = database.client().await;
    let all = [
        migration(1, "create table a (id int)"),
        migration(2, "create table b (id int); select pg_sleep(600)"),
    ];
    let running = tokio::spawn({
        let conn = connect(&database).await;
        Migrator::with_migrations(all.to_vec()).migrate(conn, Target::Latest, |_| ())
    });

    let kill = "select pg_terminate_backend(pid) from pg_stat_activity
                where query like '%pg_sleep(600)%' and datname = current_database() and pid <> pg_backend_pid()";
    let killed = tokio::time::timeout(Duration::from_secs(30), async {
        while client.query(kill, &[]).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    killed.await.expect("the migration did not begin");
    let error = running.await.unwrap().unwrap_err();
    assert!(matches!(error, MigrationError::Interrupted { ledger: 2, .. }), "{error}");

    assert_eq!(ledger(&client).await, Some((2, true)));
    let error = run(&database, &all).await.unwrap_err();
    assert!(matches!(error, MigrationError::Dirty { version: 2, .. }), "{error}");

    let repaired = || Migrator::with_migrations(vec![all[0], migration(2, "create table b (id int)")]);
    repaired().force(connect(&database).await, 1).await.unwrap();
    repaired().migrate(connect(&database).await, Target::Latest, |_| ()).await.unwrap();
    assert_eq!(ledger(&client).await, Some((2, false)));
}

#[tokio::test]
async fn a_migration_that_is_blocked_is_undone_and_may_be_tried_again() {
    let database = TestDatabase::empty().await;
    let all = [migration(1, "create table a (id int)"), migration(2, "alter table a add b int")];
    run(&database, &all[..1]).await.unwrap();
    let holder = database.client().await;
    holder.batch_execute("begin; select * from a").await.unwrap();

    let hasty = Migrator::with_migrations(all.to_vec()).lock_timeout(Duration::from_millis(50));
    let error = hasty.migrate(connect(&database).await, Target::Latest, |_| ()).await.unwrap_err();
    assert!(matches!(error, MigrationError::Blocked { .. }), "{error}");
    let expected = "migrations/0002_test.up.sql waited in vain for a lock that another transaction holds (at most 0.05 s)";
    assert!(error.to_string().starts_with(expected), "{error}");
    assert_eq!(ledger(&database.client().await).await, Some((1, false)));

    holder.batch_execute("commit").await.unwrap();
    run(&database, &all).await.unwrap();
}

#[tokio::test]
async fn a_migration_that_loses_a_deadlock_is_undone_and_may_be_tried_again() {
    let database = TestDatabase::empty().await;
    let two = "lock table b in access exclusive mode; alter table a add c int";
    let all = [migration(1, "create table a (id int); create table b (id int)"), migration(2, two)];
    run(&database, &all[..1]).await.unwrap();
    let (holder, watcher) = (database.client().await, database.client().await);
    // Whoever looks for a deadlock first loses it: the migration, after the usual second.
    holder
        .batch_execute("set deadlock_timeout to '10min'; begin; lock table a in access exclusive mode")
        .await
        .unwrap();

    let conn = connect(&database).await;
    let running = tokio::spawn(Migrator::with_migrations(all.to_vec()).migrate(conn, Target::Latest, |_| ()));
    let waiting =
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while watcher.query(waiting, &[]).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    holder.batch_execute("lock table b in access exclusive mode").await.unwrap();
    let error = running.await.unwrap().unwrap_err();
    assert!(matches!(error, MigrationError::Blocked { .. }), "{error}");
    assert_eq!(ledger(&watcher).await, Some((1, false)));

    holder.batch_execute("commit").await.unwrap();
    run(&database, &all).await.unwrap();
}

#[tokio::test]
async fn tables_go_to_public_whatever_search_path_the_database_has() {
    let database = TestDatabase::empty().await;
    let client = database.client().await;
    let name = database.name();
    // A table that a careless search_path would take for ours.
    let set = format!(
        "create schema app; create table app.users (id int); create table app.schema_migrations (version int);
         alter database {name} set search_path = app, public"
    );
    client.batch_execute(&set).await.unwrap();

    migrate(&database, Target::Latest).await.unwrap();
    let status = migrations::status(connect(&database).await).await.unwrap();
    assert!(status.pending().next().is_none() && !status.dirty);
    let tables = "select count(*) filter (where relnamespace = 'public'::regnamespace), count(*) from pg_class
                  where relkind in ('r', 'p') and relnamespace in ('public'::regnamespace, 'app'::regnamespace)";
    let row = client.query_one(tables, &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(1) - row.get::<_, i64>(0), 2, "nothing was made in app");
    migrate(&database, Target::Version(0)).await.unwrap();
    client.batch_execute("drop table app.users, app.schema_migrations").await.unwrap();
}

#[tokio::test]
async fn several_statements_outside_a_transaction_are_refused_before_anything_runs() {
    let database = TestDatabase::empty().await;
    let two = "-- wh: no-transaction\ncreate index concurrently i on a (id);\ncreate index concurrently j on a (id);";
    let error =
        run(&database, &[migration(1, "create table a (id int)"), migration(2, two)]).await.unwrap_err();
    assert!(matches!(error, MigrationError::NotOneStatement { found: 2, .. }), "{error}");
    assert_eq!(ledger(&database.client().await).await, None);
}

#[tokio::test]
async fn progress_is_told_in_order() {
    let database = TestDatabase::empty().await;
    let (sender, told) = std::sync::mpsc::channel();
    let tell = move |progress| sender.send(progress).unwrap();
    migrations::migrate(connect(&database).await, Target::Version(2), tell).await.unwrap();
    let told: Vec<_> = told
        .iter()
        .map(|progress| match progress {
            Progress::Started { version, .. } => format!("started {version}"),
            Progress::Finished { version, .. } => format!("finished {version}"),
            _ => "waiting".to_owned(),
        })
        .collect();
    assert_eq!(told, ["started 1", "finished 1", "started 2", "finished 2"]);
}

#[tokio::test]
async fn a_check_that_finds_rows_refuses_and_counts_what_it_does_not_list() {
    let database = TestDatabase::empty().await;
    let fill = migration(1, "create table a (id int); insert into a select generate_series(1, 23)");
    let check = Some("-- Too many rows.\n-- Delete them.\nselect 'row ' || id as finding from a order by id");
    let unique = Migration { check, ..migration(2, "create table b (id int)") };
    let error = run(&database, &[fill, unique]).await.unwrap_err();
    let message = error.to_string();
    let expected = "migrations/0002_test.up.sql was not begun, the schema stays at version 1. Too many rows. Delete \
                    them. Found: row 1; row 2; ";
    assert!(message.starts_with(expected) && message.ends_with("; row 20; and 3 more"), "{message}");

    let client = database.client().await;
    assert_eq!(ledger(&client).await, Some((1, false)));
    client.batch_execute("delete from a").await.unwrap();
    let report = run(&database, &[fill, unique]).await.unwrap();
    assert_eq!((report.from, report.to), (1, 2));
}

#[tokio::test]
async fn a_database_that_cannot_hold_every_character_is_refused() {
    let database = TestDatabase::empty().await;
    let client = database.client().await;
    let name = format!("{}_latin1", database.name());
    let create =
        format!("create database {name} encoding 'LATIN1' template template0 lc_collate 'C' lc_ctype 'C'");
    client.batch_execute(&create).await.unwrap();
    let url = database.url().replace(database.name(), &name);
    let outcome = async {
        let conn = AsyncPgConnection::establish(&url).await.unwrap();
        migrations::migrate(conn, Target::Latest, |_| ()).await
    }
    .await;
    client.batch_execute(&format!("drop database {name} with (force)")).await.unwrap();
    let error = outcome.unwrap_err();
    assert!(matches!(&error, MigrationError::Encoding { encoding } if encoding == "LATIN1"), "{error}");
    assert!(error.to_string().contains("CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0"), "{error}");
}
