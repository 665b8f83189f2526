//! The audit log.

use serde_json::json;
use wh_repo::{Error, NewAuditEvent, Page};
use wh_types::{AuditKind, UserId};

use crate::support::World;

fn event(user: UserId, kind: AuditKind, ip: &str) -> NewAuditEvent {
    NewAuditEvent {
        user,
        kind,
        ip: ip.into(),
        geo: "Bonn".into(),
        user_agent: "curl".into(),
        session: None,
        target_type: "app".into(),
        target_id: "7".into(),
        detail: json!({"ke\0y": ["na\0me", 1, null]}),
    }
}

#[tokio::test]
async fn events_come_newest_first_and_tell_a_new_address_from_a_known_one() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "free").await, world.user("eve", "free").await);
    let events = world.db.audit_events();
    assert!(!events.has_ip(ada.id, "192.0.2.1").await.unwrap());
    let first = events.record(&event(ada.id, AuditKind::Login, "192.0.2.1")).await.unwrap();
    let second = events.record(&event(ada.id, AuditKind::AppDelete, "")).await.unwrap();
    assert_eq!(first.detail, json!({"key": ["name", 1, null]}));

    assert!(events.has_ip(ada.id, "192.0.2.1").await.unwrap());
    assert!(!events.has_ip(ada.id, "192.0.2.2").await.unwrap());
    assert!(!events.has_ip(eve.id, "192.0.2.1").await.unwrap());
    let page = Page::default();
    assert_eq!(events.list(ada.id, page).await.unwrap(), [second.clone(), first.clone()]);
    assert_eq!(events.list(ada.id, page.before(second.id)).await.unwrap(), [first]);
    assert_eq!(events.list(eve.id, page).await.unwrap(), []);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_what_is_recorded_stays() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let events = world.db.audit_events();
    world
        .db
        .transaction(async |tx| {
            let nobody =
                tx.audit_events().record(&event(UserId::new(0), AuditKind::Login, "")).await.unwrap_err();
            assert_eq!(nobody.to_string(), "no such user");
            let long = event(ada.id, AuditKind::Login, &"1".repeat(46));
            assert!(matches!(tx.audit_events().record(&long).await, Err(Error::Invalid(_))));
            tx.audit_events().record(&event(ada.id, AuditKind::Login, "")).await
        })
        .await
        .unwrap();
    let client = world.postgres.client().await;
    let refusal = client.simple_query("DELETE FROM audit_events").await.unwrap_err();
    assert!(refusal.as_db_error().unwrap().message().contains("append-only"));
    assert_eq!(events.list(ada.id, Page::default()).await.unwrap().len(), 1);
}
