//! What all scenarios share: one filled database, and whoever is connected to it.

use std::sync::Arc;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::pooled_connection::bb8::Pool;
use tokio_postgres::Client;
use wh_data::crypto::KeyRing;
use wh_data::plans::Plans;
use wh_data::repo::{Database, DatabaseSettings};
use wh_data::secrecy::SecretString;
use wh_testkit::TestDatabase;

use crate::contender::Outcome;

/// Most callers of a scenario.
pub(crate) const CALLERS: usize = 32;

/// Apps of each user.
pub(crate) const APPS: usize = 20;

/// A database with users, apps, sessions, lines and waiting jobs, and those who use it.
pub(crate) struct World {
    pub(crate) postgres: TestDatabase,
    /// This layer, with the settings that it has by itself.
    pub(crate) db: Database,
    /// A connection for each caller, as tokio-postgres' documentation has it.
    pub(crate) raw: Vec<Arc<Client>>,
    /// diesel-async's pool of as many connections as ours has.
    pub(crate) diesel: Pool<AsyncPgConnection>,
    pub(crate) users: usize,
    /// The time of the database when all began.
    pub(crate) now: DateTime<Utc>,
}

impl World {
    pub(crate) async fn new(users: usize) -> Outcome<Self> {
        let postgres = TestDatabase::new().await;
        let fill =
            format!("SET bench.users = {users};\nSET bench.apps = {APPS};\n{}", include_str!("fill.sql"));
        postgres.execute(&fill).await;
        postgres.execute("VACUUM (ANALYZE)").await;
        let mut raw = Vec::new();
        for _ in 0..CALLERS {
            raw.push(Arc::new(postgres.client().await));
        }
        let db = database(&postgres).await?;
        let manager = AsyncDieselConnectionManager::new(postgres.url());
        let diesel = Pool::builder().max_size(25).build(manager).await?;
        let now = raw.first().ok_or("no caller")?.query_one("SELECT now()", &[]).await?;
        let now = now.try_get::<_, SystemTime>(0)?.into();
        Ok(Self { postgres, db, raw, diesel, users, now })
    }
}

/// How this layer is reached, with the settings that it has by itself.
pub(crate) fn settings(postgres: &TestDatabase) -> DatabaseSettings {
    DatabaseSettings::new(SecretString::from(postgres.url()))
}

/// A pool of this layer.
pub(crate) async fn database(postgres: &TestDatabase) -> Outcome<Database> {
    Ok(Database::connect(settings(postgres), keys()?, Plans::new()).await?)
}

pub(crate) fn keys() -> Outcome<KeyRing> {
    Ok(KeyRing::new(&"a server secret for measurements".into(), &[])?)
}
