//! The cache of a data layer, between its processes and beside those of other installations.
#![expect(clippy::unwrap_used, reason = "a test that cannot arrange its world must stop")]

use wh_data::DataLayer;
use wh_data::config::{Config, Sources};
use wh_data::repo::GoogleProfile;
use wh_data::repo::rows::User;
use wh_testkit::{DurableServer, RedisServer, TestDatabase, eventually};

/// The configuration of a service on this database, with this Redis if there is one.
fn config(url: &str, redis: Option<&RedisServer>) -> Config {
    let url: tokio_postgres::Config = url.parse().unwrap();
    let host = match url.get_hosts().first().unwrap() {
        tokio_postgres::config::Host::Tcp(name) => name.clone(),
        tokio_postgres::config::Host::Unix(folder) => folder.display().to_string(),
    };
    let password = String::from_utf8(url.get_password().unwrap_or(b"none").to_vec()).unwrap();
    let sources = Sources::new()
        .variable("WH_DATABASE__HOST", host)
        .variable("WH_DATABASE__PORT", url.get_ports().first().unwrap().to_string())
        .variable("WH_DATABASE__USER", url.get_user().unwrap())
        .variable("WH_DATABASE__PASSWORD", password)
        .variable("WH_DATABASE__NAME", url.get_dbname().unwrap())
        .variable("WH_API_SERVER__SECRET", "a server secret for tests")
        .variable("WH_CONTAINER__PORT_RANGE_START", "30000")
        .variable("WH_CONTAINER__PORT_RANGE_END", "31000")
        .variable("WH_PLATFORM__DOMAIN", "acme.dev");
    let sources = match redis {
        Some(redis) => sources
            .variable("WH_REDIS__ADDR", format!("127.0.0.1:{}", redis.port()))
            .variable("WH_REDIS__PASSWORD", redis.password()),
        None => sources,
    };
    Config::from_sources(sources).unwrap()
}

async fn sign_in(data: &DataLayer, email: &str) -> User {
    let profile = GoogleProfile {
        google_id: email.to_owned(),
        email: email.to_owned(),
        name: String::new(),
        avatar_url: String::new(),
    };
    data.db().users().upsert_google(&profile).await.unwrap().user
}

/// A database of the default name on a server of its own, which belongs to an ordinary role.
fn installation(server: &DurableServer) -> String {
    server.execute("CREATE ROLE app LOGIN PASSWORD 'word'");
    server.execute("CREATE DATABASE wisehosting OWNER app");
    format!("postgres://app:word@127.0.0.1:{}/wisehosting", server.port())
}

#[tokio::test]
async fn two_installations_of_one_name_on_one_redis_do_not_read_each_others_rows() {
    let redis = RedisServer::start();
    let servers = [DurableServer::start(""), DurableServer::start("")];
    let mut data = Vec::new();
    for (server, email) in servers.iter().zip(["ada@example.org", "bob@example.org"]) {
        let url = installation(server);
        // Two processes of each, so that rows travel through Redis.
        let (one, other) = (config(&url, Some(&redis)), config(&url, Some(&redis)));
        let (one, other) = (DataLayer::start(&one).await.unwrap(), DataLayer::start(&other).await.unwrap());
        let user = sign_in(&one, email).await;
        assert_eq!(one.db().users().find(user.id).await.unwrap().as_ref(), Some(&user));
        data.push((one, other, user));
    }
    let ids: Vec<_> = data.iter().map(|(.., user)| user.id).collect();
    assert!(ids.first() == ids.last(), "the first user of each has the same id");
    for (one, other, user) in &data {
        assert_eq!(other.db().users().find(user.id).await.unwrap().as_ref(), Some(user));
        assert_eq!(one.db().users().find(user.id).await.unwrap().as_ref(), Some(user));
    }
    let values = redis.command(&["KEYS", "wh:*{user:1}"]);
    assert_eq!(values.lines().count(), 2, "{values}");
}

#[tokio::test]
async fn an_installation_is_its_database_on_its_server() {
    let (one, other) = (TestDatabase::new().await, TestDatabase::new().await);
    let open = async |postgres: &TestDatabase| DataLayer::start(&config(postgres.url(), None)).await.unwrap();
    let (first, again, second) = (open(&one).await, open(&one).await, open(&other).await);
    let installation = first.db().installation().await.unwrap();
    assert_eq!(installation, again.db().installation().await.unwrap());
    // Both are copies of one template, so they have the same id: their names tell them apart.
    assert_ne!(installation, second.db().installation().await.unwrap());
    one.execute("UPDATE installation SET id = gen_random_uuid()").await;
    assert_ne!(installation, first.db().installation().await.unwrap());
    one.execute("DELETE FROM installation").await;
    let refused = first.db().installation().await.unwrap_err();
    assert!(refused.to_string().contains("row of the table installation"), "{refused}");
}

#[tokio::test]
async fn what_is_deleted_through_the_cache_that_is_handed_out_is_deleted_in_every_process() {
    let postgres = TestDatabase::new().await;
    let redis = RedisServer::start();
    for redis in [None, Some(&redis)] {
        let (first, second) = (config(postgres.url(), redis), config(postgres.url(), redis));
        let (first, second) =
            (DataLayer::start(&first).await.unwrap(), DataLayer::start(&second).await.unwrap());
        let (first, second) = (first.cache().unwrap(), second.cache().unwrap());
        eventually("both hear", async || {
            [first, second].iter().all(|cache| format!("{cache:?}").contains("Listening"))
        })
        .await;
        second.set("mine:1", &1, None).await;
        assert_eq!(second.get::<u32>("mine:1").await, Some(1));
        first.delete("mine:1").await;
        eventually("the deletion", async || second.get::<u32>("mine:1").await.is_none()).await;

        second.set("mine:2", &1, None).await;
        first.delete_prefix("mine:").await;
        eventually("the deletion of all", async || second.get::<u32>("mine:2").await.is_none()).await;
        second.set("mine:3", &1, None).await;
        first.delete_by_pattern("m*:3").await;
        eventually("the deletion by pattern", async || second.get::<u32>("mine:3").await.is_none()).await;
    }
}
