//! Statements that meet others which are just committing.

use std::time::Duration;

use futures_util::future::join_all;
use wh_repo::{Conflict, Error, WorkerRegistration};

use crate::support::{World, commit, eventually, registration, spec};

/// Waits until somebody waits for a lock.
async fn somebody_waits(world: &World) {
    eventually("somebody waits for a lock", async || {
        let waiting = "SELECT count(*) FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        world.raw(waiting).await != "0"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_was_just_assigned_is_there_to_be_claimed() {
    let world = World::with_connections(12).await;
    let ada = world.user("ada", "business").await;
    let anvil = world.worker("anvil").await.id;
    for n in 0..160 {
        world.app(&ada, &format!("shop-number-{n}")).await;
    }
    let claimed = join_all((0..8).map(|_| {
        let db = world.db.clone();
        tokio::spawn(async move {
            let mut claimed = 0;
            while db.jobs().assign_next(anvil).await.unwrap().is_some() {
                // Whichever it is: as many are assigned as were not claimed yet, and this caller's is one of them.
                assert!(
                    db.jobs().claim_next(anvil).await.unwrap().is_some(),
                    "a worker would sleep beside its job"
                );
                claimed += 1;
            }
            claimed
        })
    }))
    .await;
    assert_eq!(claimed.into_iter().map(Result::unwrap).sum::<i32>(), 160);
}

#[tokio::test]
async fn a_claim_waits_for_whoever_looks_at_the_only_job_and_takes_the_next_if_that_is_gone() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await.id;
    let made = world.app(&ada, "first-shop").await;
    world.db.jobs().assign(made.job, anvil).await.unwrap();
    let mut other = world.postgres.client().await;
    // As an assignment with an older snapshot does: it locks the job, finds that it is not pending, and lets it go.
    let look = other.transaction().await.unwrap();
    look.execute("SELECT id FROM jobs FOR UPDATE", &[]).await.unwrap();
    let (claimed, ()) = tokio::join!(world.db.jobs().claim_next(anvil), async {
        somebody_waits(&world).await;
        look.rollback().await.unwrap();
    });
    assert_eq!(claimed.unwrap().unwrap().job.id, made.job);

    let second = world.app(&ada, "second-shop").await;
    world.db.jobs().assign(second.job, anvil).await.unwrap();
    let cancel = other.transaction().await.unwrap();
    cancel
        .execute("UPDATE jobs SET status = 'cancelled', completed_at = now() WHERE status = 'assigned'", &[])
        .await
        .unwrap();
    let (claimed, ()) = tokio::join!(world.db.jobs().claim_next(anvil), async {
        somebody_waits(&world).await;
        cancel.commit().await.unwrap();
    });
    assert!(claimed.unwrap().is_none());
}

#[tokio::test]
async fn a_key_that_another_transaction_is_just_giving_away_is_refused_and_the_transaction_goes_on() {
    let world = World::new().await;
    let (db, postgres) = (&world.db, &world.postgres);
    world.worker("hammer").await;
    let _ = postgres;
    for (n, known) in [(0, false), (1, true)] {
        let name = if known { "hammer".to_owned() } else { format!("new-{n}") };
        let key = format!("whk_shared_{n}");
        let wanted = WorkerRegistration { api_key: key.clone().into(), ..registration(&name) };
        let other = WorkerRegistration { api_key: key.into(), ..registration(&format!("other-{n}")) };
        let (given, taken) = tokio::join!(
            db.transaction(async |tx| {
                let worker = tx.workers().upsert(&other).await?;
                somebody_waits(&world).await;
                Ok::<_, Error>(worker)
            }),
            async {
                eventually("the other has the key", async || {
                    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted";
                    world.raw(locks).await != "0"
                })
                .await;
                db.transaction(async |tx| {
                    let refusal = tx.workers().upsert(&wanted).await.unwrap_err();
                    assert!(
                        matches!(refusal, Error::Conflict(Conflict::Taken { field: "API key", .. })),
                        "{refusal}"
                    );
                    tx.workers().list().await
                })
                .await
            }
        );
        given.unwrap();
        assert!(!taken.unwrap().is_empty(), "the transaction goes on");
    }
}

#[tokio::test]
async fn a_worker_that_is_being_deleted_is_not_there_for_an_assignment() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let made = world.app(&ada, "first-shop").await;
    let hammer = world.worker("hammer").await;
    for round in 0..4 {
        let anvil = world.worker("anvil").await.id;
        let mut other = world.postgres.client().await;
        let deletion = other.transaction().await.unwrap();
        deletion.execute("DELETE FROM workers WHERE id = $1", &[&anvil.get()]).await.unwrap();
        let attempt = world.db.transaction(async |tx| {
            let jobs = tx.jobs();
            let refusal = match round {
                0 => jobs.assign(made.job, anvil).await.err(),
                1 => jobs.assign_next(anvil).await.map(|none| assert_eq!(none, None)).err(),
                2 => {
                    jobs.assign(made.job, hammer.id).await?;
                    jobs.reassign(made.job, anvil).await.err()
                }
                _ => tx.workers().delete(anvil).await.err(),
            };
            if round != 1 {
                assert!(matches!(refusal, Some(Error::NotFound { entity: "worker" })), "{refusal:?}");
            }
            tx.users().find(ada.id).await?;
            Err::<(), _>(Error::NotFound { entity: "end" })
        });
        let (over, ()) = tokio::join!(attempt, async {
            somebody_waits(&world).await;
            deletion.commit().await.unwrap();
        });
        assert_eq!(over.unwrap_err().to_string(), "no such end", "round {round}: the transaction went on");
    }
}

#[tokio::test]
async fn a_redeployment_that_meets_the_end_of_a_job_remembers_what_the_app_is_then() {
    let world = World::new().await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let app = world.running_app(&ada, "first-shop", &anvil, 30_001).await;
    let stop = world.db.jobs().stop(app).await.unwrap().job;
    world.db.jobs().claim(stop.id, anvil.id).await.unwrap();
    let beef = commit("beef");
    let (ended, made) = tokio::join!(
        world.db.transaction(async |tx| {
            let outcome = wh_repo::JobOutcome::Completed;
            tx.jobs().complete(stop.id, anvil.id, outcome, &wh_types::JobResult::default()).await?;
            somebody_waits(&world).await;
            Ok::<_, Error>(())
        }),
        async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            world.db.deployments().redeploy(app, &beef).await
        }
    );
    ended.unwrap();
    let job = world.db.jobs().find(made.unwrap().job).await.unwrap().unwrap();
    assert_eq!(job.app_was, Some(wh_types::AppStatus::Stopped));
}

#[tokio::test]
async fn a_sequence_behind_its_table_is_no_taken_subdomain() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    for (n, table) in ["apps", "deployments", "jobs"].into_iter().enumerate() {
        world.app(&ada, &format!("shop-number-{n}")).await;
        world.raw(&format!("SELECT setval('{table}_id_seq', 1, false)")).await;
        let refusal = world.db.deployments().create(&spec(&ada, &format!("new-shop-{n}"))).await.unwrap_err();
        assert!(matches!(refusal, Error::Misconfigured { .. }), "{table}: {refusal}");
        assert!(refusal.to_string().contains("repair sequences"), "{refusal}");
        world.raw(&format!("SELECT setval('{table}_id_seq', 1000)")).await;
    }
    world.worker("anvil").await;
    world.raw("SELECT setval('workers_id_seq', 1, false)").await;
    let refusal = world.db.workers().upsert(&registration("hammer")).await.unwrap_err();
    assert!(matches!(refusal, Error::Misconfigured { .. }), "{refusal}");
}
