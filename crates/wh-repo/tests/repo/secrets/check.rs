//! The look at the keys before any traffic.

use futures_util::future::join_all;

use super::{NEW, OLD, Values, id, mismatch, open, ring};
use crate::support::World;

#[tokio::test]
async fn a_ring_without_a_recorded_key_is_refused_with_both_sets() {
    let world = World::new().await;
    world.db.secrets().check().await.unwrap();
    let stranger = open(&world.postgres, ring(NEW, &["yet another secret"])).await;
    let refused = mismatch(stranger.secrets().check().await.unwrap_err());
    assert_eq!(refused.ring, [id(NEW), id("yet another secret")]);
    assert_eq!(refused.missing, [id(OLD)]);
    let text = refused.to_string();
    for part in [id(NEW), id(OLD)] {
        assert!(text.contains(&part.to_string()), "{text}");
    }
    assert!(text.contains("api_server.previous_secrets"), "{text}");

    // Nothing was recorded; with the old secret beside the new one it starts, and from then on both are needed.
    assert_eq!(world.raw("SELECT string_agg(key_id, ',') FROM encryption_keys").await, id(OLD).to_string());
    let both = open(&world.postgres, ring(NEW, &[OLD])).await;
    both.secrets().check().await.unwrap();
    let keys = both.secrets().keys().await.unwrap();
    assert_eq!(keys.iter().map(|key| key.id).collect::<Vec<_>>(), [id(OLD), id(NEW)]);
    assert!(keys.iter().all(|key| key.last_current_at.is_some() && key.connections > 0), "{keys:?}");
    let refused = mismatch(world.db.secrets().check().await.unwrap_err());
    assert_eq!(refused.missing, [id(NEW)]);
}

#[tokio::test]
async fn values_of_a_foreign_secret_refuse_a_take_over_whichever_column_has_them() {
    for (table, column) in [
        ("app_env_vars", "value"),
        ("git_provider_tokens", "access_token"),
        ("jobs", "payload"),
        ("users", "totp_secret"),
        ("webhooks", "secret"),
    ] {
        let world = World::new().await;
        Values::write(&world.db).await;
        let foreign = ring("the secret of the original", &[]).encrypt(&"geheim".into()).unwrap();
        world.postgres.execute(&format!("UPDATE {table} SET {column} = '{foreign}'")).await;
        let refused = mismatch(world.db.secrets().check().await.unwrap_err());
        assert_eq!((refused.ring, refused.missing), (vec![id(OLD)], vec![]));
        let value = refused.unopenable.first().unwrap();
        assert_eq!((value.table, value.column), (table, column));
        assert_eq!(world.raw("SELECT count(*) FROM encryption_keys").await, "0");
    }
}

#[tokio::test]
async fn a_row_bound_value_names_the_key_that_is_missing() {
    let world = World::new().await;
    let bound = open(&world.postgres, ring(NEW, &[]).with_form(wh_crypto::StoredForm::V2)).await;
    Values::write(&bound).await;
    let refused = mismatch(world.db.secrets().check().await.unwrap_err());
    assert_eq!(
        (refused.ring.as_slice(), refused.missing.as_slice()),
        ([id(OLD)].as_slice(), [id(NEW)].as_slice())
    );
    assert!(refused.unopenable.len() > 4, "{refused}");
}

#[tokio::test]
async fn a_take_over_records_every_key_that_may_be_needed() {
    let world = World::new().await;
    Values::write(&world.db).await;
    let both = open(&world.postgres, ring(NEW, &[OLD])).await;
    assert_eq!(both.secrets().check().await.unwrap(), []);
    let keys = both.secrets().keys().await.unwrap();
    let mut recorded: Vec<_> = keys.iter().map(|key| (key.id, key.forms.len())).collect();
    recorded.sort_unstable();
    let mut expected = [(id(NEW), 1), (id(OLD), 0)];
    expected.sort_unstable();
    assert_eq!(recorded, expected);
}

#[tokio::test]
async fn a_database_without_encrypted_values_takes_any_secret() {
    let world = World::new().await;
    Values::write(&world.db).await;
    for update in [
        "app_env_vars SET value = 'plain'",
        "git_provider_tokens SET access_token = 'plain'",
        "jobs SET payload = ''",
        "users SET totp_secret = 'v1'",
        "webhooks SET secret = 'v2 plain'",
    ] {
        world.postgres.execute(&format!("UPDATE {update}")).await;
    }
    let new = open(&world.postgres, ring(NEW, &[OLD])).await;
    new.secrets().check().await.unwrap();
    assert_eq!(world.raw("SELECT string_agg(key_id, ',') FROM encryption_keys").await, id(NEW).to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_services_with_different_secrets_one_kind_begins() {
    let world = World::new().await;
    let mut starters = Vec::new();
    for n in 0..8 {
        starters.push(open(&world.postgres, ring(if n % 2 == 0 { OLD } else { NEW }, &[])).await);
    }
    let outcomes = join_all(starters.iter().map(|db| async { db.secrets().check().await.is_ok() })).await;
    let even = outcomes.iter().step_by(2).filter(|began| **began).count();
    let odd = outcomes.iter().skip(1).step_by(2).filter(|began| **began).count();
    assert!(matches!((even, odd), (4, 0) | (0, 4)), "{outcomes:?}");
}
