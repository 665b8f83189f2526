//! Signed heads against somebody who writes whole chains anew.

use wh_repo::{AuditSeal, Database, MaintenanceOptions, MaintenanceStep};
use wh_types::AuditKind;

use super::attacks::{KEEP, RESTORE, REWRITE, UNSTOPPED};
use super::{ADA, EVE, faults, sealed_world};
use crate::audit_events::event;
use crate::secrets::{NEW, OLD, open, ring};
use crate::support::World;

const KEEP_SEALS: &str = "CREATE TABLE kept_seals AS TABLE audit_seals;";
const RESTORE_SEALS: &str = "TRUNCATE audit_seals; INSERT INTO audit_seals SELECT * FROM kept_seals;";

/// What became of the step of the seals: how many, and its failure.
async fn seal(db: &Database) -> (u64, Option<String>) {
    let report = db.maintenance().run(&MaintenanceOptions::default()).await.unwrap();
    let step = report.step(MaintenanceStep::AuditSeals).unwrap();
    (step.changed, step.failure.as_ref().map(ToString::to_string))
}

async fn a_day_later(world: &World) {
    world.postgres.execute("UPDATE audit_heads SET unsealed_since = unsealed_since - interval '1 day'").await;
}

/// The seals of an export.
async fn kept(db: &Database) -> Vec<AuditSeal> {
    super::export::lines(db, None)
        .await
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter_map(|line| serde_json::from_value(line.get("seal")?.clone()).ok())
        .collect()
}

#[tokio::test]
async fn each_changed_head_is_sealed_once_a_day() {
    let world = super::world().await;
    let db = &world.db;
    a_day_later(&world).await;
    assert_eq!(seal(db).await, (0, None), "a key that is not on record seals nothing");
    db.secrets().check().await.unwrap();
    assert_eq!(seal(db).await, (2, None));
    assert_eq!(seal(db).await, (0, None));
    db.audit_events().record(&event(ADA, AuditKind::Logout, "")).await.unwrap();
    assert_eq!(seal(db).await, (0, None), "not yet");
    assert_eq!(db.audit().verify(ADA).await.unwrap().sealed, 5);
    a_day_later(&world).await;
    assert_eq!(seal(db).await, (1, None));
    let trail = db.audit().verify(ADA).await.unwrap();
    assert_eq!((trail.links, trail.sealed, trail.fault), (6, 6, None));
    assert_eq!(db.audit().verify_all(|_| {}).await.unwrap().unsealed, 0);
}

