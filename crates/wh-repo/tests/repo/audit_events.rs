//! The audit log.

use serde_json::json;
use wh_repo::{Error, NewAuditEvent, Page};
use wh_types::{AuditKind, SessionId, UserId};

use crate::support::World;

pub(crate) fn event(user: UserId, kind: AuditKind, ip: &str) -> NewAuditEvent {
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
            for wrong in ["1", "<script>", "203.0.113.7, 10.0.0.1", "203.0.113.7/32"] {
                let no_ip = event(ada.id, AuditKind::Login, wrong);
                assert!(matches!(tx.audit_events().record(&no_ip).await, Err(Error::Invalid(_))));
                assert!(matches!(tx.audit_events().has_ip(ada.id, wrong).await, Err(Error::Invalid(_))));
            }
            tx.audit_events().record(&event(ada.id, AuditKind::Login, "")).await
        })
        .await
        .unwrap();
    let client = world.postgres.client().await;
    let refusal = client.simple_query("DELETE FROM audit_events").await.unwrap_err();
    assert!(refusal.as_db_error().unwrap().message().contains("append-only"));
    assert_eq!(events.list(ada.id, Page::default()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_address_is_known_whatever_its_spelling() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "free").await, world.user("eve", "free").await);
    let events = world.db.audit_events();
    let recorded = events.record(&event(ada.id, AuditKind::Login, "::FFFF:203.0.113.7")).await.unwrap();
    assert_eq!(recorded.ip, "203.0.113.7");
    events.record(&event(ada.id, AuditKind::Login, "2001:DB8:0:0::7")).await.unwrap();
    for known in ["203.0.113.7", "::ffff:203.0.113.7", "::ffff:cb00:7107", "2001:db8::7", "2001:0db8::0007"] {
        assert!(events.has_ip(ada.id, known).await.unwrap(), "{known}");
        assert!(!events.has_ip(eve.id, known).await.unwrap(), "{known}");
    }
    for other in ["203.0.113.8", "::203.0.113.7", "2001:db8::8", "2001:db8:7::"] {
        assert!(!events.has_ip(ada.id, other).await.unwrap(), "{other}");
    }
}

#[tokio::test]
async fn rows_from_before_are_known_by_any_spelling() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let events = world.db.audit_events();
    // As the original stored them: whatever the server saw.
    for (stored, asked) in [
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::FFFF:203.0.113.8", "203.0.113.8"),
        ("::ffff:cb00:7109", "203.0.113.9"),
        ("0:0:0:0:0:ffff:cb00:710a", "203.0.113.10"),
        ("2001:DB8::1", "2001:db8::1"),
        ("2001:0db8::2", "2001:db8::2"),
        ("2001:db8:0:0:0:0:0:3", "2001:db8::3"),
        ("2001:db8::4:0:0:0", "2001:db8:0:0:4::"),
        ("2001:db8::5:5:5:5:5", "2001:db8:0:5:5:5:5:5"),
        ("0:2:3:4:5:6:7:8", "::2:3:4:5:6:7:8"),
        ("::2:3:4:5:6:7:9", "0:2:3:4:5:6:7:9"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("2001:db8::d", "2001:db8::D"),
        ("198.51.100.1", "::ffff:198.51.100.1"),
    ] {
        assert!(!events.has_ip(ada.id, asked).await.unwrap(), "{asked} is new");
        world
            .raw(&format!(
                "INSERT INTO audit_events (user_id, kind, ip) VALUES ({}, 'login', '{stored}')",
                ada.id
            ))
            .await;
        world
            .raw(&format!(
                "INSERT INTO audit_events (user_id, kind, ip) VALUES ({}, 'login', '<script>')",
                ada.id
            ))
            .await;
        assert!(events.has_ip(ada.id, asked).await.unwrap(), "{stored} is {asked}");
    }
}

#[tokio::test]
async fn an_event_names_a_session_of_its_own_user_or_none() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "free").await, world.user("eve", "free").await);
    let db = &world.db;
    let adas = db.sessions().create(&crate::sessions::session(ada.id, "one")).await.unwrap().id;
    let eves = db.sessions().create(&crate::sessions::session(eve.id, "two")).await.unwrap().id;
    let of = |session| NewAuditEvent { session: Some(session), ..event(ada.id, AuditKind::Logout, "") };
    db.transaction(async |tx| {
        for stranger in [eves, SessionId::new(0), SessionId::new(i64::MAX)] {
            let refusal = tx.audit_events().record(&of(stranger)).await.unwrap_err();
            assert_eq!(refusal.to_string(), "no such session");
        }
        let nobody = NewAuditEvent { user: UserId::new(0), ..of(eves) };
        assert_eq!(tx.audit_events().record(&nobody).await.unwrap_err().to_string(), "no such user");
        tx.sessions().revoke(adas, ada.id).await?;
        assert_eq!(
            tx.audit_events().record(&of(adas)).await?.session_id,
            Some(adas),
            "signing out ends it first"
        );
        Ok::<_, Error>(())
    })
    .await
    .unwrap();
    assert_eq!(db.audit_events().list(ada.id, Page::default()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn revoking_a_git_token_is_recorded_by_the_word_of_the_reference() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let events = world.db.audit_events();
    world
        .raw(&format!("INSERT INTO audit_events (user_id, kind) VALUES ({}, 'git_token_revoked')", ada.id))
        .await;
    events.record(&event(ada.id, AuditKind::GitTokenRevoke, "")).await.unwrap();
    assert_eq!(world.raw("SELECT kind FROM audit_events ORDER BY id DESC LIMIT 1").await, "git_token_revoke");
    let kinds = events.list(ada.id, Page::default()).await.unwrap().into_iter().map(|event| event.kind);
    assert_eq!(kinds.collect::<Vec<_>>(), [AuditKind::GitTokenRevoke; 2], "the word from before is read");
}
