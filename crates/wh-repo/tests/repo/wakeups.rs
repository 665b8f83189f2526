//! Workers that are woken when there is work.

mod broken;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use tokio::time::timeout;
use wh_plans::Plans;
use wh_repo::rows::Worker;
use wh_repo::{Database, DatabaseSettings, Error, JobOutcome, JobWakeups};
use wh_testkit::Proxy;
use wh_types::{AppId, JobResult};

use crate::support::{World, commit, eventually, keys, settings, spec};

/// Far more than a wake-up takes on a busy machine, and far less than the poll interval of these tests.
const SOON: Duration = Duration::from_mins(1);

/// Nobody waits for this: whoever is woken was told.
const NEVER: Duration = Duration::from_hours(1);

/// How many connections of this database listen.
async fn listening(world: &World) -> String {
    world
        .raw(
            "SELECT count(*) FROM pg_stat_activity \
             WHERE datname = current_database() AND application_name = 'wh-data (listening)'",
        )
        .await
}

/// Listens, and waits until nothing but an assignment can be the reason of a wake-up.
async fn listen(world: &World, db: &Database, worker: &Worker) -> JobWakeups {
    let mut wakeups = db.jobs().listen(worker.id).with_poll_interval(NEVER);
    assert!(timeout(SOON, wakeups.next()).await.is_ok(), "the first look is due at once");
    eventually("the channel is up", async || {
        let heard = "SELECT count(*) FROM pg_stat_activity \
             WHERE datname = current_database() AND query = 'LISTEN \"wh_jobs\"' OR query = ''";
        world.raw(heard).await != "0"
    })
    .await;
    settle(&mut wakeups).await;
    wakeups
}

/// Takes the wake-ups that are still on their way.
async fn settle(wakeups: &mut JobWakeups) {
    while timeout(Duration::from_secs(1), wakeups.next()).await.is_ok() {}
}

async fn woken(wakeups: &mut JobWakeups) {
    assert!(timeout(SOON, wakeups.next()).await.is_ok(), "woken long before the next poll");
}

async fn sleeps(wakeups: &mut JobWakeups) -> bool {
    timeout(Duration::from_millis(300), wakeups.next()).await.is_err()
}

/// Ends the work on the app's job well, so that there can be another.
async fn finish(world: &World, worker: &Worker) -> AppId {
    let job = world.db.jobs().claim_next(worker.id).await.unwrap().unwrap().job;
    let result = JobResult { container_id: "c".into(), port: 1, ..Default::default() };
    world.db.jobs().complete(job.id, worker.id, JobOutcome::Completed, &result).await.unwrap().job.app_id
}

#[tokio::test]
async fn every_kind_of_assignment_wakes_its_worker() {
    let world = World::new().await;
    let (db, ada, anvil) = (&world.db, world.user("ada", "pro").await, world.worker("anvil").await);
    let mut wakeups = listen(&world, db, &anvil).await;

    let made = world.app(&ada, "first-shop").await;
    assert!(sleeps(&mut wakeups).await, "a pending job is nobody's");
    db.jobs().assign(made.job, anvil.id).await.unwrap();
    woken(&mut wakeups).await;
    let app = finish(&world, &anvil).await;

    db.jobs().stop(app).await.unwrap();
    woken(&mut wakeups).await;
    finish(&world, &anvil).await;

    db.deployments().redeploy(app, &commit("c0ffee")).await.unwrap();
    woken(&mut wakeups).await;
    finish(&world, &anvil).await;

    world.app(&ada, "second-shop").await;
    db.jobs().assign_next(anvil.id).await.unwrap().unwrap();
    woken(&mut wakeups).await;

    db.transaction(async |tx| {
        let made = tx.deployments().create(&spec(&ada, "third-shop")).await?;
        tx.jobs().assign(made.job, anvil.id).await
    })
    .await
    .unwrap();
    woken(&mut wakeups).await;
    assert!(sleeps(&mut wakeups).await, "one wake-up for each");
}

#[tokio::test]
async fn what_is_rolled_back_or_another_workers_wakes_nobody() {
    let world = World::new().await;
    let (db, ada) = (&world.db, world.user("ada", "pro").await);
    let (anvil, hammer) = (world.worker("anvil").await, world.worker("hammer").await);
    let mut wakeups = listen(&world, db, &anvil).await;
    let made = world.app(&ada, "first-shop").await;

    let undone = db.transaction(async |tx| {
        tx.jobs().assign(made.job, anvil.id).await?;
        Err::<(), _>(Error::NotFound { entity: "reason to go on" })
    });
    undone.await.unwrap_err();
    assert!(sleeps(&mut wakeups).await, "rolled back");
    db.jobs().assign(made.job, hammer.id).await.unwrap();
    assert!(sleeps(&mut wakeups).await, "hammer's");
    finish(&world, &hammer).await;

    world.app(&ada, "second-shop").await;
    db.jobs().assign_next(anvil.id).await.unwrap().unwrap();
    woken(&mut wakeups).await;
}

