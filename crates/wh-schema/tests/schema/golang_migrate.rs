//! The `migrate` command of golang-migrate and this runner work on the same folder, ledger and lock.

use tokio_postgres::Client;
use wh_schema::migrations::{self, Direction, Migration, Target, all};
use wh_testkit::{TestDatabase, catalogue};

use super::support::{connect, ledger, migrate};

/// What golang-migrate sends for one file: the dirty version, the file in one message, the clean version.
async fn as_golang_migrate(client: &Client, migration: &Migration, direction: Direction) {
    let leads_to = match direction {
        Direction::Up => migration.version,
        Direction::Down if migration.version == 1 => -1,
        Direction::Down => migration.version - 1,
    };
    let set = async |dirty: bool| {
        let insert = if leads_to >= 0 || dirty {
            format!(
                "insert into \"public\".\"schema_migrations\" (version, dirty) values ({leads_to}, {dirty});"
            )
        } else {
            String::new()
        };
        client
            .batch_execute(&format!("begin; truncate \"public\".\"schema_migrations\"; {insert} commit"))
            .await
            .unwrap();
    };
    set(true).await;
    client.batch_execute(migration.sql(direction)).await.unwrap();
    set(false).await;
}

async fn set_up_by_golang_migrate() -> (TestDatabase, Client) {
    let database = TestDatabase::empty().await;
    let client = database.client().await;
    let table = "create table if not exists \"public\".\"schema_migrations\"
                 (version bigint not null primary key, dirty boolean not null)";
    client.batch_execute(table).await.unwrap();
    for migration in all() {
        as_golang_migrate(&client, migration, Direction::Up).await;
    }
    (database, client)
}

#[tokio::test]
async fn what_it_has_applied_counts_as_applied() {
    let (database, client) = set_up_by_golang_migrate().await;
    let status = migrations::status(connect(&database).await).await.unwrap();
    assert_eq!(status.version, all().last().unwrap().version);
    assert!(!status.dirty && status.pending().next().is_none());
    assert!(migrate(&database, Target::Latest).await.unwrap().steps.is_empty());

    let ours = TestDatabase::new().await;
    let ours = catalogue::describe(&ours.client().await).await;
    let diff = catalogue::diff(&ours, &catalogue::describe(&client).await);
    assert!(diff.is_none(), "{}", diff.unwrap_or_default());
}

#[tokio::test]
async fn either_takes_back_what_the_other_has_applied() {
    let (database, client) = set_up_by_golang_migrate().await;
    migrate(&database, Target::Version(2)).await.unwrap();
    assert_eq!(ledger(&client).await, Some((2, false)));
    for migration in all().iter().take(2).rev() {
        as_golang_migrate(&client, migration, Direction::Down).await;
    }
    assert_eq!(ledger(&client).await, None);
    let status = migrations::status(connect(&database).await).await.unwrap();
    assert_eq!((status.version, status.pending().count()), (0, all().len()));
}

#[tokio::test]
async fn the_ledger_has_its_columns_and_key() {
    let ours = TestDatabase::new().await;
    let (theirs, _) = set_up_by_golang_migrate().await;
    let shape = "select string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull), ', ' order by attnum)
                 || (select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'schema_migrations'::regclass and contype = 'p')
                 from pg_attribute where attrelid = 'schema_migrations'::regclass and attnum > 0";
    let mut shapes = Vec::new();
    for database in [&ours, &theirs] {
        shapes.push(database.client().await.query_one(shape, &[]).await.unwrap().get::<_, String>(0));
    }
    assert_eq!(shapes[0], "version bigint t, dirty boolean tPRIMARY KEY (version)");
    assert_eq!(shapes[0], shapes[1]);
}
