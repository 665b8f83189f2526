//! Who waits for whom, and what becomes of events that commit late.

use futures_util::future::join_all;
use wh_repo::Error;
use wh_types::AuditKind;

use super::{ADA, EVE, faults, world};
use crate::audit_events::event;

#[tokio::test]
async fn many_transactions_of_one_user_make_one_chain() {
    let world = world().await;
    let db = &world.db;
    let outcomes = join_all((0..24).map(async |number: u32| {
        db.transaction(async |tx| {
            let (first, last) = if number.is_multiple_of(2) { (ADA, EVE) } else { (EVE, ADA) };
            let (first, last) = if number.is_multiple_of(3) { (first, last) } else { (ADA, ADA) };
            tx.audit_events().record(&event(first, AuditKind::Login, "")).await?;
            tx.audit_events().record(&event(last, AuditKind::Logout, "")).await
        })
        .await
    }))
    .await;
    // Two transactions with events of two users in different orders can deadlock. Nothing of the loser stays.
    let lost = outcomes.iter().filter(|outcome| matches!(outcome, Err(Error::Unavailable { .. }))).count();
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!((won + lost, won >= 16), (24, true), "{outcomes:?}");
    assert_eq!(faults(&world).await, Vec::<String>::new());
    let trails = db.audit().verify_all(|_| {}).await.unwrap();
    assert_eq!(trails.links, u64::try_from(8 + 2 * won).unwrap());
}

#[tokio::test]
async fn an_event_locks_the_head_only_while_it_commits() {
    let world = world().await;
    let (first, second) = (world.postgres.client().await, world.postgres.client().await);
    let event = "INSERT INTO audit_events (user_id, kind) VALUES (1, 'login')";
    let user = "UPDATE users SET name = name WHERE id = 1";
    // One locks the user and then writes an event, the other the other way round.
    first.batch_execute(&format!("BEGIN; {user}")).await.unwrap();
    second.batch_execute(&format!("BEGIN; {event}")).await.unwrap();
    let finish_first = async { first.batch_execute(&format!("{event}; COMMIT")).await };
    let finish_second = async { second.batch_execute(&format!("{user}; COMMIT")).await };
    let (one, two) = futures_util::join!(finish_second, finish_first);
    one.unwrap();
    two.unwrap();
    assert_eq!(faults(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn others_do_not_wait_for_a_held_head() {
    let world = world().await;
    let holder = world.postgres.client().await;
    let hold =
        "BEGIN; INSERT INTO audit_events (user_id, kind) VALUES (1, 'login'); SET CONSTRAINTS ALL IMMEDIATE";
    holder.batch_execute(hold).await.unwrap();
    world.db.audit_events().record(&event(EVE, AuditKind::Login, "")).await.unwrap();
    assert_eq!(faults(&world).await, Vec::<String>::new());
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(faults(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn bulk_loads_late_commits_and_deleted_users() {
    let world = world().await;
    let late = world.postgres.client().await;
    late.batch_execute("BEGIN; INSERT INTO audit_events (user_id, kind) VALUES (1, 'login')").await.unwrap();
    world
        .postgres
        .execute("COPY audit_events (user_id, kind) FROM PROGRAM 'yes \"1,login\" | head -1200' (FORMAT csv)")
        .await;
    late.batch_execute("COMMIT").await.unwrap();
    let trail = world.db.audit().verify(ADA).await.unwrap();
    assert_eq!((trail.links, trail.fault), (1206, None));
    let order = "SELECT place FROM audit_chain WHERE user_id = 1 AND event_id = 9";
    assert_eq!(world.raw(order).await, "1206", "the order is that of the commits");

    let both = "BEGIN; INSERT INTO audit_events (user_id, kind) VALUES (1, 'login'); DELETE FROM users WHERE id = 1; COMMIT";
    world.postgres.client().await.batch_execute(both).await.unwrap();
    assert_eq!(world.raw("SELECT count(*) FROM audit_heads").await, "1");
}
