//! Sign-ins and other operations that meet a transaction which has not committed yet.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use wh_repo::{Conflict, Error, GoogleProfile, GoogleSignIn, Tx};
use wh_types::{AuditKind, GitProvider, UserId};

use crate::support::{World, eventually, key, profile};

/// Runs `work` in a transaction while another connection holds what `rival` did, until `work` waits for it; then the rival ends as
/// `end` says. The transaction of `work` must be usable afterwards, and commit.
#[expect(clippy::future_not_send, reason = "a test stays on its thread")]
async fn meet<R: std::fmt::Debug>(
    world: &World,
    rival: &str,
    end: &str,
    work: impl for<'a> Fn(&'a Tx<'_>) -> BoxFuture<'a, Result<R, Error>>,
) -> Result<R, Error> {
    let client = world.postgres.client().await;
    client.batch_execute(&format!("BEGIN; {rival}")).await.unwrap();
    let before = world.raw("SELECT count(*) FROM users WHERE name LIKE 'witness%'").await;
    let transaction = world.db.transaction(async |tx| {
        let outcome = work(tx).await;
        let witness = format!("witness{before}");
        tx.users().upsert_google(&profile(&witness)).await?;
        Ok::<_, Error>(outcome)
    });
    let rival = async {
        eventually("the operation waits for the other transaction", async || {
            world
                .raw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
                .await
                == "1"
        })
        .await;
        client.batch_execute(end).await.unwrap();
    };
    let (outcome, ()) = tokio::join!(transaction, rival);
    let after = world.raw("SELECT count(*) FROM users WHERE name LIKE 'witness%'").await;
    assert_ne!(before, after, "the transaction was usable, and committed");
    outcome.unwrap()
}

fn sign_in(
    profile: &GoogleProfile,
) -> impl for<'a> Fn(&'a Tx<'_>) -> BoxFuture<'a, Result<GoogleSignIn, Error>> {
    let profile = profile.clone();
    move |tx| {
        let (profile, users) = (profile.clone(), tx.users());
        async move { users.upsert_google(&profile).await }.boxed()
    }
}

#[tokio::test]
async fn a_known_user_loses_the_race_for_an_address_and_signs_in() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let moved = GoogleProfile { email: "New@example.org".into(), ..profile("ada") };
    let taken = "INSERT INTO users (google_id, email) VALUES ('google-eve', 'new@example.org')";

    let signed_in = meet(&world, taken, "COMMIT", sign_in(&moved)).await.unwrap();
    assert!(signed_in.kept_email);
    assert_eq!((signed_in.user.id, signed_in.user.email.as_str()), (ada.id, "ada@example.org"));

    let other = GoogleProfile { email: "other@example.org".into(), ..profile("ada") };
    let given_up = "INSERT INTO users (google_id, email) VALUES ('google-mel', 'OTHER@example.org')";
    let signed_in = meet(&world, given_up, "ROLLBACK", sign_in(&other)).await.unwrap();
    assert_eq!((signed_in.user.email.as_str(), signed_in.kept_email), ("other@example.org", false));

    // The other one moves to the address.
    let third = GoogleProfile { email: "third@example.org".into(), ..profile("ada") };
    let rename = "UPDATE users SET email = 'third@example.org' WHERE google_id = 'google-eve'";
    let signed_in = meet(&world, rename, "COMMIT", sign_in(&third)).await.unwrap();
    assert_eq!((signed_in.user.email.as_str(), signed_in.kept_email), ("other@example.org", true));
}

#[tokio::test]
async fn a_new_user_who_loses_the_race_for_an_address_is_refused() {
    let world = World::new().await;
    for (n, taken) in [
        "INSERT INTO users (google_id, email) VALUES ('google-eve', 'new0@example.org')",
        "INSERT INTO users (google_id, email) VALUES ('google-mel', 'NEW1@example.org')",
    ]
    .into_iter()
    .enumerate()
    {
        let new = GoogleProfile { email: format!("new{n}@example.org"), ..profile("ada") };
        let refusal = meet(&world, taken, "COMMIT", sign_in(&new)).await.unwrap_err();
        assert!(matches!(refusal, Error::Conflict(Conflict::AccountExists)), "{refusal}");
    }
    let free = GoogleProfile { email: "new2@example.org".into(), ..profile("ada") };
    let given_up = "INSERT INTO users (google_id, email) VALUES ('google-liz', 'new2@example.org')";
    assert_eq!(meet(&world, given_up, "ROLLBACK", sign_in(&free)).await.unwrap().user.name, "ada");
}

