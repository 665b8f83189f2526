//! The second factor: its secret, backup codes, sign-ins that wait.

mod guesses;

use std::time::Duration;

use futures_util::future::join_all;
use secrecy::{ExposeSecret, SecretString};
use wh_repo::{Conflict, Denied, Error};
use wh_types::UserId;

use crate::support::{World, eventually};

#[tokio::test]
async fn a_secret_is_enrolled_switched_on_and_forgotten() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let users = world.db.users();
    let early = users.enable_totp(ada.id).await.unwrap_err();
    assert!(matches!(early, Error::Conflict(Conflict::NotEnrolled { user }) if user == ada.id), "{early}");
    assert!(users.totp_secret(ada.id).await.unwrap().is_none());

    for secret in ["JBSWY3DPEHPK3PXP", "GEZDGNBVGY3TQOJQ"] {
        users.set_totp_secret(ada.id, &secret.into()).await.unwrap();
    }
    let read = users.totp_secret(ada.id).await.unwrap().unwrap();
    assert_eq!(read.expose_secret(), "GEZDGNBVGY3TQOJQ");
    assert!(!world.raw("SELECT u FROM users u").await.contains("GEZD"));

    users.enable_totp(ada.id).await.unwrap();
    let on = users.find(ada.id).await.unwrap().unwrap();
    users.enable_totp(ada.id).await.unwrap();
    assert_eq!(users.find(ada.id).await.unwrap().unwrap(), on, "the second time changes nothing");
    assert!(on.totp_enabled && on.totp_verified_at.is_some());
    let again = users.set_totp_secret(ada.id, &"OTHER".into()).await.unwrap_err();
    assert!(matches!(again, Error::Conflict(Conflict::SecondFactorOn { .. })), "{again}");

    world.db.backup_codes().replace(ada.id, &["AC3D-K7MP-QR9T".into()]).await.unwrap();
    for _ in 0..2 {
        users.disable_totp(ada.id).await.unwrap();
        let off = users.find(ada.id).await.unwrap().unwrap();
        assert!(!off.totp_enabled && off.totp_verified_at.is_none());
    }
    assert!(users.totp_secret(ada.id).await.unwrap().is_none());
    assert_eq!(world.raw("SELECT count(*) FROM backup_codes").await, "0");

    let nobody = UserId::new(0);
    for refusal in [
        users.set_totp_secret(nobody, &"x".into()).await.err(),
        users.enable_totp(nobody).await.err(),
        users.disable_totp(nobody).await.err(),
    ] {
        assert_eq!(refusal.unwrap().to_string(), "no such user");
    }
    assert!(matches!(users.set_totp_secret(ada.id, &SecretString::default()).await, Err(Error::Invalid(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_sixty_four_spends_the_code() {
    let world = World::with_connections(16).await;
    let (ada, eve) = (world.user("ada", "free").await, world.user("eve", "free").await);
    let codes = wh_crypto::generate_backup_codes(2).unwrap();
    world.db.backup_codes().replace(ada.id, &codes).await.unwrap();
    assert!(
        !world
            .raw("SELECT string_agg(code_hash, ' ') FROM backup_codes")
            .await
            .contains(codes[0].expose_secret())
    );
    assert!(!world.db.backup_codes().consume(eve.id, &codes[0]).await.unwrap());

    let spent = join_all((0..64).map(|_| world.db.backup_codes().consume(ada.id, &codes[0]))).await;
    assert_eq!(spent.iter().filter(|spent| matches!(spent, Ok(true))).count(), 1);
    let bounded = |spent: &Result<bool, Error>| {
        matches!(
            spent,
            Ok(_) | Err(Error::Denied(Denied::TooManyAttempts { .. }) | Error::Unavailable { .. })
        )
    };
    assert!(spent.iter().all(bounded), "{spent:?}");
    world.raw("DELETE FROM second_factor_failures").await;

    let typed = SecretString::from(codes[1].expose_secret().to_lowercase().replace('-', " "));
    assert!(world.db.backup_codes().consume(ada.id, &typed).await.unwrap());
    assert!(!world.db.backup_codes().consume(ada.id, &typed).await.unwrap());
    assert!(!world.db.backup_codes().consume(ada.id, &"1".repeat(1 << 20).into()).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_racing_replacements_one_set_of_codes_is_left() {
    let world = World::with_connections(16).await;
    let ada = world.user("ada", "free").await;
    let sets: Vec<_> = (0..8)
        .map(|set| (0..3).map(|n| SecretString::from(format!("code-{set}-{n}"))).collect::<Vec<_>>())
        .collect();
    let outcomes = join_all(sets.iter().map(|set| world.db.backup_codes().replace(ada.id, set))).await;
    assert!(outcomes.into_iter().all(|outcome| outcome.is_ok()));
    assert_eq!(world.raw("SELECT count(*) FROM backup_codes").await, "3");

    let refusal = world.db.backup_codes().replace(UserId::new(0), &[]).await.unwrap_err();
    assert_eq!(refusal.to_string(), "no such user");
    let many = (0..33).map(|n| SecretString::from(format!("x{n}"))).collect();
    for wrong in [many, vec![SecretString::from(" ")], vec![SecretString::from("x".repeat(129))]] {
        assert!(matches!(world.db.backup_codes().replace(ada.id, &wrong).await, Err(Error::Invalid(_))));
    }
    world.raw("UPDATE backup_codes SET code_hash = 'garbage'").await;
    let error = world.db.backup_codes().consume(ada.id, &"code-1".into()).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { table: "backup_codes", .. }), "{error}");
    world.db.backup_codes().replace(ada.id, &[]).await.unwrap();
    assert!(!world.db.backup_codes().consume(ada.id, &"code-1".into()).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_that_waits_is_taken_once_and_not_after_its_time() {
    let world = World::with_connections(16).await;
    let ada = world.user("ada", "free").await;
    let pending = world.db.pending_totps();
    let minutes = Duration::from_mins(5);
    let token = pending.create(ada.id, "google", minutes).await.unwrap();
    assert!(!world.raw("SELECT p FROM pending_totps p").await.contains(token.expose_secret()));

    let answers = join_all((0..64).map(|_| pending.consume(&token))).await;
    let given: Vec<_> = answers.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(given.len(), 1);
    assert_eq!((given[0].user, given[0].provider.as_str()), (ada.id, "google"));

    let late = pending.create(ada.id, "google", minutes).await.unwrap();
    world.raw("UPDATE pending_totps SET expires_at = now()").await;
    assert_eq!(pending.consume(&late).await.unwrap(), None);
    assert_eq!(
        pending.create(UserId::new(0), "google", minutes).await.unwrap_err().to_string(),
        "no such user"
    );
    for (provider, ttl) in [("", minutes), ("google", Duration::ZERO), ("google", Duration::MAX)] {
        assert!(matches!(pending.create(ada.id, provider, ttl).await, Err(Error::Invalid(_))));
    }
}

#[tokio::test]
async fn expired_sign_ins_are_pruned_in_batches() {
    let world = World::with_connections(16).await;
    let ada = world.user("ada", "free").await;
    let pending = world.db.pending_totps();
    for _ in 0..10 {
        pending.create(ada.id, "google", Duration::from_mins(5)).await.unwrap();
    }
    world
        .raw("UPDATE pending_totps SET expires_at = now() WHERE token_hash IN (SELECT token_hash FROM pending_totps LIMIT 7)")
        .await;
    assert_eq!(pending.prune(3).await.unwrap(), 3);
    let pruned = join_all((0..8).map(|_| pending.prune(2))).await;
    assert_eq!(pruned.into_iter().map(Result::unwrap).sum::<usize>(), 4);
    assert_eq!(world.raw("SELECT count(*) FROM pending_totps").await, "3");
    assert!(pending.prune(-1).await.is_err());
}

#[tokio::test]
async fn two_spellings_of_a_code_are_one_code() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let codes = world.db.backup_codes();
    for twice in [
        ["AC3D-K7MP-QR9T", "AC3D-K7MP-QR9T"],
        ["AC3D-K7MP-QR9T", "ac3d k7mp qr9t"],
        ["AC3D-K7MP-QR9T", "AC3D\u{2011}K7MP\u{a0}QR9T"],
        ["dead-beef", "\u{ff24}EADBEEF"],
    ] {
        let refusal = codes
            .replace(ada.id, &["other-code".into(), twice[0].into(), twice[1].into()])
            .await
            .unwrap_err();
        assert!(matches!(refusal, Error::Invalid(_)), "{refusal}");
        assert!(!refusal.to_string().contains(twice[0]), "{refusal}");
    }
    assert_eq!(world.raw("SELECT count(*) FROM backup_codes").await, "0");

    codes.replace(ada.id, &["AC3D-K7MP-QR9T".into(), "DHJK-MNPQ-RTUV".into()]).await.unwrap();
    assert!(
        codes.consume(ada.id, &"AC3D\u{2011}K7MP\u{2011}QR9T".into()).await.unwrap(),
        "non-breaking hyphens"
    );
    assert!(
        codes.consume(ada.id, &"\u{a0}dhjk\u{a0}mnpq\u{a0}rtuv\u{200b}".into()).await.unwrap(),
        "no-break spaces"
    );
}

#[tokio::test]
async fn switching_off_forgets_the_codes_of_a_replacement_that_came_first() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    world.db.users().set_totp_secret(ada.id, &"GEZDGNBVGY3TQOJQ".into()).await.unwrap();
    world.db.users().enable_totp(ada.id).await.unwrap();
    let replaced = world.db.transaction(async |tx| {
        tx.backup_codes().replace(ada.id, &["AC3D-K7MP-QR9T".into()]).await?;
        let db = world.db.clone();
        let off = tokio::spawn(async move { db.users().disable_totp(ada.id).await });
        eventually("switching off waits for the replacement", async || {
            world
                .raw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
                .await
                == "1"
        })
        .await;
        Ok::<_, Error>(off)
    });
    replaced.await.unwrap().await.unwrap().unwrap();
    assert_eq!(world.raw("SELECT count(*) FROM backup_codes").await, "0");
    assert!(!world.db.users().find(ada.id).await.unwrap().unwrap().totp_enabled);
}
