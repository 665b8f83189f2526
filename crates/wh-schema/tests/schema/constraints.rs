//! The rules that the database holds by itself.

use wh_testkit::TestDatabase;

use super::support::{refused_by, with_rows};

const SECOND_APP: &str = "insert into apps (uuid, user_id, name, subdomain, git_provider, repo_url)
    values (gen_random_uuid(), 1, 'another-app', 'another-app', 'github', 'https://github.com/a/b')";

#[tokio::test]
async fn an_app_has_at_most_one_job_that_is_not_over() {
    let database = with_rows().await;
    let client = database.client().await;
    let insert = "insert into jobs (app_id, job_type) values (1, 'stop')";

    for status in ["pending", "assigned", "processing"] {
        client.execute("update jobs set status = $1", &[&status]).await.unwrap();
        assert_eq!(
            refused_by(&client, insert).await,
            "jobs_one_active_per_app",
            "beside one that is {status}"
        );
    }
    client.batch_execute("update jobs set status = 'failed'").await.unwrap();
    client.batch_execute(insert).await.unwrap();
}

#[tokio::test]
async fn a_source_has_at_most_one_open_alert() {
    let database = with_rows().await;
    let client = database.client().await;
    let insert = "insert into alerts (user_id, kind, title, source_type, source_id)
                  values (1, 'memory', 'Full', 'rule', '1')";

    for status in ["active", "acknowledged"] {
        client.execute("update alerts set status = $1", &[&status]).await.unwrap();
        assert_eq!(
            refused_by(&client, insert).await,
            "alerts_one_open_per_source",
            "beside one that is {status}"
        );
    }
    // As processes from before migration 0018 send it.
    let old = format!(
        "{insert} on conflict (user_id, source_type, source_id) where status = 'active'
         do update set status = alerts.status returning id"
    );
    assert_eq!(client.query_one(&old, &[]).await.unwrap().get::<_, i64>(0), 1);
    client.batch_execute("update alerts set status = 'resolved'").await.unwrap();
    client.batch_execute(insert).await.unwrap();
}

#[tokio::test]
async fn a_host_name_is_unique_among_verified_domains_and_once_per_app() {
    let database = with_rows().await;
    let client = database.client().await;
    client.batch_execute(SECOND_APP).await.unwrap();
    let claim = |app: i64| {
        format!(
            "insert into domains (user_id, app_id, hostname, verification_token) values (1, {app}, 'example.org', 't')"
        )
    };
    assert_eq!(refused_by(&client, &claim(1)).await, "domains_app_hostname_key");
    client.batch_execute(&claim(2)).await.unwrap();
    client.batch_execute("update domains set verified = true where app_id = 2").await.unwrap();
    let verify = "update domains set verified = true where app_id = 1";
    assert_eq!(refused_by(&client, verify).await, "domains_hostname_verified_key");
}

#[tokio::test]
async fn an_address_is_one_account_in_every_spelling() {
    let database = with_rows().await;
    let client = database.client().await;
    for email in [
        "ADA@example.org",
        " ada@Example.ORG\t",
        "\u{a0}ada@example.org\u{3000}",
        "\u{2003}ada@example.org\n\u{b}",
    ] {
        let insert = format!("insert into users (email, google_id) values ('{email}', 'g-2')");
        assert_eq!(refused_by(&client, &insert).await, "users_email_folded_key", "{email:?}");
    }
    let insert = "insert into users (email, google_id) values ($1, $2)";
    client.execute(insert, &[&"zo\u{eb}@example.org", &"g-2"]).await.unwrap();
    let decomposed = client.execute(insert, &[&"zoe\u{308}@example.org", &"g-3"]).await.unwrap_err();
    assert_eq!(decomposed.as_db_error().unwrap().constraint(), Some("users_email_folded_key"));
    client.execute(insert, &[&"vada@example.org", &"g-4"]).await.unwrap();
}

#[tokio::test]
async fn names_are_unique_among_living_apps_only() {
    let database = with_rows().await;
    let client = database.client().await;
    client.batch_execute(SECOND_APP).await.unwrap();

    let rename = "update apps set name = 'my-first-app' where id = 2";
    let move_in = "update apps set subdomain = 'my-first-app' where id = 2";
    assert_eq!(refused_by(&client, rename).await, "apps_user_name_living_key");
    assert_eq!(refused_by(&client, move_in).await, "apps_subdomain_living_key");

    client
        .batch_execute("update apps set status = 'deleted', deleted_at = now() where id = 1")
        .await
        .unwrap();
    client.batch_execute(rename).await.unwrap();
    client.batch_execute(move_in).await.unwrap();
}

