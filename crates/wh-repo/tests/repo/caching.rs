//! Reading through the cache: a row is as the database has it, whatever was written, by whom, and however that ended.

mod coherence;
mod commits;
mod evictions;
mod races;
mod redis;
mod secrets;

use wh_cache::{Cache, CacheSettings};
use wh_plans::Plans;
use wh_repo::rows::{App, User, Worker};
use wh_repo::{Database, Page};
use wh_testkit::Proxy;
use wh_types::{AppId, UserId};

use crate::support::{World, eventually, keys, open_plain, settings};

#[test]
fn every_test_of_the_suite_runs_with_a_cache_as_well() {
    let modules = |source: &'static str| source.lines().filter(|line| line.starts_with("mod "));
    let here: Vec<_> = modules(include_str!("cached.rs")).collect();
    let left_out: Vec<_> = modules(include_str!("main.rs")).filter(|module| !here.contains(module)).collect();
    assert_eq!(left_out, [""; 0]);
}

/// Everything that is cached of a user, one of their apps and a worker.
#[derive(Debug, PartialEq)]
struct Seen {
    user: Option<User>,
    app: Option<App>,
    by_name: Option<App>,
    list: Vec<App>,
    workers: [Option<Worker>; 2],
}

/// Who is looked at: a user, their app `first-shop`, and whoever has one of two API keys.
#[derive(Clone, Copy)]
struct CachedRows {
    user: UserId,
    app: AppId,
    keys: [&'static str; 2],
}

impl CachedRows {
    async fn seen(&self, db: &Database) -> Seen {
        let [first, second] = self.keys;
        Seen {
            user: db.users().find(self.user).await.unwrap(),
            app: db.apps().find(self.app).await.unwrap(),
            by_name: db.apps().find_by_name(self.user, "first-shop").await.unwrap(),
            list: db.apps().list(self.user, Page::default()).await.unwrap(),
            workers: [
                db.workers().find_by_api_key(&first.into()).await.unwrap(),
                db.workers().find_by_api_key(&second.into()).await.unwrap(),
            ],
        }
    }
}

/// Gives a database a cache of its own, and waits until that hears of evictions: before, nothing would live long in it.
async fn hearing(db: Database) -> Database {
    let cache = Cache::in_process(CacheSettings::default());
    let db = db.with_cache(cache.clone());
    eventually("the cache hears", async || !format!("{cache:?}").contains("Deaf")).await;
    db
}

/// A database whose operations go through a proxy, past which it listens.
async fn through(proxy: &Proxy, world: &World, connections: u32) -> Database {
    let mut settings = settings(proxy.url(), connections);
    settings.direct_url = Some(world.postgres.url().into());
    Database::connect(settings, keys(), Plans::new()).await.unwrap()
}

/// Ada with an app and a worker, and three ways to look at them: `db` and `other`, which cache like two processes, and `plain`,
/// which does not.
struct CachedWorld {
    world: World,
    db: Database,
    other: Database,
    plain: Database,
    cached_rows: CachedRows,
}

impl CachedWorld {
    async fn new() -> Self {
        // Arranged without a cache, whose evictions would arrive when one does not expect them.
        let world = World::plain().await;
        let plain = world.db.clone();
        let db = hearing(open_plain(world.postgres.url(), 4).await).await;
        let other = hearing(open_plain(world.postgres.url(), 4).await).await;
        let ada = world.user("ada", "business").await;
        world.worker("anvil").await;
        let app = world.app(&ada, "first-shop").await.app;
        let cached_rows = CachedRows { user: ada.id, app, keys: ["whk_anvil", "whk_anvil2"] };
        Self { world, db, other, plain, cached_rows }
    }

    /// Both caches know everything, and whoever has written sees it at once; the other process does very soon.
    async fn same(&self, after: &str) {
        let truth = self.cached_rows.seen(&self.plain).await;
        assert_eq!(self.cached_rows.seen(&self.db).await, truth, "after {after}");
        eventually(after, async || self.cached_rows.seen(&self.other).await == truth).await;
    }
}
