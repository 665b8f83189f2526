//! The ledger of columns and the comments are complete.

use std::collections::BTreeSet;

use wh_schema::columns;
use wh_testkit::TestDatabase;

#[tokio::test]
async fn every_column_is_classified_and_no_other() {
    let database = TestDatabase::new().await;
    let rows = database
        .client()
        .await
        .query(
            "select relname::text, attname::text from pg_class
             join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
             where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
               and relname <> 'schema_migrations'",
            &[],
        )
        .await
        .unwrap();
    let real: BTreeSet<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let known: BTreeSet<_> =
        columns::ALL.iter().map(|column| (column.table.to_owned(), column.name.to_owned())).collect();

    assert!(real.len() > 150, "only {} columns found", real.len());
    let missing: Vec<_> = real.difference(&known).collect();
    assert!(missing.is_empty(), "not classified: {missing:?}");
    let surplus: Vec<_> = known.difference(&real).collect();
    assert!(surplus.is_empty(), "do not exist: {surplus:?}");
    assert_eq!(columns::ALL.len(), known.len(), "a column is classified twice");
}

#[tokio::test]
async fn every_table_function_and_trigger_has_a_comment() {
    let database = TestDatabase::new().await;
    let rows = database
        .client()
        .await
        .query(
            "select oid::regclass::text, obj_description(oid, 'pg_class') from pg_class
             where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relname <> 'schema_migrations'
             union all
             select oid::regprocedure::text, obj_description(oid, 'pg_proc') from pg_proc
             where pronamespace = 'public'::regnamespace
             union all
             select tgname::text, obj_description(oid, 'pg_trigger') from pg_trigger where not tgisinternal",
            &[],
        )
        .await
        .unwrap();
    assert!(rows.len() >= 20 + 4 + 2, "only {} found", rows.len());
    for row in rows {
        let (what, comment): (String, Option<String>) = (row.get(0), row.get(1));
        assert!(comment.is_some_and(|comment| !comment.is_empty()), "{what} has no comment");
    }
}

#[tokio::test]
async fn columns_with_a_unit_or_a_secret_have_a_comment() {
    let database = TestDatabase::new().await;
    let client = database.client().await;
    let secrets = columns::ALL.iter().filter(|column| column.class >= columns::Class::Hashed);
    let units =
        columns::ALL.iter().filter(|column| column.name.contains("cpu") || column.name.ends_with("_limit"));
    for column in secrets.chain(units) {
        let row = client
            .query_one(
                "select col_description(attrelid, attnum) from pg_attribute
                 where attrelid = $1::text::regclass and attname = $2",
                &[&column.table, &column.name],
            )
            .await
            .unwrap();
        assert!(row.get::<_, Option<String>>(0).is_some(), "{}.{} has no comment", column.table, column.name);
    }
}