#[tokio::test]
async fn values_out_of_range_are_refused_by_name() {
    let database = with_rows().await;
    let client = database.client().await;
    for (statement, constraint) in [
        ("update jobs set progress = 101", "jobs_progress_check"),
        ("update jobs set status = 'done'", "jobs_status_check"),
        ("update apps set port = 65536", "apps_port_check"),
        ("update apps set container_port = -1", "apps_container_port_check"),
        ("update jobs set app_was = 'unreachable'", "jobs_app_was_check"),
        ("update users set totp_last_step = -1", "users_totp_last_step_check"),
        ("insert into second_factor_failures values (1, 0, now())", "second_factor_failures_failures_check"),
        ("insert into installation default values", "installation_pkey"),
        ("insert into installation (only_row) values (false)", "installation_only_row_check"),
        ("update apps set name = 'ends-in-'", "apps_name_check"),
        ("update apps set name = 'double--hyphen'", "apps_name_check"),
        ("update apps set name = 'short1'", "apps_name_check"),
        ("update apps set deleted_at = now()", "apps_deleted_at_check"),
        ("update apps set cpu_limit = -1", "apps_cpu_limit_check"),
        ("update app_env_vars set key = 'path'", "app_env_vars_key_check"),
        ("update app_env_vars set key = rpad('A', 65, 'A')", "app_env_vars_key_check"),
        ("update app_env_vars set key = E'PATH\\n'", "app_env_vars_key_check"),
        ("update workers set api_key_hash = repeat('A', 64)", "workers_api_key_hash_check"),
        ("update domains set hostname = 'Example.org'", "domains_hostname_check"),
        ("update webhooks set events = '{a,null}'", "webhooks_events_check"),
        ("update webhooks set failure_count = -1", "webhooks_failure_count_check"),
        ("update users set email = rpad('a', 256, 'a')", "users_email_check"),
        ("update users set totp_enabled = true, totp_secret = ''", "users_totp_enabled_check"),
        ("update encryption_keys set key_id = upper(key_id)", "encryption_keys_key_id_check"),
        ("update encryption_keys set forms = '{v1,v3}'", "encryption_keys_forms_check"),
        ("update encryption_keys set forms = array[null::text]", "encryption_keys_forms_check"),
        ("update usage_samples set samples = 0", "usage_samples_samples_check"),
        (
            "insert into runtime_logs (app_id, stream, line) values (1, 'stdout', repeat('ä', 4097))",
            "runtime_logs_line_check",
        ),
    ] {
        assert_eq!(refused_by(&client, statement).await, constraint, "{statement}");
    }
}

#[tokio::test]
async fn deleting_a_user_deletes_everything_of_theirs() {
    let database = with_rows().await;
    let client = database.client().await;
    client.batch_execute("delete from users").await.unwrap();

    let tables = client
        .query(
            "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
             and relname not in ('schema_migrations', 'workers', 'encryption_keys', 'installation', 'audit_backlog')",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(tables.len(), 23);
    for table in tables {
        let table: String = table.get(0);
        let row = client.query_one(&format!("select count(*) from {table}"), &[]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), 0, "{table}");
    }
}

#[tokio::test]
async fn deleting_a_worker_keeps_the_apps_and_their_history() {
    let database = with_rows().await;
    let client = database.client().await;
    client.batch_execute("delete from workers").await.unwrap();
    for table in ["apps", "deployments", "jobs"] {
        let query = format!("select count(*) from {table} where worker_id is null");
        let row = client.query_one(&query, &[]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), 1, "{table}");
    }
}

#[tokio::test]
async fn tests_can_move_the_time_of_the_data_layer() {
    let database = TestDatabase::new().await;
    let client = database.client().await;
    let now = "select wh_now() = now() as untouched, extract(year from wh_now())::int as year";
    assert!(client.query_one(now, &[]).await.unwrap().get::<_, bool>(0));

    client.batch_execute("set wh.now = '1999-12-31 23:59+00'; set timezone to 'UTC'").await.unwrap();
    assert_eq!(client.query_one(now, &[]).await.unwrap().get::<_, i32>(1), 1999);
    client.batch_execute("set wh.now = ''").await.unwrap();
    assert!(client.query_one(now, &[]).await.unwrap().get::<_, bool>(0));
}
