//! Linked Git accounts.

use futures_util::future::join_all;
use secrecy::ExposeSecret;
use wh_repo::Error;
use wh_types::{GitProvider, UserId};

use crate::support::World;

#[tokio::test]
async fn a_token_comes_back_as_it_went_in_and_is_a_ciphertext_between() {
    let world = World::new().await;
    let (ada, eve) = (world.user("ada", "free").await, world.user("eve", "free").await);
    let tokens = world.db.git_tokens();
    for token in ["gho_first", "gho_second"] {
        tokens.upsert(ada.id, GitProvider::GitHub, "ada-l", &token.into()).await.unwrap();
    }
    tokens.upsert(ada.id, GitProvider::Codeberg, "ada", &"cb".into()).await.unwrap();

    let linked = tokens.find(ada.id, GitProvider::GitHub).await.unwrap().unwrap();
    assert_eq!((linked.username.as_str(), linked.token.expose_secret()), ("ada-l", "gho_second"));
    assert!(!format!("{linked:?}").contains("gho_second"));
    assert!(!world.raw("SELECT string_agg(t::text, ' ') FROM git_provider_tokens t").await.contains("gho_"));
    let list: Vec<_> = tokens.list(ada.id).await.unwrap().into_iter().map(|linked| linked.provider).collect();
    assert_eq!(list, [GitProvider::Codeberg, GitProvider::GitHub]);

    assert!(tokens.find(eve.id, GitProvider::GitHub).await.unwrap().is_none());
    assert!(!tokens.delete(eve.id, GitProvider::GitHub).await.unwrap());
    assert!(tokens.delete(ada.id, GitProvider::GitHub).await.unwrap());
    assert!(!tokens.delete(ada.id, GitProvider::GitHub).await.unwrap());
    assert!(tokens.find(ada.id, GitProvider::GitHub).await.unwrap().is_none());
}

#[tokio::test]
async fn what_cannot_be_linked_is_refused_and_a_race_links_once() {
    let world = World::with_connections(16).await;
    let ada = world.user("ada", "free").await;
    let tokens = world.db.git_tokens();
    let nobody = tokens.upsert(UserId::new(0), GitProvider::GitHub, "x", &"t".into()).await.unwrap_err();
    assert_eq!(nobody.to_string(), "no such user");
    let long = "n".repeat(256);
    for (name, token) in [("x", ""), (long.as_str(), "t"), ("a\0b", "t")] {
        let refusal = tokens.upsert(ada.id, GitProvider::GitHub, name, &token.into()).await.unwrap_err();
        assert!(matches!(refusal, Error::Invalid(_)), "{refusal}");
    }
    let token = "t".into();
    let racers = join_all((0..64).map(|_| tokens.upsert(ada.id, GitProvider::GitLab, "ada", &token))).await;
    assert!(racers.into_iter().all(|outcome| outcome.is_ok()));
    assert_eq!(tokens.list(ada.id).await.unwrap().len(), 1);
}
