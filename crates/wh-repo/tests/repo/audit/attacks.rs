//! An attacker with SQL, whom no trigger stops.

use super::{ADA, faults, world};
use crate::support::World;

/// No trigger fires.
pub(super) const UNSTOPPED: &str = "SET session_replication_role = replica;";

pub(super) const KEEP: &str = "
    CREATE TABLE kept_events AS TABLE audit_events;
    CREATE TABLE kept_chain AS TABLE audit_chain;
    CREATE TABLE kept_heads AS TABLE audit_heads;";

pub(super) const RESTORE: &str = "
    TRUNCATE audit_events, audit_chain, audit_heads;
    INSERT INTO audit_events OVERRIDING SYSTEM VALUE SELECT * FROM kept_events;
    INSERT INTO audit_chain SELECT * FROM kept_chain;
    INSERT INTO audit_heads SELECT * FROM kept_heads;";

/// Writes all links of Ada anew, from the first to the head.
pub(super) const REWRITE: &str = "
    DELETE FROM audit_chain WHERE user_id = 1;
    UPDATE audit_heads SET place = 0, hash = '\\x' WHERE user_id = 1;
    DO $$
    DECLARE event audit_events; head audit_heads;
    BEGIN
        SELECT * INTO head FROM audit_heads WHERE user_id = 1;
        FOR event IN SELECT * FROM audit_events WHERE user_id = 1 ORDER BY id LOOP
            head := wh_audit_append(event, head);
        END LOOP;
    END $$;";

async fn attack(world: &World, statements: &str) -> Vec<String> {
    world.postgres.execute(&format!("{UNSTOPPED} {statements}")).await;
    let faults = faults(world).await;
    world.postgres.execute(&format!("{UNSTOPPED} {RESTORE}")).await;
    faults
}