#[tokio::test]
async fn a_refused_assignment_wakes_nobody() {
    let world = World::new().await;
    let (db, ada, anvil) = (&world.db, world.user("ada", "pro").await, world.worker("anvil").await);
    let made = world.app(&ada, "first-shop").await;
    db.jobs().assign(made.job, anvil.id).await.unwrap();
    let mut wakeups = listen(&world, db, &anvil).await;
    db.jobs().assign(made.job, anvil.id).await.unwrap();
    assert_eq!(db.jobs().assign_next(anvil.id).await.unwrap(), None);
    db.jobs().delete(made.app).await.unwrap_err();
    assert!(sleeps(&mut wakeups).await, "nothing is new");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_is_never_slept_through() {
    let world = World::new().await;
    let (db, ada, anvil) = (&world.db, world.user("ada", "business").await, world.worker("anvil").await);
    let mut wakeups = listen(&world, db, &anvil).await;
    // More than a sleeping listener keeps, sent while it does not ask.
    let noise = "DO $$ BEGIN FOR n IN 1..3000 LOOP PERFORM pg_notify('wh_jobs', n::text); END LOOP; END $$";
    world.postgres.execute(noise).await;
    for n in 0..100 {
        let made = world.app(&ada, &format!("shop-number-{n}")).await;
        db.jobs().assign(made.job, anvil.id).await.unwrap();
    }
    let mut claimed = 0;
    while claimed < 100 {
        woken(&mut wakeups).await;
        while db.jobs().claim_next(anvil.id).await.unwrap().is_some() {
            claimed += 1;
        }
    }
    settle(&mut wakeups).await;
}

#[tokio::test]
async fn fifty_workers_share_one_connection_and_hear_of_their_own_jobs() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let mut workers = Vec::new();
    for n in 0..50 {
        let worker = world.worker(&format!("worker-{n}")).await;
        let wakeups = world.db.clone().jobs().listen(worker.id).with_poll_interval(NEVER);
        workers.push((worker, wakeups));
    }
    // All are up to date after this: the first look, and the channel coming up.
    join_all(workers.iter_mut().map(|(_, wakeups)| settle(wakeups))).await;
    assert_eq!(listening(&world).await, "1");

    for (n, (worker, wakeups)) in workers.iter_mut().enumerate().step_by(10) {
        let made = world.app(&ada, &format!("shop-number-{n}")).await;
        world.db.jobs().assign(made.job, worker.id).await.unwrap();
        woken(wakeups).await;
    }
    let quiet = join_all(workers.iter_mut().map(|(_, wakeups)| sleeps(wakeups))).await;
    assert!(quiet.into_iter().all(|quiet| quiet), "nobody is woken for another");
    assert_eq!(listening(&world).await, "1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_sixty_four_who_hear_of_a_job_one_gets_it() {
    let world = World::with_connections(16).await;
    let (ada, anvil) = (world.user("ada", "pro").await, world.worker("anvil").await);
    let made = world.app(&ada, "first-shop").await;
    // Keeps the channel up, so that the first look of the others is their only one before the assignment.
    let _up = listen(&world, &world.db, &anvil).await;
    let looked = Arc::new(AtomicUsize::new(0));
    let racers: Vec<_> = (0..64)
        .map(|_| {
            let (db, anvil, looked) = (world.db.clone(), anvil.id, Arc::clone(&looked));
            tokio::spawn(async move {
                let mut wakeups = db.jobs().listen(anvil).with_poll_interval(NEVER);
                wakeups.next().await;
                assert!(db.jobs().claim_next(anvil).await.unwrap().is_none(), "nothing is assigned yet");
                looked.fetch_add(1, Ordering::SeqCst);
                // As long as the slowest of the others takes for its first look.
                timeout(SOON, wakeups.next()).await.unwrap();
                db.jobs().claim_next(anvil).await.unwrap().is_some()
            })
        })
        .collect();
    eventually("all have looked once", async || looked.load(Ordering::SeqCst) == 64).await;
    world.db.jobs().assign(made.job, anvil.id).await.unwrap();
    let winners = join_all(racers).await.into_iter().map(Result::unwrap).filter(|won| *won).count();
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn listening_costs_the_pool_nothing_and_telling_costs_no_round_trip_more() {
    let world = World::new().await;
    let (ada, anvil) = (world.user("ada", "pro").await, world.worker("anvil").await);
    let proxy = Proxy::start(world.postgres.url()).await;
    let settings =
        DatabaseSettings { direct_url: Some(world.postgres.url().into()), ..settings(proxy.url(), 1) };
    let db = Database::connect(settings, keys(), Plans::new()).await.unwrap();
    let (first, second) = (world.app(&ada, "first-shop").await, world.app(&ada, "second-shop").await);
    db.jobs().assign(first.job, anvil.id).await.unwrap();
    proxy.reset_counts();
    let mut wakeups = listen(&world, &db, &anvil).await;
    assert_eq!((proxy.round_trips(), proxy.connections()), (0, 0));
    db.jobs().assign(second.job, anvil.id).await.unwrap();
    woken(&mut wakeups).await;
    assert_eq!((proxy.round_trips(), proxy.preparations()), (1, 0));
}

#[tokio::test]
async fn it_is_a_stream_as_well() {
    let world = World::new().await;
    let (ada, anvil) = (world.user("ada", "pro").await, world.worker("anvil").await);
    let wakeups = listen(&world, &world.db, &anvil).await;
    let mut numbered = wakeups.enumerate();
    let made = world.app(&ada, "first-shop").await;
    world.db.jobs().assign(made.job, anvil.id).await.unwrap();
    assert_eq!(timeout(SOON, numbered.next()).await.unwrap(), Some((0, ())));
}
