//! Sessions: who is signed in, and for how long.

use std::time::Duration;

use futures_util::future::join_all;
use wh_repo::{Conflict, Error, NewSession, Page, Policy};
use wh_types::{SessionId, UserId};

use crate::support::World;

pub(crate) fn session(user: UserId, token: &str) -> NewSession {
    NewSession {
        user,
        token: token.into(),
        ip: "2001:db8::1".into(),
        geo: "Bonn, Germany".into(),
        user_agent: "Mozilla/5.0".into(),
        two_factor: true,
    }
}

#[tokio::test]
async fn a_session_is_known_by_its_token_of_which_only_the_hash_is_stored() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "free").await, world.user("eve", "free").await);
    let sessions = world.db.sessions();
    let new = NewSession { user_agent: "\0🦀".repeat(2000), ..session(ada.id, "token-1") };
    let made = sessions.create(&new).await.unwrap();
    assert!(made.two_factor && made.user_agent.chars().count() == 1024);
    assert_eq!(sessions.create(&new).await.unwrap(), made, "the same token again is the same session");
    assert_eq!(sessions.find_by_token(&"token-1".into()).await.unwrap().as_ref(), Some(&made));
    assert_eq!(sessions.find_by_token(&"token-2".into()).await.unwrap(), None);
    assert!(!world.raw("SELECT s FROM sessions s").await.contains("token-1"));
    assert!(!format!("{new:?}").contains("token-1"));

    let refusal = sessions.create(&session(eve.id, "token-1")).await.unwrap_err();
    assert!(matches!(refusal, Error::Conflict(Conflict::Taken { field: "token", .. })), "{refusal}");
    let refusal = sessions.create(&session(UserId::new(0), "token-3")).await.unwrap_err();
    assert_eq!(refusal.to_string(), "no such user");
    for wrong in
        ["1", "<script>", "192.0.2.1:80", "192.0.2.256", "[2001:db8::1]", "fe80::1%eth0", "localhost"]
    {
        let new = NewSession { ip: wrong.into(), ..session(ada.id, "token-4") };
        assert!(matches!(sessions.create(&new).await, Err(Error::Invalid(_))), "{wrong}");
        assert!(
            matches!(sessions.bump_last_seen(made.id, wrong, "").await, Err(Error::Invalid(_))),
            "{wrong}"
        );
    }
    let empty = sessions.create(&session(ada.id, "")).await.unwrap_err();
    assert_eq!(empty.to_string(), "token is out of bounds: must not be empty");
}

#[tokio::test]
async fn a_request_is_known_by_its_session_and_user_and_keeps_the_session_alive() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "pro").await, world.user("eve", "free").await);
    let sessions = world.db.sessions();
    let (token, made) = ("token-1".into(), sessions.create(&session(ada.id, "token-1")).await.unwrap());
    sessions.create(&session(eve.id, "token-2")).await.unwrap();

    let known = sessions.authenticate(&token, &made.ip, &made.user_agent).await.unwrap().unwrap();
    assert_eq!((&known.session, &known.user), (&made, &ada), "within a minute nothing is written");
    let moved = sessions.authenticate(&token, "::ffff:192.0.2.1", "curl").await.unwrap().unwrap();
    assert_eq!((moved.session.ip.as_str(), moved.session.user_agent.as_str()), ("192.0.2.1", "curl"));
    assert_eq!(sessions.find_by_token(&token).await.unwrap(), Some(moved.session));
    assert_eq!(sessions.find(made.id, ada.id).await.unwrap().unwrap().ip, "192.0.2.1");
    assert_eq!(sessions.find(made.id, eve.id).await.unwrap(), None);

    world.raw("UPDATE sessions SET last_seen_at = now() - interval '29 days'").await;
    let seen = sessions.authenticate(&token, "192.0.2.1", "curl").await.unwrap().unwrap().session;
    assert!(seen.last_seen_at >= made.last_seen_at);
    world.raw("UPDATE sessions SET last_seen_at = now() - interval '31 days'").await;
    assert_eq!(sessions.authenticate(&token, "192.0.2.1", "curl").await.unwrap(), None);

    world.raw("UPDATE sessions SET last_seen_at = now()").await;
    let plus = world.db.users().set_plan(ada.id, &"business".parse().unwrap()).await.unwrap();
    assert_eq!(sessions.authenticate(&token, "", "").await.unwrap().unwrap().user, plus);
    sessions.revoke(made.id, ada.id).await.unwrap();
    assert_eq!(sessions.authenticate(&token, "", "").await.unwrap(), None);
    world.db.users().set_active(eve.id, false).await.unwrap();
    assert_eq!(sessions.authenticate(&"token-2".into(), "", "").await.unwrap(), None);
}