#[tokio::test]
async fn edits_removals_insertions_and_truncations_are_found_where_they_begin() {
    let world = world().await;
    world.postgres.execute(KEEP).await;
    let changed = |place: u8, event: u8| {
        format!("audit trail of user 1, place {place}, event {event}: the event or its link was changed")
    };
    let gone = |place: u8| format!("audit trail of user 1, place {place}: the link is missing");
    let event_gone =
        |place: u8| format!("audit trail of user 1, place {place}, event {place}: the event is missing");
    for (statements, found) in [
        ("UPDATE audit_events SET kind = 'logout' WHERE id = 3", changed(3, 3)),
        ("UPDATE audit_events SET ip = '198.51.100.1' WHERE id = 5", changed(5, 5)),
        ("UPDATE audit_events SET ip = '', geo = ip || geo WHERE id = 1", changed(1, 1)),
        ("UPDATE audit_events SET geo = geo || ' ' WHERE id = 2", changed(2, 2)),
        ("UPDATE audit_events SET user_agent = '' WHERE id = 2", changed(2, 2)),
        ("UPDATE audit_events SET session_id = 7 WHERE id = 2", changed(2, 2)),
        ("UPDATE audit_events SET target_type = target_id, target_id = target_type WHERE id = 2", changed(2, 2)),
        ("UPDATE audit_events SET target_id = '8' WHERE id = 2", changed(2, 2)),
        ("UPDATE audit_events SET detail = detail || '{\"and\": 1}' WHERE id = 2", changed(2, 2)),
        ("UPDATE audit_events SET created_at = created_at - interval '1 microsecond' WHERE id = 2", changed(2, 2)),
        // An edit with its link put right, but not those after it.
        (
            "UPDATE audit_events SET kind = 'logout' WHERE id = 3;
             UPDATE audit_chain AS link SET hash = wh_audit_hash(event, 3, before.hash)
             FROM audit_chain AS before, audit_events AS event
             WHERE link.user_id = 1 AND link.place = 3 AND before.user_id = 1 AND before.place = 2 AND event.id = 3",
            changed(4, 4),
        ),
        ("UPDATE audit_chain SET hash = sha256('') WHERE user_id = 1 AND place = 1", changed(1, 1)),
        // Removals.
        ("DELETE FROM audit_events WHERE id = 3", event_gone(3)),
        ("DELETE FROM audit_events WHERE id = 3; DELETE FROM audit_chain WHERE event_id = 3", gone(3)),
        (
            "DELETE FROM audit_events WHERE id = 3; DELETE FROM audit_chain WHERE event_id = 3;
             UPDATE audit_chain SET place = 3 WHERE event_id = 4; UPDATE audit_chain SET place = 4 WHERE event_id = 5;
             UPDATE audit_heads SET place = 4 WHERE user_id = 1",
            changed(3, 4),
        ),
        ("DELETE FROM audit_chain WHERE user_id = 1 AND place = 1", gone(1)),
        // The tail.
        ("DELETE FROM audit_events WHERE id IN (4, 5)", event_gone(4)),
        ("DELETE FROM audit_chain WHERE event_id IN (4, 5)", gone(4)),
        (
            "DELETE FROM audit_events WHERE id IN (4, 5); DELETE FROM audit_chain WHERE event_id IN (4, 5)",
            gone(4),
        ),
        // The order.
        (
            "UPDATE audit_chain SET event_id = event_id + 90 WHERE event_id IN (2, 3);
             UPDATE audit_chain SET event_id = 95 - event_id WHERE event_id IN (92, 93)",
            changed(2, 3),
        ),
        (
            "UPDATE audit_chain SET place = place + 90 WHERE event_id IN (2, 3);
             UPDATE audit_chain SET place = 95 - place WHERE event_id IN (2, 3)",
            changed(2, 3),
        ),
        // Insertions.
        (
            "INSERT INTO audit_events (id, user_id, kind) OVERRIDING SYSTEM VALUE VALUES (90, 1, 'login')",
            "audit trail of user 1, place 6, event 90: the event has no link".to_owned(),
        ),
        (
            "INSERT INTO audit_events (id, user_id, kind) OVERRIDING SYSTEM VALUE VALUES (90, 1, 'login');
             INSERT INTO audit_chain VALUES (1, 6, 90, sha256('x'))",
            "audit trail of user 1, place 6, event 90: the link lies beyond the head of the chain".to_owned(),
        ),
        // Whole tables.
        ("DELETE FROM audit_events WHERE user_id = 1", event_gone(1)),
        ("DELETE FROM audit_chain WHERE user_id = 1", gone(1)),
        ("DELETE FROM audit_backlog; DELETE FROM audit_heads WHERE user_id = 1",
            "audit trail of user 1, place 0, event 1: the head of the chain is missing".to_owned()),
        // The head and the anchor.
        (
            "UPDATE audit_heads SET hash = sha256('x') WHERE user_id = 1",
            "audit trail of user 1, place 5: the head of the chain does not match the last link".to_owned(),
        ),
        ("UPDATE audit_heads SET place = 4 WHERE user_id = 1",
            "audit trail of user 1, place 5, event 5: the link lies beyond the head of the chain".to_owned()),
        ("UPDATE audit_heads SET anchor_place = 2 WHERE user_id = 1", changed(3, 3)),
        ("UPDATE audit_heads SET live = false, event_id = 4 WHERE user_id = 1; DELETE FROM audit_chain WHERE event_id = 2", gone(2)),
    ] {
        assert_eq!(attack(&world, statements).await, [found], "{statements}");
    }
    for (table, found) in [
        (
            "audit_events",
            [event_gone(1), "audit trail of user 2, place 1, event 6: the event is missing".to_owned()],
        ),
        ("audit_chain", [gone(1), "audit trail of user 2, place 1: the link is missing".to_owned()]),
        (
            "audit_heads",
            [1, 6].map(|event| {
                let user = 1 + event / 6;
                format!(
                    "audit trail of user {user}, place 0, event {event}: the head of the chain is missing"
                )
            }),
        ),
    ] {
        assert_eq!(attack(&world, &format!("TRUNCATE {table}")).await, found, "{table}");
    }
    let moved = attack(&world, "UPDATE audit_events SET user_id = 2 WHERE id = 3").await;
    let unlinked = "audit trail of user 2, place 4, event 3: the event has no link".to_owned();
    assert_eq!(moved, [event_gone(3), unlinked]);
    assert_eq!(attack(&world, "").await, Vec::<String>::new());
}

