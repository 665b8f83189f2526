//! Every reference is named, says what deleting does, and is found by an index.

use wh_testkit::TestDatabase;

#[tokio::test]
async fn every_foreign_key_is_named_for_its_columns_and_says_what_deleting_does() {
    let database = TestDatabase::new().await;
    let rows = database
        .client()
        .await
        .query(
            "select conname::text, confdeltype::text,
                    conrelid::regclass || '_' || (
                        select string_agg(attname, '_' order by place)
                        from unnest(conkey) with ordinality as key (number, place)
                        join pg_attribute on attrelid = conrelid and attnum = number
                    ) || '_fkey'
             from pg_constraint
             where contype = 'f' and conparentid = 0 and connamespace = 'public'::regnamespace",
            &[],
        )
        .await
        .unwrap();
    assert!(rows.len() >= 20, "only {} foreign keys found", rows.len());
    for row in rows {
        let (name, on_delete, expected): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        assert_eq!(name, expected);
        assert!(on_delete == "c" || on_delete == "n", "{name}: ON DELETE is not written out ({on_delete})");
    }
}

#[tokio::test]
async fn every_foreign_key_has_an_index_that_begins_with_it() {
    const MISSING: &str = "
        select conname::text from pg_constraint
        where contype = 'f' and conparentid = 0 and connamespace = 'public'::regnamespace
          and not exists (
              select from pg_index
              where indrelid = conrelid and indpred is null and indisvalid
                and (indkey::int2[])[0:cardinality(conkey) - 1] = conkey
          )";

    let database = TestDatabase::new().await;
    let client = database.client().await;
    let missing = client.query(MISSING, &[]).await.unwrap();
    let missing: Vec<String> = missing.iter().map(|row| row.get(0)).collect();
    assert!(missing.is_empty(), "no index for {missing:?}");

    // The question can be answered with yes.
    client.batch_execute("drop index jobs_worker_id_idx").await.unwrap();
    let missing = client.query(MISSING, &[]).await.unwrap();
    assert_eq!(
        missing.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>(),
        ["jobs_worker_id_fkey"]
    );
}

#[tokio::test]
async fn tables_that_grow_without_end_are_keyed_by_their_owner() {
    let database = TestDatabase::new().await;
    let rows = database
        .client()
        .await
        .query(
            "select indrelid::regclass::text, array_agg(attname::text order by place)
             from pg_index
             cross join unnest(indkey::int2[]) with ordinality as key (number, place)
             join pg_attribute on attrelid = indrelid and attnum = number
             where indisunique
               and indrelid in ('runtime_logs'::regclass, 'usage_samples'::regclass, 'audit_events'::regclass,
                                'audit_chain'::regclass, 'webhook_deliveries'::regclass)
             group by indrelid, indexrelid",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(rows.len(), 7, "five primary keys, two unique rules");
    for row in rows {
        let (table, columns): (String, Vec<String>) = (row.get(0), row.get(1));
        let owner = match table.as_str() {
            "audit_events" | "audit_chain" => "user_id",
            "webhook_deliveries" => "webhook_id",
            _ => "app_id",
        };
        assert_eq!(columns[0], owner, "{table} {columns:?}");
    }
}
