//! What a rotation does, and what it leaves alone.

use secrecy::ExposeSecret;
use wh_crypto::StoredForm;
use wh_repo::{Error, RotateOptions, Sealing};
use wh_testkit::Proxy;

use super::{NEW, OLD, WRITTEN, id, left_behind, mismatch, open, raw, ring, rotate};
use crate::support::{World, eventually, key};

fn sealed(secret: &str, form: StoredForm) -> Sealing {
    Sealing::Encrypted { key: id(secret), form }
}

#[tokio::test]
async fn every_value_comes_to_the_new_key_and_to_either_form() {
    let (postgres, values) = left_behind().await;
    for (form, from) in [
        (StoredForm::V1, sealed(OLD, StoredForm::V1)),
        (StoredForm::V2, sealed(NEW, StoredForm::V1)),
        (StoredForm::V1, sealed(NEW, StoredForm::V2)),
    ] {
        let both = open(&postgres, ring(NEW, &[OLD]).with_form(form)).await;
        both.secrets().check().await.unwrap();
        let before = both.secrets().status(|_| ()).await.unwrap();
        assert_eq!((before.total(), before.count(from)), (WRITTEN, WRITTEN));
        let rotation = rotate(&both).await;
        assert!(rotation.is_complete(), "{rotation:?}");
        assert_eq!((rotation.rewritten, rotation.passes), (WRITTEN, 2));
        assert_eq!(rotation.census.count(sealed(NEW, form)), WRITTEN);
        assert_eq!(rotation.census.total(), WRITTEN);
        assert_eq!(both.secrets().status(|_| ()).await.unwrap(), rotation.census);

        let alone = open(&postgres, ring(NEW, &[]).with_form(form)).await;
        alone.secrets().check().await.unwrap();
        values.read(&alone).await;
        let again = rotate(&alone).await;
        assert_eq!((again.rewritten, again.passes), (0, 1), "what is current is left as it is");
    }
    let returning = open(&postgres, ring(OLD, &[])).await;
    assert_eq!(mismatch(returning.secrets().check().await.unwrap_err()).missing, [id(NEW)]);
}

#[tokio::test]
async fn counts_are_exact_by_column_key_and_form() {
    let (postgres, values) = left_behind().await;
    let app = values.app;
    let (old, new) = (ring(OLD, &[]), ring(NEW, &[]).with_form(StoredForm::V2));
    let place = wh_crypto::Place::new("app_env_vars", "value", &format!("{app}/ROW_BOUND"));
    let bound = new.encrypt_at(&place, &"x".into()).unwrap();
    let moved =
        new.encrypt_at(&wh_crypto::Place::new("app_env_vars", "value", &"0/OTHER"), &"x".into()).unwrap();
    let single = old.encrypt(&"x".into()).unwrap();
    postgres
        .execute(&format!(
            "DELETE FROM app_env_vars; INSERT INTO app_env_vars (app_id, key, value) VALUES \
             ({app}, 'A', '{single}'), ({app}, 'B', '{single}'), ({app}, 'ROW_BOUND', '{bound}'), \
             ({app}, 'MOVED', '{moved}'), ({app}, 'PLAIN', 'v3: plain'), ({app}, 'NOTHING', '')"
        ))
        .await;
    let both = open(&postgres, ring(NEW, &[OLD])).await;
    let census = both.secrets().status(|_| ()).await.unwrap();
    let column = census.columns.iter().find(|column| column.table == "app_env_vars").unwrap();
    let expected = [
        (sealed(OLD, StoredForm::V1), 2),
        (sealed(NEW, StoredForm::V2), 1),
        (Sealing::Unencrypted, 1),
        (Sealing::Unopenable, 1),
    ];
    assert_eq!(column.values, expected.into());
    assert_eq!(census.total(), 5 + WRITTEN - 2);
    assert_eq!(census.columns.len(), 5);
    let [value] = census.unopenable.as_slice() else { unreachable!("{census:?}") };
    assert_eq!((value.table, value.column, &value.row), ("app_env_vars", "value", &format!("{app}/MOVED")));

    // What was plain is encrypted by a rotation, also where reading plain values is refused by now.
    postgres.execute("DELETE FROM app_env_vars WHERE key IN ('MOVED', 'NOTHING')").await;
    drop(both);
    let strict = ring(NEW, &[OLD]).with_unencrypted(wh_crypto::Unencrypted::Refuse);
    let strict = open(&postgres, strict).await;
    assert!(rotate(&strict).await.is_complete());
    let env = strict.env_vars().list(app).await.unwrap();
    assert_eq!(env.get(&key("PLAIN")).unwrap().expose_secret(), "v3: plain");
}

