//! Tables that change under warm connections: nobody notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{World, eventually, profile, registration, spec};

/// Changes that later versions may make while old processes run. Each ends the plans of prepared statements over its table.
const CHANGES: &[&str] = &[
    "ALTER TABLE users ADD COLUMN nickname text",
    "ALTER TABLE apps ADD COLUMN colour text NOT NULL DEFAULT 'red'",
    "ALTER TABLE jobs ADD COLUMN priority int NOT NULL DEFAULT 0",
    "ALTER TABLE workers ADD COLUMN rack text",
    "ALTER TABLE deployments ADD COLUMN build_seconds int",
    "ALTER TABLE users ALTER COLUMN name TYPE text",
    "ALTER TABLE workers ALTER COLUMN region_name TYPE text",
    "ALTER TABLE jobs ALTER COLUMN message TYPE varchar(9000)",
    "ALTER TABLE apps ALTER COLUMN branch TYPE text",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_go_on_while_columns_are_added_and_change_their_type() {
    let world = World::with_connections(4).await;
    let done = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..4)
        .map(|caller| {
            let (db, done) = (world.db.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                let who = format!("user{caller}");
                let mut round = 0;
                while !done.load(Ordering::Relaxed) || round < 2 {
                    round += 1;
                    let user = db.users().upsert_google(&profile(&who)).await?.user;
                    let user = db.users().set_plan(user.id, &"business".parse()?).await?;
                    db.users().find(user.id).await?;
                    let worker = db.workers().upsert(&registration(&format!("anvil{caller}"))).await?;
                    let made =
                        db.deployments().create(&spec(&user, &format!("shop-{caller}-{round}"))).await?;
                    db.apps().find(made.app).await?;
                    db.apps().list(user.id, wh_repo::Page::default()).await?;
                    db.jobs().assign(made.job, worker.id).await?;
                    db.jobs().claim_next(worker.id).await?;
                    db.jobs().find(made.job).await?;
                    db.workers().list().await?;
                }
                Ok::<_, wh_repo::Error>(())
            })
        })
        .collect();
    let migrator = world.postgres.client().await;
    for change in CHANGES {
        migrator.batch_execute(change).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    done.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn an_operation_passes_every_connection_whose_plans_a_change_made_stale() {
    let world = World::plain().await;
    let ada = world.user("ada", "pro").await;
    // Eight connections, each with the plan of the statement.
    let warm = world.db.users();
    let lock = world.postgres.client().await;
    lock.batch_execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let waiting = futures_util::future::join_all((0..8).map(|_| warm.totp_secret(ada.id)));
    let release = async {
        eventually("eight wait", async || {
            world.raw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").await
                == "8"
        })
        .await;
        lock.batch_execute("ROLLBACK").await.unwrap();
    };
    let (answers, ()) = tokio::join!(waiting, release);
    assert!(answers.iter().all(Result::is_ok));

    lock.batch_execute("ALTER TABLE users ALTER COLUMN totp_secret TYPE varchar(9000)").await.unwrap();
    assert_eq!(warm.totp_secret(ada.id).await.unwrap().map(drop), None);
}
