//! A rotation while services write, which is ended half-way, more than once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::task::JoinSet;
use wh_crypto::StoredForm;
use wh_repo::{Database, DatabaseSettings, RotateOptions, WebhookChanges};
use wh_testkit::TestDatabase;
use wh_types::{AppId, DeployPayload, GitProvider};

use super::{NEW, OLD, Values, id, nobody_there, open, raw, ring};
use crate::support::{World, key};

/// What a writer wrote last, by what it reads back.
type Last = (&'static str, u64);

/// Writes to one place again and again until told to stop, and says what it wrote last.
async fn write(
    db: Database,
    values: Arc<Values>,
    busy: AppId,
    what: &'static str,
    stop: Arc<AtomicBool>,
    written: Arc<AtomicU64>,
) -> Last {
    let mut n = 0;
    while !stop.load(Ordering::SeqCst) {
        n += 1;
        let value = format!("{what} number {n}").into();
        match what {
            "env" => db.env_vars().set(values.app, &key("BUSY"), &value).await.unwrap(),
            "token" => {
                db.git_tokens().upsert(values.user.id, GitProvider::GitLab, "ada", &value).await.unwrap();
            }
            "webhook" => {
                let changes = WebhookChanges { secret: Some(value), ..WebhookChanges::default() };
                db.webhooks().update(values.webhook.id, values.user.id, &changes).await.unwrap();
            }
            "totp" => {
                let user = values.user.id;
                db.users().disable_totp(user).await.unwrap();
                db.users().set_totp_secret(user, &value).await.unwrap();
            }
            _ => {
                // The payload of a start carries the environment.
                db.env_vars().set(busy, &key("STARTED_WITH"), &value).await.unwrap();
                if let Some(job) = db.jobs().find_active(busy).await.unwrap() {
                    db.jobs().cancel(job.id).await.unwrap();
                }
                db.jobs().start(busy).await.unwrap();
            }
        }
        written.fetch_add(1, Ordering::SeqCst);
    }
    (what, n)
}

/// A thousand values that nobody touches, so that a rotation has a middle.
async fn fill(postgres: &TestDatabase, values: &Values) {
    let value = ring(OLD, &[]).encrypt(&"still".into()).unwrap();
    let insert = format!(
        "INSERT INTO app_env_vars (app_id, key, value) SELECT {}, 'K' || n, '{value}' FROM generate_series(1, 1000) AS n",
        values.app
    );
    postgres.execute(&insert).await;
}

fn under_old() -> &'static str {
    "SELECT count(*) FROM app_env_vars WHERE value LIKE 'v1:%'"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_half_way_and_run_again_every_value_opens_with_the_new_key_alone() {
    let world = World::new().await;
    world.db.secrets().check().await.unwrap();
    let values = Arc::new(Values::write(&world.db).await);
    let user = world.user("ada", "pro").await;
    let busy = world.running_app(&user, "second-shop", &world.worker("anvil").await, 30_000).await;
    let World { db: service, postgres } = world;
    fill(&postgres, &values).await;
    drop(service);
    nobody_there(&postgres).await;

    let both = || ring(NEW, &[OLD]).with_form(StoredForm::V2);
    let writing = open(&postgres, both()).await;
    writing.secrets().check().await.unwrap();
    let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut writers = JoinSet::new();
    for what in ["env", "token", "webhook", "totp", "job"] {
        let (stop, written) = (Arc::clone(&stop), Arc::clone(&written));
        writers.spawn(write(writing.clone(), Arc::clone(&values), busy, what, stop, written));
    }

    // Dropped after some batches.
    let settings = DatabaseSettings::new(postgres.url().into()).with_connections(2);
    let rotating = Database::connect(settings.clone(), both(), wh_plans::Plans::new()).await.unwrap();
    let options = RotateOptions { batch: 50, ..RotateOptions::default() };
    let (report, mut reports) = tokio::sync::mpsc::unbounded_channel();
    let half_way = async |reports: &mut tokio::sync::mpsc::UnboundedReceiver<u64>, rewritten: u64| {
        while reports.recv().await.unwrap() < rewritten {}
    };
    let sender = report.clone();
    tokio::select! {
        done = rotating.secrets().rotate(options, move |at| { let _ = sender.send(at.rewritten); }) => {
            unreachable!("it came to its end: {done:?}")
        }
        () = half_way(&mut reports, 200) => {}
    }
    let left: u64 = raw(&postgres, under_old()).await.parse().unwrap();
    assert!((1..=850).contains(&left), "{left}");

    // Ended by the server, on every connection of the rotation. What is not sent again by itself fails.
    let client = postgres.client().await;
    let named = settings.clone();
    let named = DatabaseSettings { application_name: "rotating".to_owned(), ..named };
    let rotating = Database::connect(named, both(), wh_plans::Plans::new()).await.unwrap();
    let task = tokio::spawn(async move {
        rotating
            .secrets()
            .rotate(options, move |at| {
                let _ = report.send(at.rewritten);
            })
            .await
    });
    half_way(&mut reports, 200).await;
    let kill =
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'rotating'";
    assert!(client.query_one(kill, &[]).await.unwrap().get::<_, i64>(0) > 0);
    let killed = task.await.unwrap();

    // And again, to the end. The writers encrypt with the new key, so that it can end.
    let before = written.load(Ordering::SeqCst);
    let rotating = open(&postgres, both()).await;
    let rotation = rotating.secrets().rotate(RotateOptions { batch: 50, passes: 20 }, |_| ()).await.unwrap();
    assert!(rotation.is_complete(), "{rotation:?}; before: {killed:?}");
    assert!(!rotation.keys.iter().any(|key| key.id == id(OLD)));
    while written.load(Ordering::SeqCst) == before {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stop.store(true, Ordering::SeqCst);
    let mut last: Vec<Last> = writers.join_all().await;
    last.sort_unstable();

    let alone = open(&postgres, ring(NEW, &[]).with_form(StoredForm::V2)).await;
    alone.secrets().check().await.unwrap();
    let census = alone.secrets().status(|_| ()).await.unwrap();
    assert_eq!(census.unopenable, []);
    let env = alone.env_vars().list(values.app).await.unwrap();
    assert_eq!(env.values().filter(|value| value.expose_secret() == "still").count(), 1000);
    let user = values.user.id;
    let token = alone.git_tokens().find(user, GitProvider::GitLab).await.unwrap().unwrap().token;
    let job = alone.jobs().find_active(busy).await.unwrap().unwrap();
    let payload =
        alone.jobs().find_for_worker(job.id, job.worker_id.unwrap()).await.unwrap().unwrap().payload;
    let read = [
        env.get(&key("BUSY")).unwrap().clone(),
        DeployPayload::from_json(&payload).unwrap().env[&key("STARTED_WITH")].clone(),
        token,
        alone.users().totp_secret(user).await.unwrap().unwrap(),
        alone.webhooks().find_with_secret(values.webhook.id).await.unwrap().unwrap().secret,
    ];
    for ((what, n), read) in last.iter().zip(read) {
        assert_eq!(read.expose_secret(), format!("{what} number {n}"), "the last write stands");
    }
}