#[tokio::test]
async fn a_session_lives_for_thirty_days_from_when_it_was_seen_last() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let sessions = world.db.sessions();
    let made = sessions.create(&session(ada.id, "token-1")).await.unwrap();
    let token = "token-1".into();

    world.raw("UPDATE sessions SET created_at = now() - interval '90 days', last_seen_at = now() - interval '29 days 23 hours'").await;
    sessions.bump_last_seen(made.id, "192.0.2.1", "curl").await.unwrap();
    let bumped = sessions.find_by_token(&token).await.unwrap().unwrap();
    assert_eq!((bumped.ip.as_str(), bumped.user_agent.as_str()), ("192.0.2.1", "curl"));
    assert!(bumped.last_seen_at >= made.last_seen_at);
    sessions.bump_last_seen(made.id, "192.0.2.1", "curl").await.unwrap();
    assert_eq!(sessions.find_by_token(&token).await.unwrap(), Some(bumped), "nothing new within a minute");

    world.raw("UPDATE sessions SET last_seen_at = now() - interval '30 days 1 second'").await;
    assert_eq!(sessions.find_by_token(&token).await.unwrap(), None);
    assert_eq!(sessions.list(ada.id, Page::default()).await.unwrap(), []);
    let refusal = sessions.bump_last_seen(made.id, "", "").await.unwrap_err();
    assert_eq!(refusal.to_string(), "no such session");
}

#[tokio::test]
async fn revoking_ends_a_session_for_its_own_user_only() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "free").await, world.user("eve", "free").await);
    let sessions = world.db.sessions();
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(sessions.create(&session(ada.id, &format!("token-{n}"))).await.unwrap().id);
    }
    let eves = sessions.create(&session(eve.id, "eves")).await.unwrap().id;
    assert_eq!(sessions.revoke(ids[0], eve.id).await.unwrap_err().to_string(), "no such session");
    assert_eq!(sessions.revoke(SessionId::new(0), ada.id).await.unwrap_err().to_string(), "no such session");
    assert!(sessions.revoke(ids[0], ada.id).await.unwrap(), "this call ended it");
    let ended = world.raw("SELECT revoked_at FROM sessions WHERE revoked_at IS NOT NULL").await;
    assert!(!sessions.revoke(ids[0], ada.id).await.unwrap(), "it had ended");
    assert_eq!(world.raw("SELECT revoked_at FROM sessions WHERE revoked_at IS NOT NULL").await, ended);
    assert_eq!(sessions.find_by_token(&"token-0".into()).await.unwrap(), None);

    let alive = async || -> Vec<SessionId> {
        sessions.list(ada.id, Page::default()).await.unwrap().into_iter().map(|session| session.id).collect()
    };
    assert_eq!(alive().await, [ids[3], ids[2], ids[1]]);
    for stranger in [eves, ids[0], SessionId::new(0), SessionId::new(i64::MAX)] {
        let refusal = sessions.revoke_others(ada.id, stranger).await.unwrap_err();
        assert_eq!(refusal.to_string(), "no such session");
        assert_eq!(alive().await, [ids[3], ids[2], ids[1]], "nothing ended");
    }
    assert_eq!(sessions.revoke_others(ada.id, ids[2]).await.unwrap(), 2);
    assert_eq!(sessions.revoke_others(ada.id, ids[2]).await.unwrap(), 0);
    assert_eq!(alive().await, [ids[2]]);
    assert_eq!(sessions.list(eve.id, Page::default()).await.unwrap()[0].id, eves);
}

