//! The repositories as their callers see them, on a real Postgres.
#![expect(clippy::unwrap_used, reason = "a test that cannot arrange its world must stop")]

mod alerts;
mod app_changes;
mod apps;
mod audit;
mod audit_events;
mod cancellation;
mod connecting;
mod containers;
mod create_deployment;
mod domains;
mod dropped_statements;
mod env_vars;
mod git_tokens;
mod hostile;
mod job_races;
mod jobs;
mod lost_answers;
mod maintenance;
mod queue_races;
mod redeploy;
mod round_trips;
mod runtime_logs;
mod schema_changes;
mod second_factor;
mod secrets;
mod sessions;
mod steps;
mod support;
mod sweeps;
mod transactions;
mod usage_samples;
mod users;
mod wakeups;
mod webhooks;
mod workers;

/// The database as the tests of this binary use it.
fn dressed(db: wh_repo::Database) -> wh_repo::Database {
    db
}
