//! Apps and their jobs, wanted by many at once.

use std::collections::BTreeSet;

use wh_repo::{Conflict, Denied, Error, JobOutcome};
use wh_types::{AppStatus, JobResult, JobStatus, JobStatusUpdate, Progress};

use super::super::hostile_world::HostileWorld;
use super::{CALLERS, all, count, race};
use crate::support::{commit, spec};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_uuid_makes_one_app_and_everybody_is_given_it() {
    let hostile_world = HostileWorld::new().await;
    let new = spec(&hostile_world.eve, "same-shop");
    let made = all(|_| hostile_world.db.deployments().create(&new)).await;
    assert_eq!(count(&made, |made| made.fresh), 1);
    assert_eq!(
        made.iter().map(|made| (made.app, made.deployment, made.job)).collect::<BTreeSet<_>>().len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_plan_beside_creations_leaves_no_more_apps_than_the_larger_plan_has() {
    let hostile_world = HostileWorld::new().await;
    let (db, user) = (&hostile_world.db, hostile_world.world.user("new", "pro").await);
    let outcomes = race(|n| {
        let new = spec(&user, &format!("shop-number-{n}"));
        let user = user.id;
        async move {
            if n % 8 == 0 {
                let plan = if n % 16 == 0 { "free" } else { "pro" };
                db.users().set_plan(user, &plan.parse()?).await.map(|_| false)
            } else {
                db.deployments().create(&new).await.map(|_| true)
            }
        }
    })
    .await;
    let made = count(&outcomes, |outcome| matches!(outcome, Ok(true)));
    assert!((1..=5).contains(&made), "{made}");
    for outcome in outcomes {
        assert!(matches!(outcome, Ok(_) | Err(Error::Denied(Denied::AppLimit { .. }))), "{outcome:?}");
    }
    assert_eq!(db.apps().list(user.id, wh_repo::Page::default()).await.unwrap().len(), made);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_job_is_made_of_many_different_wishes() {
    let hostile_world = HostileWorld::new().await;
    let (db, app) = (&hostile_world.db, hostile_world.idle.app);
    let outcomes = race(|n| async move {
        match n % 4 {
            0 => {
                let commit = commit(&format!("{n}"));
                db.deployments().redeploy(app, &commit).await.map(|made| (made.job, made.fresh))
            }
            1 => db.jobs().stop(app).await.map(|made| (made.job.id, made.fresh)),
            2 => db.jobs().start(app).await.map(|made| (made.job.id, made.fresh)),
            _ => db.jobs().delete(app).await.map(|made| (made.job.id, made.fresh)),
        }
    })
    .await;
    assert_eq!(count(&outcomes, |outcome| matches!(outcome, Ok((_, true)))), 1, "{outcomes:?}");
    let job = db.jobs().find_active(app).await.unwrap().unwrap();
    for outcome in &outcomes {
        match outcome {
            Ok((made, _)) => assert_eq!(*made, job.id, "a wish that was granted before"),
            Err(Error::Conflict(Conflict::ActiveJob { .. })) => {}
            Err(error) => unreachable!("{error}"),
        }
    }
    assert_eq!(db.apps().find(app).await.unwrap().unwrap().worker_id, job.worker_id);
    let left = hostile_world.world.raw(
        "SELECT count(*) FROM deployments d WHERE NOT EXISTS (SELECT FROM jobs WHERE deployment_id = d.id)",
    );
    assert_eq!(left.await, "0", "who lost leaves no deployment behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_goes_to_one_worker_and_takes_one_way() {
    let hostile_world = HostileWorld::new().await;
    let (db, job) = (&hostile_world.db, hostile_world.waiting.job);
    let assigned = race(|n| {
        let worker = if n % 2 == 0 { hostile_world.anvil.id } else { hostile_world.hammer.id };
        db.jobs().assign(job, worker)
    })
    .await;
    assert_eq!(count(&assigned, Result::is_ok), CALLERS / 2, "all of one worker");
    assert_eq!(count(&assigned, |step| step.as_ref().is_ok_and(|step| step.fresh)), 1);
    let worker = db.jobs().find(job).await.unwrap().unwrap().worker_id.unwrap();
    assert!(assigned.iter().flatten().all(|step| step.job.worker_id == Some(worker)));

    // Taken up, cancelled, and reported on, all at once.
    let outcomes = race(|n| async move {
        let update = JobStatusUpdate {
            job_id: job,
            status: JobStatus::Processing,
            message: format!("report {n}"),
            progress: Progress::try_from(i64::try_from(n).unwrap_or(0))?,
        };
        match n % 3 {
            0 => db.jobs().update_status(worker, &update).await.map(drop),
            1 => db.jobs().cancel(job).await.map(drop),
            _ => db.jobs().claim(job, worker).await.map(drop),
        }
    })
    .await;
    let now = db.jobs().find(job).await.unwrap().unwrap();
    for outcome in &outcomes {
        assert!(
            matches!(outcome, Ok(()) | Err(Error::Conflict(Conflict::IllegalStep { .. }))),
            "{outcome:?}"
        );
    }
    let cancelled = now.status == JobStatus::Cancelled;
    assert!(cancelled || now.status == JobStatus::Processing);
    assert_eq!(cancelled, now.started_at.is_none(), "cancelled before it was begun, or begun");
    assert!(count(&outcomes, Result::is_ok) >= 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_is_deleted_while_its_job_ends_is_deleted() {
    let hostile_world = HostileWorld::new().await;
    let db = &hostile_world.db;
    for n in 0..8 {
        let job = hostile_world
            .world
            .app_at_work(&hostile_world.eve, &format!("shop-number-{n}"), &hostile_world.anvil)
            .await
            .job;
        let (app, result) =
            (job.app_id, JobResult { container_id: "c".into(), port: 1, ..Default::default() });
        let (result, job) = (&result, &job);
        let outcomes = race(|n| async move {
            match n % 4 {
                0 => db.apps().hard_delete(app).await,
                1 => db.apps().mark_deleted(app).await,
                2 => db
                    .jobs()
                    .complete(job.id, hostile_world.anvil.id, JobOutcome::Completed, result)
                    .await
                    .map(drop),
                _ => db.deployments().redeploy(app, &commit("beef")).await.map(drop),
            }
        })
        .await;
        for outcome in outcomes {
            assert!(
                matches!(
                    outcome,
                    Ok(())
                        | Err(Error::NotFound { entity: "app" } | Error::Conflict(Conflict::ActiveJob { .. }))
                ),
                "{outcome:?}"
            );
        }
        db.apps().hard_delete(app).await.unwrap();
        let gone = db.apps().find(app).await.unwrap().unwrap();
        assert_eq!((gone.status, gone.container_id.as_str(), gone.port), (AppStatus::Deleted, "", 0));
        assert_eq!(db.jobs().find(job.id).await.unwrap().unwrap().status, JobStatus::Completed);
        assert_eq!(db.jobs().find_active(app).await.unwrap(), None);
    }
}