#[tokio::test]
async fn what_no_key_opens_is_listed_and_never_shown() {
    let (postgres, values) = left_behind().await;
    let foreign = ring("nobody knows", &[]).encrypt(&"geheim".into()).unwrap();
    let broken = "v2:0123456789abcdef:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned();
    let user = values.user.id;
    postgres
        .execute(&format!(
            "UPDATE users SET totp_secret = '{foreign}'; UPDATE webhooks SET secret = '{broken}'; \
             UPDATE git_provider_tokens SET access_token = 'v1:%%%'"
        ))
        .await;
    let both = open(&postgres, ring(NEW, &[OLD])).await;
    let rotation = rotate(&both).await;
    assert!(!rotation.is_complete());
    let listed: Vec<_> = rotation.census.unopenable.iter().map(ToString::to_string).collect();
    assert_eq!(listed.len(), 3, "{listed:?}");
    assert!(listed[0].starts_with(&format!("git_provider_tokens.access_token of row {user}/github: ")));
    assert!(listed[1].starts_with(&format!("users.totp_secret of row {user}: ")), "{listed:?}");
    assert!(listed[2].contains("0123456789abcdef"), "the key that it asks for: {listed:?}");
    let shown = format!("{listed:?} {rotation:?}");
    for secret in [&foreign, &broken, &"%%%".to_owned()] {
        let tail: String = secret.chars().skip(secret.len().saturating_sub(12)).collect();
        assert!(!shown.contains(tail.trim_start_matches("v1:")), "{shown}");
    }
    // The rest is done, what does not open is as it was, and every key stays on record.
    assert_eq!(rotation.rewritten, WRITTEN - 3);
    assert_eq!(raw(&postgres, "SELECT totp_secret FROM users").await, foreign);
    assert_eq!(rotation.forgotten, []);
    assert_eq!(rotation.keys.len(), 2);

    // The way out: the values are given up, and another rotation finds nothing under the old key.
    postgres
        .execute(
            "UPDATE users SET totp_secret = '', totp_enabled = false; UPDATE webhooks SET secret = ''; \
             DELETE FROM git_provider_tokens",
        )
        .await;
    let rotation = rotate(&both).await;
    assert!(rotation.is_complete(), "{rotation:?}");
    assert_eq!(rotation.forgotten, [id(OLD)]);
}

#[tokio::test]
async fn a_value_that_was_written_after_it_was_read_stays() {
    let (postgres, values) = left_behind().await;
    let both = open(&postgres, ring(NEW, &[OLD])).await;
    both.secrets().check().await.unwrap();
    // Reading passes this lock, and rewriting waits for it.
    let mut client = postgres.client().await;
    let writer = client.transaction().await.unwrap();
    writer.batch_execute("LOCK TABLE app_env_vars IN EXCLUSIVE MODE").await.unwrap();
    let task = tokio::spawn({
        let both = both.clone();
        async move { rotate(&both).await }
    });
    let waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'app_env_vars'::regclass AND NOT granted";
    eventually("the rotation waits", async || raw(&postgres, waiting).await == "1").await;
    let newer = ring(OLD, &[]).encrypt(&"newer".into()).unwrap();
    writer.execute("UPDATE app_env_vars SET value = $1 WHERE key = 'TOKEN'", &[&newer]).await.unwrap();
    writer.execute("DELETE FROM app_env_vars WHERE key = 'WITH_NUL'", &[]).await.unwrap();
    writer.commit().await.unwrap();
    let rotation = task.await.unwrap();
    assert!(rotation.is_complete(), "{rotation:?}");
    assert_eq!(rotation.rewritten, WRITTEN - 1);
    let alone = open(&postgres, ring(NEW, &[])).await;
    let env = alone.env_vars().list(values.app).await.unwrap();
    assert_eq!(env.get(&key("TOKEN")).unwrap().expose_secret(), "newer");
    assert_eq!(env.len(), 2);
}