#[tokio::test]
async fn replaced_functions_hide_nothing() {
    let world = world().await;
    let lies = "CREATE OR REPLACE FUNCTION wh_audit_part(part text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT AS 'SELECT ''''::bytea'";
    world
        .postgres
        .execute(&format!("{UNSTOPPED} UPDATE audit_events SET kind = 'logout' WHERE id = 3; {lies}"))
        .await;
    assert_eq!(
        faults(&world).await,
        ["audit trail of user 1, place 3, event 3: the event or its link was changed"]
    );
}

/// The list of docs/security.md.
#[tokio::test]
async fn the_chain_alone_does_not_show_these() {
    let world = world().await;
    world.postgres.execute(KEEP).await;
    let rewritten = format!("UPDATE audit_events SET kind = 'logout' WHERE id = 3; {REWRITE}");
    let shortened = format!("DELETE FROM audit_events WHERE id = 2; {REWRITE}");
    let cut = "
        DELETE FROM audit_events WHERE id IN (4, 5);
        DELETE FROM audit_chain WHERE event_id IN (4, 5);
        UPDATE audit_heads SET place = 3, hash = (SELECT hash FROM audit_chain WHERE event_id = 3) WHERE user_id = 1";
    let all = "
        DELETE FROM audit_events WHERE user_id = 1; DELETE FROM audit_chain WHERE user_id = 1;
        DELETE FROM audit_heads WHERE user_id = 1";
    let added =
        "SET session_replication_role = origin; INSERT INTO audit_events (user_id, kind) VALUES (1, 'login')";
    for statements in [rewritten.as_str(), &shortened, cut, all, added] {
        assert_eq!(attack(&world, statements).await, Vec::<String>::new(), "{statements}");
    }
}

#[tokio::test]
async fn retention_keeps_an_anchor() {
    let world = world().await;
    let prune = |until: &str| format!("SELECT wh_audit_prune(1, {until}, 100)");
    let third = "(SELECT created_at FROM audit_events WHERE id = 3)";
    assert_eq!(world.raw(&prune(third)).await, "2");
    let trail = world.db.audit().verify(ADA).await.unwrap();
    assert_eq!((trail.links, trail.pruned, trail.fault), (3, 2, None));
    assert_eq!(world.raw("SELECT min(id) FROM audit_events WHERE user_id = 1").await, "3");
    assert_eq!(world.raw("SELECT count(*) FROM audit_events WHERE user_id = 2").await, "3");
    // An event that somebody has removed stops it: what follows bears witness.
    world.postgres.execute(&format!("{UNSTOPPED} DELETE FROM audit_events WHERE id = 4")).await;
    assert_eq!(world.raw(&prune("now()")).await, "1");
    assert_eq!(world.raw(&prune("now()")).await, "0");
    assert_eq!(faults(&world).await, ["audit trail of user 1, place 4, event 4: the event is missing"]);
}

#[tokio::test]
async fn deleting_a_user_leaves_the_others_whole() {
    let world = world().await;
    world.postgres.execute("DELETE FROM users WHERE id = 1").await;
    let trails = world.db.audit().verify_all(|_| {}).await.unwrap();
    assert_eq!((trails.users, trails.links, trails.fault), (1, 3, None));
    assert_eq!(world.raw("SELECT count(*) FROM audit_chain WHERE user_id = 1").await, "0");
}
