//! Every operation finds its rows by an index, and reads about as many as it gives.
//!
//! The database is as large as that of a platform after years (`fill.sql`), and each operation is sent as its callers send it,
//! through a proxy that hears what `auto_explain` says of it. Nothing stays: each transaction is rolled back.
#![expect(clippy::unwrap_used, reason = "a test that cannot arrange its world must stop")]

mod accounts;
mod apps;
mod deployments;
mod domains;
mod explained_world;
mod jobs;
mod logs;
mod plan;
mod sessions;
mod statements;
mod watching;
mod webhooks;
mod workers;

use wh_testkit::TestDatabase;
use wh_testkit::source::complaints;

use crate::explained_world::ExplainedWorld;

/// Operations that send no statement of their own, or none that has a plan.
const WITHOUT_A_PLAN: &[&str] = &["Apps::invalidate", "Apps::now", "Jobs::listen", "Users::invalidate"];

/// What the large database holds.
const FILL: &str = include_str!("fill.sql");

#[tokio::test]
async fn every_operation_has_its_index_and_reads_about_what_it_gives() {
    let postgres = TestDatabase::filled(FILL).await;
    let mut explained_world = ExplainedWorld::open(&postgres).await;
    accounts::see(&mut explained_world).await;
    sessions::see(&mut explained_world).await;
    workers::see(&mut explained_world).await;
    apps::see(&mut explained_world).await;
    deployments::see(&mut explained_world).await;
    jobs::see(&mut explained_world).await;
    domains::see(&mut explained_world).await;
    webhooks::see(&mut explained_world).await;
    watching::see(&mut explained_world).await;
    logs::see(&mut explained_world).await;

    insta::assert_snapshot!("statements_of_the_query_builder", explained_world.built());
    let complaints = complaints("crates/wh-repo/tests/plans", explained_world.seen(), WITHOUT_A_PLAN);
    assert_eq!(complaints, Ok(Vec::new()));
    assert!(
        explained_world.faults().is_empty(),
        "{} faults\n\n{}",
        explained_world.faults().len(),
        explained_world.faults().join("\n\n")
    );
}

#[tokio::test]
async fn the_newest_lines_cost_the_same_among_a_million_as_among_a_thousand() {
    let large = TestDatabase::filled(FILL).await;
    let small = TestDatabase::filled(logs::A_THOUSAND_LINES).await;
    let (among_many, among_few) = (logs::cost_of_newest(&large).await, logs::cost_of_newest(&small).await);
    assert_eq!(among_many.lines, among_few.lines);
    // The index of a partition with more lines is one or two blocks deeper, for each app and each day.
    let deeper = 20 * 30 * 2;
    assert!(
        among_many.read <= among_few.read + 40 && among_many.blocks <= among_few.blocks + deeper,
        "{among_many:?} among a million, {among_few:?} among a thousand"
    );
}