#[tokio::test]
async fn a_row_that_somebody_holds_is_passed_over_and_reported() {
    let (postgres, _) = left_behind().await;
    let both = open(&postgres, ring(NEW, &[OLD])).await;
    let mut client = postgres.client().await;
    let holder = client.transaction().await.unwrap();
    holder.batch_execute("SELECT FROM users FOR UPDATE").await.unwrap();
    let options = RotateOptions { passes: 2, ..RotateOptions::default() };
    let rotation = both.secrets().rotate(options, |_| ()).await.unwrap();
    assert_eq!((rotation.left, rotation.rewritten, rotation.forgotten.len()), (1, WRITTEN - 1, 0));
    assert!(!rotation.is_complete());
    holder.rollback().await.unwrap();
    assert!(rotate(&both).await.is_complete());
}

#[tokio::test]
async fn ten_thousand_values_take_a_few_dozen_round_trips() {
    let (postgres, values) = left_behind().await;
    let value = ring(OLD, &[]).encrypt(&"one of many".into()).unwrap();
    let insert = format!(
        "INSERT INTO app_env_vars (app_id, key, value) SELECT {}, 'K' || n, '{value}' FROM generate_series(1, 10000) AS n",
        values.app
    );
    postgres.execute(&insert).await;
    let proxy = Proxy::start(postgres.url()).await;
    let settings = crate::support::settings(proxy.url(), 1);
    let both = wh_repo::Database::connect(settings, ring(NEW, &[OLD]), wh_plans::Plans::new()).await.unwrap();
    both.secrets().check().await.unwrap();
    proxy.reset_counts();
    let mut seen = Vec::new();
    let rotation = both.secrets().rotate(RotateOptions::default(), |at| seen.push(*at)).await.unwrap();
    assert!(rotation.is_complete(), "{rotation:?}");
    assert_eq!(rotation.rewritten, 10_000 + WRITTEN);
    // Two passes with 11 + 4 pages and an empty one per column; 11 + 4 batches; marking, sizes, the record, the end.
    // On a busy machine BEGIN may be answered before what travels with it was seen, which counts as one more.
    let round_trips = proxy.round_trips();
    assert!((66..=69).contains(&round_trips), "{round_trips} is not 2 * (15 + 5) + 15 + 2 * 3 + 1 + 4");
    let last = seen.iter().rfind(|at| at.pass == 1 && at.table == "app_env_vars").unwrap();
    assert_eq!((last.rows, last.rewritten), (10_003, 10_002));

    proxy.reset_counts();
    let census = both.secrets().status(|_| ()).await.unwrap();
    assert_eq!((census.total(), proxy.round_trips()), (10_000 + WRITTEN, 21));
}

#[tokio::test]
async fn large_values_are_read_a_few_at_a_time() {
    let (postgres, _) = left_behind().await;
    let large = format!("UPDATE app_env_vars SET value = repeat('x', {})", 3 << 20);
    let more = "INSERT INTO app_env_vars (app_id, key, value) SELECT app_id, key || n, value FROM app_env_vars, generate_series(1, 3) AS n";
    postgres.execute(&format!("{large}; {more}")).await;
    let both = open(&postgres, ring(NEW, &[OLD])).await;
    let mut steps = Vec::new();
    let census = both
        .secrets()
        .status(|at| {
            if at.table == "app_env_vars" {
                steps.push(at.rows);
            }
        })
        .await
        .unwrap();
    assert_eq!(census.count(Sealing::Unencrypted), 12);
    assert_eq!(steps, [0, 3, 6, 9, 12], "three values of 3 MiB make a page");
}

#[tokio::test]
async fn options_out_of_bounds_are_refused() {
    let world = World::new().await;
    for options in [
        RotateOptions { batch: 0, ..RotateOptions::default() },
        RotateOptions { batch: RotateOptions::MAX_BATCH + 1, ..RotateOptions::default() },
        RotateOptions { passes: 0, ..RotateOptions::default() },
    ] {
        let refused = world.db.secrets().rotate(options, |_| ()).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
}
