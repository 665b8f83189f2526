//! Runners keep each other out, and golang-migrate's command and library as well.

use std::sync::mpsc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio_postgres::Client;
use wh_schema::migrations::{MigrationError, Migrator, Progress, Target, all};
use wh_testkit::TestDatabase;

use super::support::{connect, ledger, migration, run};

/// golang-migrate's lock id for these names, in SQL and so by other code than the runner's.
const GOLANG_MIGRATE_ID: &str = "
    with recursive crc (place, value) as (
        select 0, 4294967295::bigint
        union all
        select place + 1, step.value
        from crc
        cross join lateral (
            select case when crc.place % 9 = 0
                        then crc.value # get_byte($1::bytea, crc.place / 9)
                        when crc.value & 1 = 1 then (crc.value >> 1) # 3988292384
                        else crc.value >> 1 end as value
        ) step
        where place < length($1::bytea) * 9
    )
    select ((value # 4294967295)::numeric * 1486364155 % 4294967296)::bigint
    from crc order by place desc limit 1";

async fn golang_migrate_id(client: &Client, database: &str) -> i64 {
    let names = format!("public\0schema_migrations\0{database}");
    client.query_one(GOLANG_MIGRATE_ID, &[&names.as_bytes()]).await.unwrap().get(0)
}

/// Seen in `pg_locks` while golang-migrate ran: by its command, which has the slash, and by its library.
#[tokio::test]
async fn the_ids_of_these_tests_are_those_of_golang_migrate() {
    let database = TestDatabase::empty().await;
    let client = database.client().await;
    for (name, id) in [
        ("/wisehosting", 1_347_451_009),
        ("wisehosting", 1_939_745_829),
        ("/Wh-Data", 340_800_958),
        ("Wh-Data", 3_777_535_137),
    ] {
        assert_eq!(golang_migrate_id(&client, name).await, id, "{name}");
    }
}

/// golang-migrate waits inside `pg_advisory_lock`, so it must find both ids taken for as long as a migration runs.
#[tokio::test]
async fn golang_migrate_waits_for_a_running_migration() {
    let database = TestDatabase::empty().await;
    let client = database.client().await;
    let ids = [
        golang_migrate_id(&client, database.name()).await,
        golang_migrate_id(&client, &format!("/{}", database.name())).await,
    ];
    let (sender, told) = mpsc::channel();
    let slow = migration(1, "select pg_advisory_lock(1, 1)");
    client.batch_execute("select pg_advisory_lock(1, 1)").await.unwrap();
    let migrator = Migrator::with_migrations(vec![slow]).lock_timeout(Duration::ZERO);
    let running = tokio::spawn(migrator.migrate(connect(&database).await, Target::Latest, move |progress| {
        let _ = sender.send(progress);
    }));
    let told = tokio::task::spawn_blocking(move || told.recv_timeout(Duration::from_secs(30)));
    assert!(matches!(told.await.unwrap().unwrap(), Progress::Started { .. }));

    for id in ids {
        let taken = client.query_one("select pg_try_advisory_lock($1)", &[&id]).await.unwrap();
        assert!(!taken.get::<_, bool>(0), "{id}");
    }
    client.batch_execute("select pg_advisory_unlock(1, 1)").await.unwrap();
    running.await.unwrap().unwrap();
    for id in ids {
        let taken = client.query_one("select pg_try_advisory_lock($1)", &[&id]).await.unwrap();
        assert!(taken.get::<_, bool>(0), "{id}");
    }
}

#[tokio::test]
async fn the_lock_of_golang_migrate_is_waited_for() {
    for spelling in ["", "/"] {
        let database = TestDatabase::empty().await;
        let holder = database.client().await;
        let name = format!("{spelling}{}", database.name());
        let id = golang_migrate_id(&holder, &name).await;
        holder.execute("select pg_advisory_lock($1)", &[&id]).await.unwrap();

        let (sender, told) = mpsc::channel();
        let conn = connect(&database).await;
        let running = tokio::spawn(Migrator::new().migrate(conn, Target::Latest, move |progress| {
            let _ = sender.send(progress);
        }));
        let told = tokio::task::spawn_blocking(move || told.recv_timeout(Duration::from_secs(30)));
        assert!(matches!(told.await.unwrap().unwrap(), Progress::Waiting { .. }), "{name:?}");
        assert_eq!(
            holder.query("select to_regclass('users')::text", &[]).await.unwrap()[0]
                .get::<_, Option<String>>(0),
            None
        );

        holder.execute("select pg_advisory_unlock($1)", &[&id]).await.unwrap();
        let report = running.await.unwrap().unwrap();
        assert!(report.steps.len() == all().len() && !report.waited.is_zero());
    }
}

#[tokio::test]
async fn waiting_ends_and_says_for_whom() {
    let database = TestDatabase::empty().await;
    let holder = database.client().await;
    let id = golang_migrate_id(&holder, database.name()).await;
    holder.execute("select pg_advisory_lock($1)", &[&id]).await.unwrap();

    let hasty = Migrator::new().lock_wait(Duration::from_millis(150));
    let error = hasty.migrate(connect(&database).await, Target::Latest, |_| ()).await.unwrap_err();
    assert!(
        matches!(error, MigrationError::Locked { waited } if waited >= Duration::from_millis(150)),
        "{error}"
    );
}

#[tokio::test]
async fn an_index_built_concurrently_under_eight_runners_ends_and_is_valid() {
    const INDEX: &str = "-- wh: no-transaction\ncreate index concurrently a_id_idx on a (id);\n";
    let database = TestDatabase::empty().await;
    let fill = migration(1, "create table a (id int); insert into a select generate_series(1, 200000)");
    let migrations = [fill, migration(2, INDEX), migration(3, "alter table a add b int")];

    let reports = join_all((0..8).map(|_| run(&database, &migrations))).await;
    let steps: usize = reports.into_iter().map(|report| report.unwrap().steps.len()).sum();
    assert_eq!(steps, 3);

    let client = database.client().await;
    assert_eq!(ledger(&client).await, Some((3, false)));
    let index =
        client.query_one("select indisvalid from pg_index where indexrelid = 'a_id_idx'::regclass", &[]);
    assert!(index.await.unwrap().get::<_, bool>(0));
}

#[tokio::test]
async fn a_failure_outside_a_transaction_says_that_something_may_be_left() {
    let database = TestDatabase::empty().await;
    let twice = "create table a (id int); insert into a values (1), (1)";
    let index = "-- wh: no-transaction\ncreate unique index concurrently a_id_key on a (id);\n";
    let error = run(&database, &[migration(1, twice), migration(2, index)]).await.unwrap_err();
    assert!(matches!(error, MigrationError::Failed { rolled_back: false, ledger: 2, .. }), "{error}");
    assert!(error.to_string().contains("look at what it left"), "{error}");
}
