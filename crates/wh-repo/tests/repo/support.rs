//! A world for a test: its own database, and people, machines and apps in it.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use wh_crypto::KeyRing;
use wh_plans::Plans;
use wh_repo::rows::{User, Worker};
use wh_repo::{
    CreatedDeployment, Database, DatabaseSettings, DeploymentSpec, GoogleProfile, JobOutcome, JobWithPayload,
    Source, WorkerRegistration,
};
use wh_testkit::TestDatabase;
use wh_types::{AppId, AppName, CommitMetadata, EnvKey, GitProvider, JobResult, PlanId, new_app_uuid};

pub(crate) use wh_testkit::eventually;

/// A database of its own with the repositories over it.
pub(crate) struct World {
    pub(crate) db: Database,
    pub(crate) postgres: TestDatabase,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_connections(8).await
    }

    /// Without a cache in any case: for who counts connections.
    pub(crate) async fn plain() -> Self {
        let postgres = TestDatabase::new().await;
        let db = open_plain(postgres.url(), 8).await;
        Self { db, postgres }
    }

    pub(crate) async fn with_connections(connections: u32) -> Self {
        let postgres = TestDatabase::new().await;
        let db = open(postgres.url(), connections).await;
        Self { db, postgres }
    }

    pub(crate) async fn user(&self, who: &str, plan: &str) -> User {
        let user = self.db.users().upsert_google(&profile(who)).await.unwrap().user;
        self.db.users().set_plan(user.id, &plan.parse::<PlanId>().unwrap()).await.unwrap()
    }

    pub(crate) async fn worker(&self, name: &str) -> Worker {
        self.db.workers().upsert(&registration(name)).await.unwrap()
    }

    /// An app with a pending job.
    pub(crate) async fn app(&self, user: &User, name: &str) -> CreatedDeployment {
        self.db.deployments().create(&spec(user, name)).await.unwrap()
    }

    /// An app whose job this worker has at work.
    pub(crate) async fn app_at_work(&self, user: &User, name: &str, worker: &Worker) -> JobWithPayload {
        let made = self.app(user, name).await;
        self.db.jobs().assign(made.job, worker.id).await.unwrap();
        self.db.jobs().claim(made.job, worker.id).await.unwrap()
    }

    /// An app that runs in `container-PORT` of this worker.
    pub(crate) async fn running_app(&self, user: &User, name: &str, worker: &Worker, port: u16) -> AppId {
        let job = self.app_at_work(user, name, worker).await.job;
        let container_id = format!("container-{port}");
        let result = JobResult { container_id, port, ..Default::default() };
        self.db.jobs().complete(job.id, worker.id, JobOutcome::Completed, &result).await.unwrap();
        job.app_id
    }

    /// The first value that a statement gives, as text, past all repositories; empty where it gives none.
    pub(crate) async fn raw(&self, sql: &str) -> String {
        let client = self.postgres.client().await;
        let messages = client.simple_query(sql).await.unwrap();
        let value = messages.iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        value.unwrap_or_default().to_owned()
    }
}

pub(crate) fn keys() -> KeyRing {
    KeyRing::new(&"a server secret for tests".into(), &[]).unwrap()
}

pub(crate) fn settings(url: &str, connections: u32) -> DatabaseSettings {
    // Both cores of a machine may be busy with other tests.
    let (acquire_timeout, connect_timeout) = (Duration::from_mins(1), Duration::from_mins(1));
    let settings = DatabaseSettings::new(SecretString::from(url)).with_connections(connections);
    DatabaseSettings { acquire_timeout, connect_timeout, ..settings }
}

/// With a cache where this binary runs everything with one.
pub(crate) async fn open(url: &str, connections: u32) -> Database {
    crate::dressed(open_plain(url, connections).await)
}

/// Without a cache in any case: for who counts what goes over the wire.
pub(crate) async fn open_plain(url: &str, connections: u32) -> Database {
    Database::connect(settings(url, connections), keys(), Plans::new()).await.unwrap()
}

pub(crate) fn profile(who: &str) -> GoogleProfile {
    GoogleProfile {
        google_id: format!("google-{who}"),
        email: format!("{who}@example.org"),
        name: who.to_owned(),
        avatar_url: String::new(),
    }
}

pub(crate) fn registration(name: &str) -> WorkerRegistration {
    WorkerRegistration {
        name: name.to_owned(),
        ip_address: "2001:db8::7".to_owned(),
        api_key: SecretString::from(format!("whk_{name}")),
        zone: format!("{name}.example.net"),
        region_name: "Frankfurt".to_owned(),
        capacity_cpu_milli: 8000,
        capacity_memory_mib: 16384,
    }
}

pub(crate) fn spec(user: &User, name: &str) -> DeploymentSpec {
    let name: AppName = name.parse().unwrap();
    DeploymentSpec {
        app_uuid: new_app_uuid(),
        user: user.id,
        subdomain: (&name).into(),
        name,
        source: Source {
            git_provider: GitProvider::GitHub,
            repo_url: "https://github.com/acme/shop".to_owned(),
            branch: "main".to_owned(),
            commit: CommitMetadata {
                sha: "c0ffee".to_owned(),
                message: "Sell more".to_owned(),
                author: "Ada".to_owned(),
            },
            root_dir: String::new(),
            build_command: "make".to_owned(),
            start_command: "./shop".to_owned(),
            port: 8080,
            git_token: None,
        },
        limits: None,
        auto_deploy: true,
        env: BTreeMap::from([
            (key("TOKEN"), SecretString::from("hunter2 läuft")),
            (key("EMPTY"), SecretString::default()),
        ]),
    }
}

/// A commit of Grace's.
pub(crate) fn commit(sha: &str) -> CommitMetadata {
    CommitMetadata { sha: sha.to_owned(), message: "Newest".to_owned(), author: "Grace".to_owned() }
}

pub(crate) fn key(name: &str) -> EnvKey {
    name.parse().unwrap()
}

/// Drives `work` until `reached` holds, and drops it then. `what` names the state that is waited for.
pub(crate) async fn abandon(what: &str, work: impl Future, reached: impl AsyncFnMut() -> bool) {
    tokio::select! {
        _ = work => unreachable!("it ended before {what}"),
        () = eventually(what, reached) => {}
    }
}
