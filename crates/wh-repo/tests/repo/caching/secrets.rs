//! What leaves for Redis and for the other processes: no secret, in no form.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, ready};

use secrecy::SecretString;
use tokio_postgres::{AsyncMessage, Client, NoTls};
use wh_repo::{Database, WorkerRegistration};

use super::hearing;
use crate::support::{World, eventually, open_plain, registration, spec};

/// Everything that was said so far.
pub(super) type Heard = Arc<Mutex<String>>;

/// Listens to what processes tell each other through Postgres.
async fn listen(world: &World) -> (Client, Heard) {
    let (client, mut connection) = tokio_postgres::connect(world.postgres.url(), NoTls).await.unwrap();
    let heard = Heard::default();
    let keep = Arc::clone(&heard);
    tokio::spawn(poll_fn(move |cx| {
        loop {
            match ready!(connection.poll_message(cx)) {
                Some(Ok(AsyncMessage::Notification(message))) => {
                    keep.lock().unwrap().push_str(message.payload());
                }
                Some(Ok(_)) => {}
                _ => return Poll::Ready(()),
            }
        }
    }));
    client.batch_execute("LISTEN wh_cache").await.unwrap();
    (client, heard)
}

const API_KEY: &str = "whk_of_high_entropy";
const TOTP_SECRET: &str = "GEZDGNBVGY3TQOJQ";
const URL_TOKEN: &str = "ghp_in_the_address";

/// Reads and writes whatever is cached, with secrets at every corner.
pub(super) async fn live(world: &World, db: &Database) {
    let ada = world.user("ada", "business").await;
    let api_key = SecretString::from(API_KEY);
    let anvil = WorkerRegistration { api_key: api_key.clone(), ..registration("anvil") };
    db.workers().upsert(&anvil).await.unwrap();
    let first = db.deployments().create(&spec(&ada, "first-shop")).await.unwrap();
    let leaky = db.deployments().create(&spec(&ada, "leaky-shop")).await.unwrap().app;
    // As the original stored it. Now such an address is refused.
    let address = format!("https://ada:{URL_TOKEN}@github.com/acme/shop");
    world.raw(&format!("UPDATE apps SET repo_url = '{address}' WHERE id = {leaky}")).await;
    db.users().set_totp_secret(ada.id, &TOTP_SECRET.into()).await.unwrap();
    for _ in 0..2 {
        let worker = db.workers().find_by_api_key(&api_key).await.unwrap().unwrap();
        assert_eq!(worker.api_key_hash.as_hex(), wh_crypto::hash_api_key(&api_key));
        db.users().find(ada.id).await.unwrap().unwrap();
        db.apps().find(first.app).await.unwrap().unwrap();
        db.apps().find_by_name(ada.id, "first-shop").await.unwrap().unwrap();
        let found = db.apps().find(leaky).await.unwrap().unwrap();
        assert!(found.repo_url.contains(URL_TOKEN), "who may read it, reads it");
        assert_eq!(db.apps().find_by_name(ada.id, "leaky-shop").await.unwrap(), Some(found));
        assert_eq!(db.apps().list(ada.id, wh_repo::Page::default()).await.unwrap().len(), 2);
    }
    for hidden in ["?access_token=", "#"] {
        let address = format!("https://github.com/acme/shop{hidden}{URL_TOKEN}");
        world.raw(&format!("UPDATE apps SET repo_url = '{address}' WHERE id = {leaky}")).await;
        db.apps().invalidate(leaky).await.unwrap();
        db.apps().find(leaky).await.unwrap().unwrap();
    }
    let job = db.jobs().claim_next(worker_id(db, &api_key).await).await.unwrap();
    assert!(job.is_none());
    db.jobs().assign(first.job, worker_id(db, &api_key).await).await.unwrap();
    db.workers().mark_online(worker_id(db, &api_key).await).await.unwrap();
    db.workers()
        .upsert(&WorkerRegistration { api_key: format!("{API_KEY}2").into(), ..anvil })
        .await
        .unwrap();
}

async fn worker_id(db: &Database, api_key: &SecretString) -> wh_types::WorkerId {
    db.workers().find_by_api_key(api_key).await.unwrap().unwrap().id
}

pub(super) fn assert_harmless(heard: &Heard) {
    let heard = heard.lock().unwrap();
    let hash = |key: &str| wh_crypto::hash_api_key(&key.into());
    let (first, second) = (hash(API_KEY), hash(&format!("{API_KEY}2")));
    for secret in [
        API_KEY,
        TOTP_SECRET,
        URL_TOKEN,
        first.as_str(),
        second.as_str(),
        "api_key_hash",
        "hunter2",
        "v1:",
        "v2:",
    ] {
        assert!(!heard.contains(secret), "{secret} was heard in {heard}");
    }
}

#[tokio::test]
async fn no_secret_is_told_to_other_processes() {
    let world = World::new().await;
    let (_client, heard) = listen(&world).await;
    let db = hearing(open_plain(world.postgres.url(), 2).await).await;
    live(&world, &db).await;
    for part in ["kuser:", "kapp:", "first-shop", "worker-by-key:"] {
        eventually("it was heard", async || heard.lock().unwrap().contains(part)).await;
    }
    assert_harmless(&heard);
}
