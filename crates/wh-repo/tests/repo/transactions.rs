//! Several operations, committed together or not at all.

use std::time::Duration;

use wh_repo::{Database, Error};
use wh_types::UserId;

use crate::support::{World, profile, spec};

fn assert_send<T: Send>(value: T) -> T {
    value
}

#[tokio::test]
async fn what_is_done_together_is_seen_together() {
    let world = World::new().await;
    let (ada, eve) = world
        .db
        .transaction(async |tx| {
            let ada = tx.users().upsert_google(&profile("ada")).await?.user;
            assert_eq!(world.db.users().find(ada.id).await?, None, "not committed yet");
            assert_eq!(tx.users().find(ada.id).await?.as_ref(), Some(&ada));
            Ok::<_, Error>((ada, tx.users().upsert_google(&profile("eve")).await?.user))
        })
        .await
        .unwrap();
    assert_eq!(world.db.users().find(ada.id).await.unwrap(), Some(ada));
    assert_eq!(world.db.users().find(eve.id).await.unwrap(), Some(eve));
}

#[tokio::test]
async fn an_error_of_the_callers_own_rolls_back_and_comes_out() {
    #[derive(Debug)]
    enum Ours {
        ChangedMyMind,
        Layer(Error),
    }
    impl From<Error> for Ours {
        fn from(error: Error) -> Self {
            Self::Layer(error)
        }
    }
    let world = World::new().await;
    let outcome = world
        .db
        .transaction(async |tx| {
            tx.users().upsert_google(&profile("ada")).await?;
            Err::<(), _>(Ours::ChangedMyMind)
        })
        .await;
    match outcome {
        Err(Ours::ChangedMyMind) => {}
        Err(Ours::Layer(error)) => unreachable!("{error}"),
        Ok(()) => unreachable!("committed"),
    }
    assert_eq!(world.raw("SELECT count(*) FROM users").await, "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_may_be_spawned_and_its_closure_may_borrow() {
    let world = World::new().await;
    let db = world.db.clone();
    let task = tokio::spawn(async move {
        let who = String::from("ada");
        let mut seen = Vec::new();
        assert_send(db.transaction(async |tx| {
            let user = tx.users().upsert_google(&profile(&who)).await?.user;
            let (again, nobody) =
                tokio::try_join!(tx.users().find(user.id), tx.users().find(UserId::new(-1)))?;
            seen.push((again.map(|user| user.name), nobody));
            Ok::<_, Error>(())
        }))
        .await
        .unwrap();
        seen
    });
    assert_eq!(task.await.unwrap(), [(Some("ada".to_owned()), None)]);
}

#[tokio::test]
async fn every_operation_alone_may_be_spawned() {
    fn all(db: &Database, spec: &wh_repo::DeploymentSpec) {
        drop(assert_send(db.users().find(UserId::new(1))));
        drop(assert_send(db.deployments().create(spec)));
        drop(assert_send(db.jobs().claim_next(wh_types::WorkerId::new(1))));
        drop(assert_send(db.runtime_logs().newest(&[], 1)));
    }
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    all(&world.db, &spec(&ada, "first-shop"));
}

#[tokio::test]
async fn a_failed_statement_that_the_caller_ignored_is_not_committed_in_silence() {
    let world = World::new().await;
    // A lock that somebody else holds longer than the statement may take.
    let ada = world.user("ada", "free").await;
    let client = world.postgres.client().await;
    client.batch_execute("BEGIN; SELECT FROM users FOR UPDATE").await.unwrap();
    let mut settings = crate::support::settings(world.postgres.url(), 1);
    settings.statement_timeout = Duration::from_secs(3);
    let impatient =
        Database::connect(settings, crate::support::keys(), wh_plans::Plans::new()).await.unwrap();

    let outcome = impatient
        .transaction(async |tx| {
            tx.users().upsert_google(&profile("eve")).await?;
            let error = tx.users().set_plan(ada.id, &"pro".parse().unwrap()).await.unwrap_err();
            assert!(error.is_retryable(), "{error}");
            Ok::<_, Error>(())
        })
        .await;

    assert!(matches!(outcome, Err(Error::Bug { .. })), "{outcome:?}");
    client.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(world.raw("SELECT count(*) FROM users").await, "1", "eve was rolled back");
    impatient.users().find(ada.id).await.unwrap().expect("the connection goes on");
}

#[tokio::test]
async fn the_first_statement_is_inside_however_warm_the_connection() {
    // BEGIN and the first statement are sent together; once the statement is prepared, nothing but their order keeps it in.
    let world = World::with_connections(1).await;
    for n in 0..5 {
        let outcome = world
            .db
            .transaction(async |tx| {
                tx.users().upsert_google(&profile(&format!("user{n}"))).await?;
                Err::<(), _>(Error::NotFound { entity: "reason" })
            })
            .await;
        assert!(outcome.is_err());
    }
    assert_eq!(world.raw("SELECT count(*) FROM users").await, "0");
}

#[tokio::test]
async fn a_transaction_without_statements_is_fine() {
    let world = World::with_connections(1).await;
    assert_eq!(world.db.transaction(async |_| Ok::<_, Error>(7)).await.unwrap(), 7);
    assert!(world.db.transaction(async |_| Err::<(), _>(Error::NotFound { entity: "app" })).await.is_err());
    assert_eq!(world.db.users().find(UserId::new(1)).await.unwrap(), None);
}
