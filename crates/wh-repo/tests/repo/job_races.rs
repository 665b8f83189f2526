//! Many at the same job.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use wh_repo::{Conflict, Error, JobOutcome};
use wh_types::{AppStatus, JobResult, JobStatus};

use crate::support::{World, spec};

/// Five hundred apps, each with its pending job, made in the database.
async fn five_hundred_jobs(world: &World) {
    let ada = world.user("ada", "business").await;
    world.db.deployments().create(&spec(&ada, "template-app")).await.unwrap();
    let made = world
        .raw(
            "WITH a AS (INSERT INTO apps (uuid, user_id, name, subdomain, git_provider, repo_url) \
                 SELECT gen_random_uuid(), user_id, 'shop-number-' || n, 'shop-number-' || n, git_provider, repo_url \
                 FROM apps, generate_series(1, 499) AS n RETURNING id), \
             j AS (INSERT INTO jobs (app_id, job_type, payload) \
                 SELECT a.id, 'deploy', (SELECT payload FROM jobs LIMIT 1) FROM a RETURNING id) SELECT count(*) FROM j",
        )
        .await;
    assert_eq!(made, "499");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_claimers_take_five_hundred_jobs_once_each() {
    let world = World::with_connections(24).await;
    five_hundred_jobs(&world).await;
    let workers = [world.worker("anvil").await.id, world.worker("hammer").await.id];

    // Half of the racers assign while the others claim, until everything was claimed.
    let (db, total) = (world.db.clone(), 500);
    let assigners = (0..32).map(|n| {
        let db = db.clone();
        tokio::spawn(async move {
            let mut assigned = Vec::new();
            while let Some(job) = db.jobs().assign_next(workers[n % 2]).await.unwrap() {
                assigned.push(job.id);
            }
            assigned
        })
    });
    let assigned: Vec<_> = join_all(assigners).await.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(assigned.len(), total);
    assert_eq!(assigned.iter().collect::<BTreeSet<_>>().len(), total);

    let claimers = (0..64).map(|n| {
        let db = db.clone();
        tokio::spawn(async move {
            let mut claimed = Vec::new();
            while let Some(job) = db.jobs().claim_next(workers[n % 2]).await.unwrap_or_else(|error| {
                // The payload was copied from another row on purpose; under the v1 form it still opens.
                unreachable!("{error}")
            }) {
                claimed.push(job.job.id);
            }
            claimed
        })
    });
    let claimed: Vec<_> = join_all(claimers).await.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(claimed.len(), total);
    assert_eq!(claimed.iter().collect::<BTreeSet<_>>().len(), total);
    assert_eq!(world.raw("SELECT count(*) FROM jobs WHERE status = 'processing'").await, "500");
}

#[tokio::test]
async fn one_of_sixty_four_claims_the_job() {
    let world = World::with_connections(16).await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let made = world.app(&ada, "first-shop").await;
    world.db.jobs().assign(made.job, anvil.id).await.unwrap();

    let outcomes = join_all((0..64).map(|_| world.db.jobs().claim(made.job, anvil.id))).await;

    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for refusal in outcomes.into_iter().filter_map(Result::err) {
        assert!(
            matches!(refusal, Error::Conflict(Conflict::IllegalStep { from: JobStatus::Processing, .. })),
            "{refusal}"
        );
    }
}

#[tokio::test]
async fn racing_reports_of_opposite_ends_leave_one_of_them_everywhere() {
    let world = World::with_connections(16).await;
    let ada = world.user("ada", "pro").await;
    let anvil = world.worker("anvil").await;
    let job = world.app_at_work(&ada, "first-shop", &anvil).await.job;
    let result = JobResult { container_id: "c".into(), port: 1, ..Default::default() };

    let outcomes = join_all((0..64).map(|n| {
        let outcome = if n % 2 == 0 { JobOutcome::Completed } else { JobOutcome::Failed };
        world.db.jobs().complete(job.id, anvil.id, outcome, &result)
    }))
    .await;

    let recorded = world.db.jobs().find(job.id).await.unwrap().unwrap().status;
    for outcome in outcomes {
        match outcome {
            Ok(ended) => assert_eq!(ended.job.status, recorded),
            Err(Error::Conflict(Conflict::ContradictingResult { recorded: said, .. })) => {
                assert_eq!(said, recorded);
            }
            Err(error) => unreachable!("{error}"),
        }
    }
    let app = world.db.apps().find(job.app_id).await.unwrap().unwrap();
    assert_eq!(app.status == AppStatus::Running, recorded == JobStatus::Completed);
}

#[tokio::test]
async fn a_cancellation_and_a_claim_never_both_succeed() {
    let world = World::new().await;
    let ada = world.user("ada", "business").await;
    let anvil = world.worker("anvil").await;
    for n in 0..32 {
        let made = world.app(&ada, &format!("shop-number-{n}")).await;
        world.db.jobs().assign(made.job, anvil.id).await.unwrap();
        let (claimed, cancelled) =
            tokio::join!(world.db.jobs().claim(made.job, anvil.id), world.db.jobs().cancel(made.job));
        assert!(claimed.is_ok() != cancelled.is_ok(), "{claimed:?} {cancelled:?}");
    }
}
