//! Keys on record, and the rotation of every encrypted value.

mod check;
mod retiring;
mod rotation;
mod under_load;

use secrecy::{ExposeSecret, SecretString};
use wh_crypto::{KeyId, KeyRing};
use wh_plans::Plans;
use wh_repo::rows::{User, Webhook};
use wh_repo::{Database, Error, KeyMismatch, NewWebhook, RotateOptions, Rotation};
use wh_testkit::TestDatabase;
use wh_types::{AppId, GitProvider, JobId};

use crate::support::{World, eventually, key, profile, settings, spec};

/// The secret of `World::db`.
pub(crate) const OLD: &str = "a server secret for tests";
pub(crate) const NEW: &str = "a newer server secret";

pub(crate) fn ring(current: &str, previous: &[&str]) -> KeyRing {
    let previous: Vec<SecretString> = previous.iter().map(|secret| (*secret).into()).collect();
    KeyRing::new(&current.into(), &previous).unwrap()
}

pub(super) fn id(secret: &str) -> KeyId {
    ring(secret, &[]).current_id()
}

pub(crate) async fn open(postgres: &TestDatabase, ring: KeyRing) -> Database {
    Database::connect(settings(postgres.url(), 4), ring, Plans::new()).await.unwrap()
}

/// A database whose only service, with the old secret, has come and gone again, and left a value in every column.
pub(super) async fn left_behind() -> (TestDatabase, Values) {
    let World { db, postgres } = World::new().await;
    db.secrets().check().await.unwrap();
    let values = Values::write(&db).await;
    drop(db);
    nobody_there(&postgres).await;
    (postgres, values)
}

/// Waits until the server has seen that all connections but this one are closed.
pub(super) async fn nobody_there(postgres: &TestDatabase) {
    let client = postgres.client().await;
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    eventually("the service is gone", async || {
        client.query_one(others, &[]).await.unwrap().get::<_, i64>(0) == 0
    })
    .await;
}

/// The first value that a statement gives, as text.
pub(super) async fn raw(postgres: &TestDatabase, sql: &str) -> String {
    let row = postgres.client().await.query_one(&format!("SELECT ({sql})::text"), &[]).await.unwrap();
    row.get::<_, Option<String>>(0).unwrap_or_default()
}

pub(super) async fn rotate(db: &Database) -> Rotation {
    db.secrets().rotate(RotateOptions::default(), |_| ()).await.unwrap()
}

pub(super) fn mismatch(error: Error) -> KeyMismatch {
    match error {
        Error::Keys(mismatch) => mismatch,
        other => unreachable!("{other}"),
    }
}

/// One value in every encrypted column, each known.
pub(super) struct Values {
    pub(super) user: User,
    pub(super) app: AppId,
    pub(super) job: JobId,
    pub(super) webhook: Webhook,
}

impl Values {
    /// Written through the operations, with the keys of `db`.
    pub(super) async fn write(db: &Database) -> Self {
        let user = db.users().upsert_google(&profile("ada")).await.unwrap().user;
        let made = db.deployments().create(&spec(&user, "first-shop")).await.unwrap();
        db.env_vars().set(made.app, &key("WITH_NUL"), &"a\0b".into()).await.unwrap();
        db.git_tokens().upsert(user.id, GitProvider::GitHub, "ada", &"gho_token".into()).await.unwrap();
        db.users().set_totp_secret(user.id, &"JBSWY3DPEHPK3PXP".into()).await.unwrap();
        db.users().enable_totp(user.id).await.unwrap();
        let new = NewWebhook {
            user: user.id,
            name: "hook".to_owned(),
            url: "https://example.org".to_owned(),
            secret: "signs deliveries".into(),
            events: vec!["app.deployed".to_owned()],
            active: true,
        };
        let webhook = db.webhooks().create(&new).await.unwrap();
        Self { user, app: made.app, job: made.job, webhook }
    }

    /// All of them read, by these keys, as they were written.
    pub(super) async fn read(&self, db: &Database) {
        let env = db.env_vars().list(self.app).await.unwrap();
        let env: Vec<_> =
            env.iter().map(|(key, value)| (key.as_str(), value.expose_secret().to_owned())).collect();
        let expected = [("EMPTY", ""), ("TOKEN", "hunter2 läuft"), ("WITH_NUL", "a\0b")];
        assert_eq!(env, expected.map(|(key, value)| (key, value.to_owned())));
        let token = db.git_tokens().find(self.user.id, GitProvider::GitHub).await.unwrap().unwrap();
        assert_eq!(token.token.expose_secret(), "gho_token");
        let secret = db.users().totp_secret(self.user.id).await.unwrap().unwrap();
        assert_eq!(secret.expose_secret(), "JBSWY3DPEHPK3PXP");
        let webhook = db.webhooks().find_with_secret(self.webhook.id).await.unwrap().unwrap();
        assert_eq!(webhook.secret.expose_secret(), "signs deliveries");
        let job = db.jobs().find(self.job).await.unwrap().unwrap();
        let place = wh_crypto::Place::new("jobs", "payload", &self.job);
        let any = ring(NEW, &[OLD]);
        assert!(any.decrypt_at(&place, job.payload.as_stored()).unwrap().expose_secret().contains("hunter2"));
    }
}

/// How many values each write of [`Values`] leaves: two variables (empty ones count for nothing), a token, a payload, a
/// second factor, a webhook.
pub(super) const WRITTEN: u64 = 6;