#[tokio::test]
async fn what_the_chain_does_not_show_the_seal_does() {
    let world = sealed_world().await;
    world.postgres.execute(&format!("{KEEP} {KEEP_SEALS}")).await;
    let at = |place: u8, words: &str| format!("audit trail of user 1, place {place}: {words}");
    let contradicted = at(5, "the link is not the one that was sealed");
    let forged = at(5, "no key at hand has signed the seal");
    for (statements, found) in [
        (format!("UPDATE audit_events SET kind = 'logout' WHERE id = 3; {REWRITE}"), contradicted.clone()),
        (
            format!("DELETE FROM audit_events WHERE id = 2; {REWRITE}"),
            at(5, "the chain ends before the link that was sealed"),
        ),
        (
            "DELETE FROM audit_events WHERE id IN (4, 5); DELETE FROM audit_chain WHERE event_id IN (4, 5);
             UPDATE audit_heads SET place = 3, hash = (SELECT hash FROM audit_chain WHERE event_id = 3) WHERE user_id = 1"
                .to_owned(),
            at(5, "the chain ends before the link that was sealed"),
        ),
        (
            "DELETE FROM audit_events WHERE user_id = 1; DELETE FROM audit_chain WHERE user_id = 1;
             DELETE FROM audit_heads WHERE user_id = 1"
                .to_owned(),
            at(0, "the head of the chain is missing"),
        ),
        ("UPDATE audit_seals SET hash = sha256('x') WHERE user_id = 1".to_owned(), forged.clone()),
        ("UPDATE audit_seals SET mac = sha256('x') WHERE user_id = 1".to_owned(), forged.clone()),
        ("UPDATE audit_seals SET sealed_at = sealed_at + interval '1 day' WHERE user_id = 1".to_owned(), forged.clone()),
        ("UPDATE audit_seals SET place = 4 WHERE user_id = 1".to_owned(), at(4, "no key at hand has signed the seal")),
        (
            "UPDATE audit_seals AS seal SET place = other.place, hash = other.hash, mac = other.mac, sealed_at = other.sealed_at
             FROM audit_seals AS other WHERE seal.user_id = 1 AND other.user_id = 2"
                .to_owned(),
            at(3, "no key at hand has signed the seal"),
        ),
        (
            format!("UPDATE audit_events SET kind = 'logout' WHERE id = 3; {REWRITE}
                SET session_replication_role = origin; INSERT INTO audit_events (user_id, kind) VALUES (1, 'login');
                SET CONSTRAINTS ALL IMMEDIATE; SET session_replication_role = replica; DELETE FROM audit_chain WHERE user_id = 1 AND place < 6;
                DELETE FROM audit_events WHERE id <= 5;
                UPDATE audit_heads SET anchor_place = 6, anchor_hash = hash WHERE user_id = 1; DELETE FROM audit_chain WHERE user_id = 1;
                DELETE FROM audit_events WHERE user_id = 1"),
            at(5, "links were removed beyond the seal"),
        ),
    ] {
        world.postgres.execute(&format!("{UNSTOPPED} {statements}")).await;
        assert_eq!(faults(&world).await, [found], "{statements}");
        world.postgres.execute(&format!("{UNSTOPPED} {RESTORE} {RESTORE_SEALS}")).await;
    }
    assert_eq!(faults(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_rewritten_chain_gets_no_new_seal() {
    let world = sealed_world().await;
    let rewrite = format!("{UNSTOPPED} UPDATE audit_events SET kind = 'logout' WHERE id = 3; {REWRITE}");
    world.postgres.execute(&rewrite).await;
    for user in [ADA, EVE] {
        world.db.audit_events().record(&event(user, AuditKind::Logout, "")).await.unwrap();
    }
    a_day_later(&world).await;
    let (sealed, failure) = seal(&world.db).await;
    let fault = "audit trail of user 1, place 6, event 9: the event or its link was changed";
    assert!(failure.is_some_and(|failure| failure.contains(fault)));
    assert_eq!(sealed, 0);
    assert_eq!(
        world.raw("SELECT string_agg(user_id || ':' || place, ' ' ORDER BY user_id) FROM audit_seals").await,
        "1:5 2:4"
    );
    assert_eq!(
        faults(&world).await,
        ["audit trail of user 1, place 5: the link is not the one that was sealed"]
    );
}

#[tokio::test]
async fn a_seal_that_was_kept_elsewhere_sees_a_seal_that_was_taken_back() {
    let world = sealed_world().await;
    let (db, audit) = (&world.db, world.db.audit());
    world.postgres.execute(KEEP).await;
    world.postgres.execute(KEEP_SEALS).await;
    db.audit_events().record(&event(ADA, AuditKind::Logout, "")).await.unwrap();
    a_day_later(&world).await;
    assert_eq!(seal(db).await, (1, None));
    let seals = kept(db).await;
    assert_eq!(seals.iter().map(|seal| (seal.user, seal.place)).collect::<Vec<_>>(), [(ADA, 6), (EVE, 3)]);
    for seal in &seals {
        assert_eq!(audit.verify_against(seal).await.unwrap().fault, None);
    }
    // Everything is as it was before the last event.
    world.postgres.execute(&format!("{UNSTOPPED} {RESTORE} {RESTORE_SEALS}")).await;
    assert_eq!(faults(&world).await, Vec::<String>::new());
    let fault = audit.verify_against(&seals[0]).await.unwrap().fault.unwrap();
    assert_eq!(
        fault.to_string(),
        "audit trail of user 1, place 6: the chain ends before the link that was sealed"
    );
    let forged = AuditSeal { place: 5, ..seals[0].clone() };
    let fault = audit.verify_against(&forged).await.unwrap().fault.unwrap();
    assert_eq!(fault.to_string(), "audit trail of user 1, place 5: no key at hand has signed the seal");
    // An event in place of the last one, and all signed by the services themselves.
    db.audit_events().record(&event(ADA, AuditKind::Login, "")).await.unwrap();
    a_day_later(&world).await;
    seal(db).await;
    assert_eq!(faults(&world).await, Vec::<String>::new());
    let fault = audit.verify_against(&seals[0]).await.unwrap().fault.unwrap();
    assert_eq!(fault.to_string(), "audit trail of user 1, place 6: the link is not the one that was sealed");
    world.postgres.execute("DELETE FROM users WHERE id = 2").await;
    let fault = audit.verify_against(&seals[1]).await.unwrap().fault.unwrap();
    assert_eq!(
        fault.to_string(),
        "audit trail of user 2, place 3: the chain ends before the link that was sealed"
    );
}

#[tokio::test]
async fn a_rotation_seals_anew_and_keeps_the_old_key_for_a_trail_with_a_fault() {
    let world = sealed_world().await;
    let rotating = open(&world.postgres, ring(NEW, &[OLD])).await;
    assert_eq!(rotating.audit().verify_all(|_| {}).await.unwrap().fault, None, "a previous secret verifies");
    world
        .postgres
        .execute(&format!("{UNSTOPPED} UPDATE audit_heads SET hash = sha256('x') WHERE user_id = 2"))
        .await;
    let World { db, postgres } = world;
    drop(db);
    let rotation = rotating.secrets().rotate(wh_repo::RotateOptions::default(), |_| ()).await.unwrap();
    assert_eq!((rotation.sealed, rotation.unsealable, rotation.forgotten.len()), (1, 1, 0));
    assert!(!rotation.is_complete());
    let mend = "UPDATE audit_heads AS head SET hash = link.hash FROM audit_chain AS link WHERE head.user_id = 2 AND link.user_id = 2 AND link.place = 3";
    postgres.execute(&format!("{UNSTOPPED} {mend}")).await;
    crate::support::eventually("the old key is not needed", async || {
        let rotation = rotating.secrets().rotate(wh_repo::RotateOptions::default(), |_| ()).await.unwrap();
        rotation.is_complete()
    })
    .await;
    let after = open(&postgres, ring(NEW, &[])).await;
    let trails = after.audit().verify_all(|_| {}).await.unwrap();
    assert_eq!((trails.users, trails.unsealed, trails.fault), (2, 0, None));
}

#[tokio::test]
async fn retention_goes_no_further_than_the_seal() {
    let world = sealed_world().await;
    world.db.audit_events().record(&event(ADA, AuditKind::Logout, "")).await.unwrap();
    assert_eq!(world.raw("SELECT wh_audit_prune(1, now() + interval '1 day', 100)").await, "5");
    assert_eq!(world.raw("SELECT wh_audit_prune(1, now() + interval '1 day', 100)").await, "0");
    let trail = world.db.audit().verify(ADA).await.unwrap();
    assert_eq!((trail.links, trail.pruned, trail.sealed, trail.fault), (1, 5, 5, None));
    a_day_later(&world).await;
    assert_eq!(seal(&world.db).await, (1, None));
    assert_eq!(world.raw("SELECT wh_audit_prune(1, now() + interval '1 day', 100)").await, "1");
    let trail = world.db.audit().verify(ADA).await.unwrap();
    assert_eq!((trail.links, trail.pruned, trail.sealed, trail.fault), (0, 6, 6, None));
}