#[tokio::test]
async fn pruning_takes_the_dead_in_batches_and_leaves_the_living() {
    let world = World::with_connections(16).await;
    let ada = world.user("ada", "free").await;
    let sessions = world.db.sessions();
    for n in 0..12 {
        sessions.create(&session(ada.id, &format!("token-{n}"))).await.unwrap();
    }
    world.raw("UPDATE sessions SET revoked_at = now() - interval '2 days' WHERE id <= 4").await;
    world.raw("UPDATE sessions SET revoked_at = now() - interval '1 hour' WHERE id = 5").await;
    world.raw("UPDATE sessions SET last_seen_at = now() - interval '31 days' WHERE id BETWEEN 3 AND 4 OR id > 8").await;
    let day = Duration::from_hours(24);
    assert_eq!(sessions.prune(day, 3).await.unwrap(), 3);
    let pruned = join_all((0..16).map(|_| sessions.prune(day, 2))).await;
    assert_eq!(pruned.into_iter().map(Result::unwrap).sum::<usize>(), 5);
    assert_eq!(world.raw("SELECT string_agg(id::text, ' ' ORDER BY id) FROM sessions").await, "5 6 7 8");
    assert!(sessions.prune(day, -1).await.is_err());
}

#[tokio::test]
async fn the_token_of_a_session_that_ended_begins_none() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let sessions = world.db.sessions();
    let revoked = sessions.create(&session(ada.id, "revoked")).await.unwrap();
    sessions.revoke(revoked.id, ada.id).await.unwrap();
    sessions.create(&session(ada.id, "idle")).await.unwrap();
    world.raw("UPDATE sessions SET last_seen_at = now() - interval '31 days' WHERE revoked_at IS NULL").await;
    for ended in ["revoked", "idle"] {
        let refusal = sessions.create(&session(ada.id, ended)).await.unwrap_err();
        assert!(
            matches!(refusal, Error::Conflict(Conflict::Taken { entity: "session", field: "token" })),
            "{ended}: {refusal}"
        );
        assert_eq!(sessions.find_by_token(&ended.into()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn the_session_lifetime_is_that_of_the_policy() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let db = crate::support::open(world.postgres.url(), 4)
        .await
        .with_policy(Policy::default().with_session_lifetime(Duration::from_mins(90)));
    let made = db.sessions().create(&session(ada.id, "one")).await.unwrap();
    let kept = db.sessions().create(&session(ada.id, "two")).await.unwrap();
    let seen = async |ago: &str| {
        world
            .raw(&format!(
                "UPDATE sessions SET last_seen_at = now() - interval '{ago}' WHERE id = {}",
                made.id
            ))
            .await
    };
    seen("89 minutes 50 seconds").await;
    assert!(db.sessions().find_by_token(&"one".into()).await.unwrap().is_some());
    assert_eq!(db.sessions().list(ada.id, Page::default()).await.unwrap().len(), 2);
    assert_eq!(db.sessions().prune(Duration::ZERO, 10).await.unwrap(), 0);
    seen("90 minutes 1 second").await;
    assert_eq!(db.sessions().find_by_token(&"one".into()).await.unwrap(), None);
    assert_eq!(db.sessions().list(ada.id, Page::default()).await.unwrap(), [kept]);
    assert!(db.sessions().bump_last_seen(made.id, "", "").await.is_err());
    assert!(db.sessions().create(&session(ada.id, "one")).await.is_err());
    assert!(db.sessions().revoke_others(ada.id, made.id).await.is_err());
    assert!(world.db.sessions().find_by_token(&"one".into()).await.unwrap().is_some(), "30 days by default");
    assert_eq!(db.sessions().prune(Duration::ZERO, 10).await.unwrap(), 1);
}

#[tokio::test]
async fn an_address_is_stored_in_its_canonical_form() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let sessions = world.db.sessions();
    for (n, (given, stored)) in [
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("2001:0db8:0:0:0:0:0:7", "2001:db8::7"),
        (" 203.0.113.7 ", "203.0.113.7"),
        ("", ""),
    ]
    .into_iter()
    .enumerate()
    {
        let new = NewSession { ip: given.into(), ..session(ada.id, &format!("token-{n}")) };
        let made = sessions.create(&new).await.unwrap();
        assert_eq!(made.ip, stored);
        sessions.bump_last_seen(made.id, "198.51.100.1", "curl").await.unwrap();
        sessions.bump_last_seen(made.id, given, "curl").await.unwrap();
        assert_eq!(sessions.find_by_token(&new.token).await.unwrap().unwrap().ip, stored);
    }
}
