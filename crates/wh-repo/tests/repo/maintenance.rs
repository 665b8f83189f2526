//! Maintenance: what it takes away, what it leaves alone, and that nobody has to wait for it.

mod backlog;
mod batches;
mod days;
mod one_at_a_time;
mod plans;
mod retention;

use wh_repo::{Database, MaintenanceReport, MaintenanceStep};

use crate::support::{World, open};

/// Half an hour into the day after a leap day.
const NOW: &str = "2028-03-01 00:30:00+00";

/// Ada with an app, a webhook and a worker, all with the id 1.
const ADA: &str = "
    INSERT INTO users (email, google_id) VALUES ('ada@example.org', 'g-1');
    INSERT INTO workers (name, api_key_hash) VALUES ('anvil', repeat('a', 64));
    INSERT INTO apps (uuid, user_id, name, subdomain, git_provider, repo_url)
    VALUES (gen_random_uuid(), 1, 'first-shop', 'first-shop', 'github', 'https://github.com/a/b');
    INSERT INTO webhooks (user_id, name, url) VALUES (1, 'CI', 'https://ci.acme.dev');";

/// A database with Ada in it whose time stands still.
async fn world() -> (World, Database) {
    let world = World::with_connections(4).await;
    let name = world.postgres.name();
    world.postgres.execute(&format!("{ADA} ALTER DATABASE {name} SET wh.now = '{NOW}'")).await;
    let db = open(world.postgres.url(), 4).await;
    (world, db)
}

/// What every step changed, in their order.
fn changed(report: &MaintenanceReport) -> Vec<(MaintenanceStep, u64)> {
    report.steps.iter().map(|step| (step.step, step.changed)).filter(|(_, changed)| *changed > 0).collect()
}
