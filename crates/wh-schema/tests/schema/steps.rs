//! The rules of steps that statements share, as the database has them.

use wh_testkit::TestDatabase;
use wh_types::{AppStatus, JobStatus, JobType, Vocabulary};

#[tokio::test]
async fn a_job_takes_the_steps_that_its_enum_has() {
    let database = TestDatabase::new().await;
    let client = database.client().await;
    let mut allowed = Vec::new();
    for from in JobStatus::ALL {
        for to in JobStatus::ALL {
            let query = "select wh_job_step_allowed($1, $2)";
            let row = client.query_one(query, &[&from.as_str(), &to.as_str()]).await.unwrap();
            let says: bool = row.get(0);
            assert_eq!(says, from.can_become(*to), "{from} to {to}");
            if says {
                allowed.push(format!("{from} {to}"));
            }
        }
    }
    assert_eq!(
        allowed,
        [
            "pending assigned",
            "pending cancelled",
            "assigned processing",
            "assigned cancelled",
            "processing completed",
            "processing failed"
        ]
    );
}

/// What an app is after a step of its job: type and status of the job, the app before the step, the app before the job, whether
/// it has a container, the app after it.
type Step = (&'static str, &'static str, &'static str, Option<&'static str>, bool, &'static str);

const STEPS: &[Step] = &[
    // The first deploy: the app is pending until the job has begun.
    ("deploy", "pending", "pending", Some("pending"), false, "pending"),
    ("deploy", "assigned", "pending", Some("pending"), false, "pending"),
    ("deploy", "processing", "pending", Some("pending"), false, "deploying"),
    ("deploy", "completed", "deploying", Some("pending"), true, "running"),
    ("deploy", "failed", "deploying", Some("pending"), false, "failed"),
    ("deploy", "cancelled", "pending", Some("pending"), false, "failed"),
    // A redeploy shows at once, and what ran before it is what is left if it fails.
    ("restart", "pending", "running", Some("running"), true, "deploying"),
    ("restart", "assigned", "running", Some("running"), true, "deploying"),
    ("restart", "processing", "deploying", Some("running"), true, "deploying"),
    ("restart", "completed", "deploying", Some("running"), true, "running"),
    ("restart", "failed", "deploying", Some("running"), true, "running"),
    ("restart", "cancelled", "deploying", Some("stopped"), true, "stopped"),
    ("restart", "failed", "deploying", Some("failed"), false, "failed"),
    ("restart", "failed", "deploying", Some("deploying"), true, "failed"),
    ("start", "pending", "stopped", Some("stopped"), true, "deploying"),
    ("start", "completed", "deploying", Some("stopped"), true, "running"),
    ("start", "failed", "deploying", Some("stopped"), true, "stopped"),
    // Stop and delete change nothing before they are over.
    ("stop", "pending", "running", Some("running"), true, "running"),
    ("stop", "assigned", "running", Some("running"), true, "running"),
    ("stop", "processing", "running", Some("running"), true, "running"),
    ("stop", "completed", "running", Some("running"), true, "stopped"),
    ("stop", "failed", "running", Some("running"), true, "running"),
    ("stop", "cancelled", "running", Some("running"), true, "running"),
    ("delete", "pending", "stopped", Some("stopped"), true, "stopped"),
    ("delete", "processing", "stopped", Some("stopped"), true, "stopped"),
    ("delete", "completed", "stopped", Some("stopped"), true, "deleted"),
    ("delete", "failed", "stopped", Some("stopped"), true, "stopped"),
    // Jobs from before migration 0013.
    ("restart", "failed", "deploying", None, true, "running"),
    ("stop", "cancelled", "stopped", None, true, "running"),
    ("deploy", "failed", "deploying", None, false, "failed"),
    // Violated is left by the completed delete alone, and does not come back once it was cleared.
    ("restart", "completed", "violated", Some("running"), true, "violated"),
    ("restart", "failed", "violated", Some("running"), true, "violated"),
    ("stop", "completed", "violated", Some("violated"), true, "violated"),
    ("delete", "processing", "violated", Some("violated"), true, "violated"),
    ("delete", "completed", "violated", Some("violated"), true, "deleted"),
    ("delete", "failed", "stopped", Some("violated"), true, "stopped"),
    // A deleted app stays deleted.
    ("deploy", "completed", "deleted", Some("pending"), true, "deleted"),
    ("restart", "failed", "deleted", Some("running"), true, "deleted"),
    ("delete", "failed", "deleted", Some("deleted"), true, "deleted"),
];

#[tokio::test]
async fn an_app_is_after_a_step_what_the_table_says() {
    let database = TestDatabase::new().await;
    let client = database.client().await;
    for (job_type, job_status, app, was, container, expected) in STEPS {
        let query = "select wh_app_status_after($1, $2, $3, $4, $5)";
        let row = client.query_one(query, &[job_type, job_status, app, was, container]).await.unwrap();
        let found: String = row.get(0);
        assert_eq!(
            found, *expected,
            "{job_type} {job_status}, {app} and before the job {was:?}, {container}"
        );
    }
}

#[tokio::test]
async fn every_step_of_every_app_leads_to_a_status() {
    let database = TestDatabase::new().await;
    let query = "
        select count(*), count(after), array_agg(distinct after order by after),
            count(*) filter (where app = 'violated' and after not in ('violated', 'deleted')),
            count(*) filter (where app = 'deleted' and after <> 'deleted')
        from unnest($1::text[]) job_type, unnest($2::text[]) job_status, unnest($3::text[]) app,
            unnest($3::text[] || null::text) was, unnest('{f,t}'::boolean[]) container,
            wh_app_status_after(job_type, job_status, app, was, container) as after";
    let row = database
        .client()
        .await
        .query_one(query, &[&JobType::WORDS, &JobStatus::WORDS, &AppStatus::WORDS])
        .await
        .unwrap();
    let steps =
        JobType::ALL.len() * JobStatus::ALL.len() * AppStatus::ALL.len() * (AppStatus::ALL.len() + 1) * 2;
    assert_eq!(row.get::<_, i64>(0), i64::try_from(steps).unwrap());
    assert_eq!(row.get::<_, i64>(1), row.get::<_, i64>(0), "no step leads to null");
    let after: Vec<String> = row.get(2);
    assert!(after.iter().all(|word| AppStatus::WORDS.contains(&word.as_str())), "{after:?}");
    assert_eq!((row.get::<_, i64>(3), row.get::<_, i64>(4)), (0, 0));
}

#[tokio::test]
async fn the_rules_are_inlined() {
    let database = TestDatabase::new().await;
    let query = "explain verbose select wh_app_status_after(job_type, jobs.status, apps.status, app_was, container_id <> ''),
            wh_job_step_allowed(jobs.status, 'failed')
        from jobs join apps on apps.id = app_id
        where wh_job_step_allowed(jobs.status, 'failed')";
    let plan = database.client().await.query(query, &[]).await.unwrap();
    let plan: String = plan.iter().map(|row| row.get::<_, String>(0)).collect();
    assert!(plan.contains("CASE") && !plan.contains("wh_"), "{plan}");
}
