//! What triggers keep: the subscriptions of webhooks, and one app per port.

use futures_util::future::join_all;
use tokio_postgres::Client;
use wh_testkit::TestDatabase;

use super::support::with_rows;

async fn subscriptions(client: &Client) -> Vec<String> {
    let query = "select webhook_id || ' ' || event from webhook_subscriptions order by webhook_id, event";
    client.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn subscriptions_follow_every_change_of_a_webhook() {
    let database = with_rows().await;
    let client = database.client().await;
    assert_eq!(subscriptions(&client).await, ["1 app.deployed", "1 app.failed"], "from before the table");

    let add =
        "insert into webhooks (user_id, name, url, events) values (1, 'b', 'https://b.example', '{x,y,x}')";
    client.batch_execute(add).await.unwrap();
    for (change, expected) in [
        ("update webhooks set events = '{y,z}' where id = 2", &["2 y", "2 z"][..]),
        ("update webhooks set active = false where id = 2", &[]),
        ("update webhooks set events = '{q}' where id = 2", &[]),
        ("update webhooks set active = true where id = 2", &["2 q"]),
        ("update webhooks set success_count = 7, last_status_code = 200 where id = 2", &["2 q"]),
        ("update webhooks set events = '{}' where id = 2", &[]),
        ("update webhooks set events = '{a}', name = 'c' where id = 2", &["2 a"]),
        ("delete from webhooks where id = 2", &[]),
    ] {
        client.batch_execute(change).await.unwrap();
        let found = subscriptions(&client).await;
        assert_eq!(found[2..], *expected, "{change}");
    }
}

/// What is in `webhooks` itself, whatever the triggers did.
const DRIFT: &str = "
    select count(*) from (
        select id, event from webhooks cross join unnest(events) as event where active
        except select webhook_id, event from webhook_subscriptions
    ) missing full join (
        select webhook_id, event from webhook_subscriptions
        except select id, event from webhooks cross join unnest(events) as event where active
    ) surplus on false";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscriptions_hold_under_racing_changes() {
    let database = with_rows().await;
    join_all((0..8).map(async |caller| {
        let client = database.client().await;
        for round in 0..20 {
            let change = format!(
                "update webhooks set events = '{{e{},e{}}}', active = {}",
                (caller + round) % 5,
                (caller * round) % 7,
                (caller + round) % 3 > 0
            );
            client.batch_execute(&change).await.unwrap();
        }
    }))
    .await;
    let client = database.client().await;
    assert_eq!(client.query_one(DRIFT, &[]).await.unwrap().get::<_, i64>(0), 0);
}

const APPS: &str = "
    insert into users (email, google_id) values ('ada@example.org', 'g-1');
    insert into workers (name, api_key_hash) values ('w-1', repeat('a', 64)), ('w-2', repeat('b', 64));
    insert into apps (uuid, user_id, worker_id, name, subdomain, git_provider, repo_url)
    select gen_random_uuid(), 1, 1, 'app-number-' || n, 'app-number-' || n, 'github', 'https://github.com/a/b'
    from generate_series(1, 16) n";

async fn ports(client: &Client) -> Vec<(i64, i32)> {
    let query = "select id, port from apps where port > 0 order by id";
    client.query(query, &[]).await.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn the_later_report_of_a_port_takes_it() {
    let database = TestDatabase::new().await;
    let client = database.client().await;
    client.batch_execute(APPS).await.unwrap();
    for (change, expected) in [
        ("update apps set port = 30001 where id = 1", &[(1, 30001)][..]),
        ("update apps set port = 30001 where id = 2", &[(2, 30001)]),
        ("update apps set port = 30001, worker_id = 2 where id = 3", &[(2, 30001), (3, 30001)]),
        ("update apps set worker_id = 1 where id = 3", &[(3, 30001)]),
        ("update apps set port = 30001 where id = 3", &[(3, 30001)]),
        ("update apps set port = 0, worker_id = null where id = 3", &[]),
        ("update apps set port = 30002 where id = 4", &[(4, 30002)]),
        // A statement that clears the earlier one itself.
        (
            "with earlier as (update apps set port = 0 where worker_id = 1 and port = 30002 and id <> 5)
             update apps set port = 30002 where id = 5",
            &[(5, 30002)],
        ),
    ] {
        client.batch_execute(change).await.unwrap();
        assert_eq!(ports(&client).await, expected, "{change}");
    }
    client.batch_execute("update apps set port = 30003 where id > 5").await.unwrap();
    assert_eq!(ports(&client).await.iter().filter(|(_, port)| *port == 30003).count(), 1, "of one statement");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_sixteen_apps_that_take_a_port_at_once_one_has_it() {
    let database = TestDatabase::new().await;
    let client = database.client().await;
    client.batch_execute(APPS).await.unwrap();
    let take = join_all((1..=16).map(async |app: i64| {
        let client = database.client().await;
        client.execute("update apps set port = 30001 where id = $1", &[&app]).await
    }))
    .await;
    assert!(take.iter().any(Result::is_ok));
    // Two that clear each other may deadlock; Postgres ends one of them, and its caller sends it again.
    for error in take.into_iter().filter_map(Result::err) {
        assert_eq!(error.code().unwrap().code(), "40P01", "{error}");
    }
    assert_eq!(ports(&client).await.len(), 1);
}
