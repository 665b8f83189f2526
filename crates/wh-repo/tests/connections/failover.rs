//! A primary that is one no more.

use wh_testkit::{DurableServer, with_database};

use crate::support::{connect, profile, settings};

fn both(first: &DurableServer, second: &DurableServer, database: &str) -> String {
    let config: tokio_postgres::Config = first.url().parse().unwrap();
    let password = String::from_utf8(config.get_password().unwrap_or_default().to_vec()).unwrap();
    format!(
        "host=127.0.0.1,127.0.0.1 port={},{} user=postgres password='{password}' dbname={database} \
         target_session_attrs=read-write sslmode=disable",
        first.port(),
        second.port()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_became_read_only_is_left_for_the_new_primary() {
    let servers = tokio::task::spawn_blocking(|| {
        let primary = DurableServer::start("");
        primary.execute("CREATE DATABASE shop");
        let standby = primary.standby("s1", "");
        (primary, standby)
    });
    let (old, new) = servers.await.unwrap();
    // The standby stands first: it is passed over.
    let url = both(&new, &old, "shop");
    wh_testkit::migrate(&with_database(&old.url(), "shop")).await;
    let db = connect(settings(&url, 4)).await.unwrap();
    let four = [db.workers().list(), db.workers().list(), db.workers().list(), db.workers().list()];
    for outcome in futures_util::future::join_all(four).await {
        outcome.unwrap();
    }
    let ada = db.users().upsert_google(&profile("ada")).await.unwrap().user;

    let (old, new) = tokio::task::spawn_blocking(move || {
        new.catch_up(&old);
        old.set("default_transaction_read_only", "on");
        new.promote();
        (old, new)
    })
    .await
    .unwrap();
    let grace = db.users().upsert_google(&profile("grace")).await.unwrap().user;
    assert_ne!(ada.id, grace.id);
    for number in 0..8 {
        let who = profile(&format!("user-{number}"));
        db.transaction(async |tx| tx.users().upsert_google(&who).await).await.unwrap();
    }
    let counted = tokio::task::spawn_blocking(move || {
        let count = |server: &DurableServer| {
            let url = with_database(&server.url(), "shop");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let (client, connection) =
                    tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
                tokio::spawn(connection);
                crate::support::value(&client, "SELECT count(*) FROM users").await
            })
        };
        [count(&old), count(&new)]
    });
    assert_eq!(counted.await.unwrap(), ["1", "10"]);
}