#[tokio::test]
async fn two_first_sign_ins_of_one_identity_are_one_user() {
    let world = World::new().await;
    let first = "INSERT INTO users (google_id, email) VALUES ('google-ada', 'ada@example.org')";
    let signed_in = meet(&world, first, "COMMIT", sign_in(&profile("ada"))).await.unwrap();
    assert_eq!(signed_in.user.name, "ada");
    // The same identity under another address.
    let first = "INSERT INTO users (google_id, email) VALUES ('google-eve', 'eve@example.com')";
    let signed_in = meet(&world, first, "COMMIT", sign_in(&profile("eve"))).await.unwrap();
    assert_eq!(signed_in.user.email, "eve@example.org");
    assert_eq!(world.raw("SELECT count(*) FROM users WHERE google_id = 'google-eve'").await, "1");
}

#[tokio::test]
async fn what_was_sent_beside_a_lost_race_is_not_undone_in_silence() {
    let world = World::new().await;
    let ada = world.user("ada", "free").await;
    let client = world.postgres.client().await;
    client
        .batch_execute("BEGIN; INSERT INTO users (google_id, email) VALUES ('google-eve', 'new@example.org')")
        .await
        .unwrap();
    let moved = GoogleProfile { email: "new@example.org".into(), ..profile("ada") };
    let plan = "pro".parse().unwrap();
    let transaction = world.db.transaction(async |tx| {
        let (signed_in, planned) =
            tokio::join!(tx.users().upsert_google(&moved), tx.users().set_plan(ada.id, &plan));
        Ok::<_, Error>((signed_in.is_ok(), planned.is_ok()))
    });
    let rival = async {
        eventually("the sign-in waits", async || {
            world
                .raw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
                .await
                == "1"
        })
        .await;
        client.batch_execute("COMMIT").await.unwrap();
    };
    let (outcome, ()) = tokio::join!(transaction, rival);
    let plan = world.raw("SELECT plan FROM users WHERE google_id = 'google-ada'").await;
    assert_eq!(plan == "pro", outcome.is_ok_and(|(_, planned)| planned), "a plan that was set is committed");
}

#[tokio::test]
async fn rows_of_a_user_who_is_being_deleted_are_refused() {
    type Try = for<'a> fn(&'a Tx<'_>, UserId) -> BoxFuture<'a, Result<(), Error>>;
    let tries: [Try; 6] = [
        |tx, id| {
            let sessions = tx.sessions();
            async move { sessions.create(&crate::sessions::session(id, "t")).await.map(drop) }.boxed()
        },
        |tx, id| {
            let pending = tx.pending_totps();
            async move { pending.create(id, "google", std::time::Duration::from_mins(1)).await.map(drop) }
                .boxed()
        },
        |tx, id| {
            let tokens = tx.git_tokens();
            async move { tokens.upsert(id, GitProvider::GitHub, "ada", &"t".into()).await }.boxed()
        },
        |tx, id| {
            let events = tx.audit_events();
            let event = crate::audit_events::event(id, AuditKind::Login, "");
            async move { events.record(&event).await.map(drop) }.boxed()
        },
        |tx, id| {
            let codes = tx.backup_codes();
            async move { codes.replace(id, &["AC3D-K7MP-QR9T".into()]).await }.boxed()
        },
        |tx, id| {
            let users = tx.users();
            async move { users.set_active(id, false).await.map(drop) }.boxed()
        },
    ];
    let world = World::new().await;
    for (n, attempt) in tries.into_iter().enumerate() {
        let ada = world.user(&format!("ada{n}"), "free").await.id;
        let gone = format!("DELETE FROM users WHERE id = {ada}");
        let refusal = meet(&world, &gone, "COMMIT", move |tx| attempt(tx, ada)).await.unwrap_err();
        assert_eq!(refusal.to_string(), "no such user", "try {n}");
    }

    let ada = world.user("ada", "pro").await;
    for (name, gone) in [
        ("first-shop", "UPDATE apps SET status = 'deleted', deleted_at = now() WHERE id = "),
        ("second-shop", "DELETE FROM apps WHERE id = "),
    ] {
        let app = world.app(&ada, name).await.app;
        let gone = format!("{gone}{app}");
        let refusal = meet(&world, &gone, "COMMIT", move |tx| {
            let vars = tx.env_vars();
            async move { vars.set(app, &key("A"), &"b".into()).await }.boxed()
        })
        .await
        .unwrap_err();
        assert_eq!(refusal.to_string(), "no such app", "{gone}");
    }
}
