//! Guesses of the second factor are bounded, and a code is good once.

use std::time::Duration;

use futures_util::future::join_all;
use secrecy::SecretString;
use wh_repo::{Conflict, Denied, Error};
use wh_types::UserId;

use crate::support::World;

const WRONG: &str = "not the code";

/// The seconds to wait, of a refusal for too many wrong answers.
fn wait<T: std::fmt::Debug>(outcome: Result<T, Error>) -> u64 {
    match outcome {
        Err(Error::Denied(Denied::TooManyAttempts { wait })) => wait.as_secs(),
        other => unreachable!("{other:?}"),
    }
}

async fn enrolled() -> (World, UserId, SecretString) {
    let world = World::new().await;
    let ada = world.user("ada", "free").await.id;
    let code = SecretString::from("AC3D-K7MP-QR9T");
    world.db.users().set_totp_secret(ada, &"GEZDGNBVGY3TQOJQ".into()).await.unwrap();
    world.db.users().enable_totp(ada).await.unwrap();
    world.db.backup_codes().replace(ada, &[code.clone(), "DHJK-MNPQ-RTUV".into()]).await.unwrap();
    (world, ada, code)
}

#[tokio::test]
async fn five_wrong_answers_in_fifteen_minutes_are_the_last() {
    let (world, ada, code) = enrolled().await;
    let (users, codes) = (world.db.users(), world.db.backup_codes());
    // Of either kind.
    for n in 0..5 {
        if n % 2 == 0 {
            assert!(!codes.consume(ada, &WRONG.into()).await.unwrap());
        } else {
            users.record_second_factor_failure(ada).await.unwrap();
        }
    }
    for waited in [wait(codes.consume(ada, &code).await), wait(users.record_second_factor_failure(ada).await)]
    {
        assert!((700..=900).contains(&waited), "{waited}");
    }
    assert!(
        (700..=900).contains(&wait(users.accept_totp_step(ada, 58_000_000).await)),
        "a right one as well"
    );
    let refusal = codes.consume(ada, &code).await.unwrap_err().to_string();
    assert!(
        refusal.starts_with("too many wrong codes: try again in 8") || refusal.contains(" 900 "),
        "{refusal}"
    );

    let eve = world.user("eve", "free").await.id;
    assert!(!codes.consume(eve, &WRONG.into()).await.unwrap(), "others are counted for themselves");

    // Refused attempts do not make it longer.
    world.raw("UPDATE second_factor_failures SET failed_since = failed_since - interval '14 minutes'").await;
    assert!(wait(codes.consume(ada, &code).await) <= 60);
    world.raw("UPDATE second_factor_failures SET failed_since = failed_since - interval '1 minute'").await;
    assert!(codes.consume(ada, &code).await.unwrap(), "the window is over");
    assert_eq!(
        world.raw(&format!("SELECT count(*) FROM second_factor_failures WHERE user_id = {ada}")).await,
        "0"
    );
}

#[tokio::test]
async fn a_right_answer_resets_the_count() {
    let (world, ada, code) = enrolled().await;
    let (users, codes) = (world.db.users(), world.db.backup_codes());
    for _ in 0..4 {
        users.record_second_factor_failure(ada).await.unwrap();
    }
    assert!(codes.consume(ada, &code).await.unwrap());
    for _ in 0..4 {
        assert!(!codes.consume(ada, &code).await.unwrap(), "it was spent");
    }
    assert!(users.accept_totp_step(ada, 58_000_000).await.unwrap());
    for _ in 0..5 {
        users.record_second_factor_failure(ada).await.unwrap();
    }
    wait(users.record_second_factor_failure(ada).await);
}

#[tokio::test]
async fn a_rollback_gives_no_more_guesses() {
    let (world, ada, _) = enrolled().await;
    let token = world.db.pending_totps().create(ada, "google", Duration::from_mins(5)).await.unwrap();
    let mut refused = 0;
    for _ in 0..9 {
        let outcome = world
            .db
            .transaction(async |tx| {
                let waiting = tx.pending_totps().consume(&token).await?;
                assert_eq!(waiting.map(|waiting| waiting.user), Some(ada), "the rollback brought it back");
                // The row of the user is locked by this very transaction.
                tx.users().upsert_google(&crate::support::profile("ada")).await?;
                let right = tx.backup_codes().consume(ada, &WRONG.into()).await?;
                assert!(!right);
                Err::<(), _>(Error::NotFound { entity: "code" })
            })
            .await
            .unwrap_err();
        refused += usize::from(matches!(outcome, Error::Denied(Denied::TooManyAttempts { .. })));
    }
    assert_eq!(refused, 4, "of nine guesses five were looked at");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_guesses_at_once_five_are_looked_at() {
    let (world, ada, _) = enrolled().await;
    let guesses: Vec<_> = (0..40).map(|n| SecretString::from(format!("guess-{n}"))).collect();
    let outcomes = join_all(guesses.iter().map(|guess| world.db.backup_codes().consume(ada, guess))).await;
    let looked_at = outcomes.iter().filter(|outcome| matches!(outcome, Ok(false))).count();
    let busy = outcomes.iter().filter(|outcome| matches!(outcome, Err(Error::Unavailable { .. }))).count();
    assert_eq!(looked_at + busy, 5, "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_totp_step_is_accepted_once_and_none_before_it() {
    let (world, ada, _) = enrolled().await;
    let users = world.db.users();
    let accepted = join_all((0..32).map(|_| users.accept_totp_step(ada, 58_000_000))).await;
    assert_eq!(accepted.into_iter().filter(|accepted| *accepted.as_ref().unwrap()).count(), 1);
    for (step, good) in
        [(57_999_999, false), (58_000_000, false), (58_000_001, true), (58_000_001, false), (0, false)]
    {
        assert_eq!(users.accept_totp_step(ada, step).await.unwrap(), good, "{step}");
    }
    assert!(matches!(users.accept_totp_step(ada, -1).await, Err(Error::Invalid(_))));

    // A rolled-back sign-in has used no step.
    let rolled_back = world.db.transaction(async |tx| {
        assert!(tx.users().accept_totp_step(ada, 58_000_002).await?);
        Err::<(), _>(Error::NotFound { entity: "reason" })
    });
    rolled_back.await.unwrap_err();
    assert!(users.accept_totp_step(ada, 58_000_002).await.unwrap());

    // Another secret has other codes.
    users.disable_totp(ada).await.unwrap();
    let refusal = users.accept_totp_step(ada, 58_000_003).await.unwrap_err();
    assert!(matches!(refusal, Error::Conflict(Conflict::NotEnrolled { user }) if user == ada), "{refusal}");
    users.set_totp_secret(ada, &"JBSWY3DPEHPK3PXP".into()).await.unwrap();
    assert!(users.accept_totp_step(ada, 58_000_002).await.unwrap());
    let eve = world.user("eve", "free").await.id;
    assert!(users.accept_totp_step(eve, 1).await.is_err(), "not enrolled");
}

#[tokio::test]
async fn counts_that_are_over_are_pruned() {
    let (world, ada, _) = enrolled().await;
    let eve = world.user("eve", "free").await.id;
    for user in [ada, eve] {
        world.db.users().record_second_factor_failure(user).await.unwrap();
    }
    let age = format!(
        "UPDATE second_factor_failures SET failed_since = now() - interval '15 minutes' WHERE user_id = {ada}"
    );
    world.raw(&age).await;
    assert_eq!(world.db.pending_totps().prune(10).await.unwrap(), 0, "it counts sign-ins");
    assert_eq!(world.raw("SELECT user_id FROM second_factor_failures").await, eve.to_string());
}
