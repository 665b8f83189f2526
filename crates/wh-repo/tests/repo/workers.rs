//! Workers: registration, signs of life, API keys.

use futures_util::future::join_all;
use secrecy::SecretString;
use wh_repo::{Conflict, Error, WorkerRegistration};
use wh_types::{HeartbeatRequest, WorkerId, WorkerResources, WorkerStatus};

use crate::support::{World, registration};

#[tokio::test]
async fn a_worker_is_known_by_its_key_of_which_only_the_hash_is_stored() {
    let world = World::new().await;
    let worker = world.worker("anvil").await;

    let found = world.db.workers().find_by_api_key(&"whk_anvil".into()).await.unwrap();
    assert_eq!(found.unwrap().id, worker.id);
    assert_eq!(world.db.workers().find_by_api_key(&"whk_wrong".into()).await.unwrap(), None);

    let stored = world.raw("SELECT w FROM workers w").await;
    assert!(!stored.contains("whk_anvil"), "{stored}");
    assert!(stored.contains(wh_crypto::hash_api_key(&"whk_anvil".into()).as_str()), "{stored}");
    let shown = format!("{worker:?}{}", serde_json::to_string(&worker).unwrap());
    assert!(!shown.contains(worker.api_key_hash.as_hex()), "{shown}");
}

#[tokio::test]
async fn registering_again_under_the_same_name_changes_the_key_of_the_same_worker() {
    let world = World::new().await;
    let worker = world.worker("anvil").await;
    let again =
        WorkerRegistration { api_key: "whk_new".into(), capacity_cpu_milli: 4000, ..registration("anvil") };
    let updated = world.db.workers().upsert(&again).await.unwrap();

    assert_eq!((updated.id, updated.capacity_cpu), (worker.id, 4000));
    assert_eq!(world.db.workers().find_by_api_key(&"whk_anvil".into()).await.unwrap(), None);
    assert_eq!(world.db.workers().find_by_api_key(&"whk_new".into()).await.unwrap().unwrap().id, worker.id);
}

#[tokio::test]
async fn the_key_of_another_worker_is_refused_and_the_transaction_goes_on() {
    let world = World::new().await;
    world.worker("anvil").await;
    let thief = WorkerRegistration { api_key: "whk_anvil".into(), ..registration("hammer") };
    world
        .db
        .transaction(async |tx| {
            let refusal = tx.workers().upsert(&thief).await.unwrap_err();
            assert!(
                matches!(refusal, Error::Conflict(Conflict::Taken { field: "API key", .. })),
                "{refusal}"
            );
            tx.workers().upsert(&registration("hammer")).await
        })
        .await
        .unwrap();
    let names: Vec<_> =
        world.db.workers().list().await.unwrap().into_iter().map(|worker| worker.name).collect();
    assert_eq!(names, ["anvil", "hammer"]);
}

#[tokio::test]
async fn sixty_four_registrations_under_one_name_make_one_worker() {
    let world = World::with_connections(16).await;
    let anvil = registration("anvil");
    let workers = join_all((0..64).map(|_| world.db.workers().upsert(&anvil))).await;
    let first = workers[0].as_ref().unwrap().id;
    assert!(workers.into_iter().all(|worker| worker.unwrap().id == first));
}

#[tokio::test]
async fn a_heartbeat_leaves_what_is_in_use_and_the_time() {
    let world = World::new().await;
    let worker = world.worker("anvil").await;
    assert_eq!((worker.status, worker.last_heartbeat_at), (WorkerStatus::Offline, None));

    world.db.workers().mark_online(worker.id).await.unwrap();
    let online = world.db.workers().find(worker.id).await.unwrap().unwrap();
    assert_eq!(online.status, WorkerStatus::Online);

    let resources = WorkerResources {
        used_cpu_milli: 1500,
        used_memory_mib: 700,
        running_containers: 3,
        ..Default::default()
    };
    let heartbeat = HeartbeatRequest { status: WorkerStatus::Online, resources };
    world.db.workers().heartbeat(worker.id, &heartbeat).await.unwrap();
    let alive = world.db.workers().find(worker.id).await.unwrap().unwrap();
    assert_eq!((alive.used_cpu, alive.used_memory_mib, alive.running_containers), (1500, 700, 3));
    assert!(alive.last_heartbeat_at > online.last_heartbeat_at);
    assert_eq!(alive.capacity_cpu, worker.capacity_cpu);

    let refusal = world.db.workers().heartbeat(WorkerId::new(0), &heartbeat).await.unwrap_err();
    assert_eq!(refusal.to_string(), "no such worker");
    assert_eq!(
        world.db.workers().mark_online(WorkerId::new(0)).await.unwrap_err().to_string(),
        "no such worker"
    );
}

#[tokio::test]
async fn a_key_never_shows() {
    let shown = format!(
        "{:?}",
        WorkerRegistration { api_key: SecretString::from("whk_secret"), ..registration("a") }
    );
    assert!(!shown.contains("whk_secret"), "{shown}");
}
