//! The answer of a statement is its end, not its first row.

use wh_repo::{AppChanges, Error, GoogleProfile};

use crate::{database, each, eventually, open, settings, value};

/// Makes every commit take long enough that a first row comes well before it.
const SLOW_COMMITS: &str = "commit_delay = 100000";

/// A user, a worker and an app of the worker, whose job is assigned. Its payload and its commands fill many packets.
const WIDE_APP: &str = "\
    INSERT INTO users (google_id, email) VALUES ('g', 'ada@example.org'); \
    INSERT INTO workers (name, ip_address, api_key_hash, zone, region_name, capacity_cpu, capacity_memory_mib) \
        VALUES ('anvil', '192.0.2.1', repeat('a', 64), 'anvil.example.net', 'here', 8000, 16384); \
    INSERT INTO apps (uuid, user_id, worker_id, name, subdomain, git_provider, repo_url, build_command, start_command) \
        VALUES (gen_random_uuid(), 1, 1, 'first-shop', 'first-shop', 'github', 'https://github.com/acme/shop', repeat('b', 8000), repeat('s', 8000)); \
    INSERT INTO jobs (app_id, worker_id, job_type, status, payload) \
        VALUES (1, 1, 'deploy', 'assigned', repeat('p', 16600))";

#[tokio::test]
async fn a_writer_reads_its_own_wide_row() {
    each(SLOW_COMMITS, async |server| {
        let url = database(server).await;
        value(&url, WIDE_APP).await;
        let db = open(settings(&url)).await;
        for round in 0..6 {
            let branch = format!("round-{round}");
            let changes = AppChanges { branch: Some(branch.clone()), ..AppChanges::default() };
            db.apps().update_spec(1.into(), &changes).await.unwrap();
            assert_eq!(
                value(&url, "SELECT branch FROM apps").await,
                branch,
                "another connection sees it at once"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_job_that_was_handed_out_stays_so_after_a_crash() {
    each(SLOW_COMMITS, async |server| {
        let url = database(server).await;
        value(&url, WIDE_APP).await;
        let db = open(settings(&url)).await;
        let job = db.jobs().claim_next(1.into()).await.unwrap().expect("the assigned job");
        server.kill_9();
        server.restart();
        assert_eq!(value(&url, "SELECT status FROM jobs").await, "processing");
        let again = db.jobs().claim_next(1.into()).await.unwrap();
        assert!(again.is_none(), "job {} was handed out twice", job.job.id);
    })
    .await;
}

#[tokio::test]
async fn what_no_standby_confirmed_is_not_said_to_have_happened() {
    each("", async |server| {
        let url = database(server).await;
        let db = open(settings(&url)).await;
        db.users().find(1.into()).await.unwrap();
        server.set("synchronous_standby_names", "nobody");
        let profile = GoogleProfile {
            google_id: "google-ada".to_owned(),
            email: "ada@example.org".to_owned(),
            name: "Ada".to_owned(),
            avatar_url: String::new(),
        };
        let writer = db.clone();
        let write = tokio::spawn(async move { writer.users().upsert_google(&profile).await });
        // It is sent again by itself, so each of its backends has to go.
        eventually("the write has failed", async || {
            let waiting =
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
            value(&url, waiting).await;
            write.is_finished()
        })
        .await;
        let refused = write.await.unwrap().unwrap_err();
        assert!(matches!(refused, Error::Unavailable { in_doubt: true, .. }), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn a_single_row_claim_that_no_standby_confirmed_is_in_doubt() {
    each("", async |server| {
        let url = database(server).await;
        value(&url, WIDE_APP).await;
        let db = open(settings(&url)).await;
        server.set("synchronous_standby_names", "nobody");
        let claimer = db.clone();
        let claim = tokio::spawn(async move { claimer.jobs().claim_next(1.into()).await });
        eventually("the claim has failed", async || {
            let waiting =
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
            value(&url, waiting).await;
            claim.is_finished()
        })
        .await;
        let refused = claim.await.unwrap().unwrap_err();
        assert!(matches!(refused, Error::Unavailable { in_doubt: true, .. }), "{refused:?}");
    })
    .await;
}
