//! Each part is killed while it is at work, and nothing is lost.

use serde_json::{Value, json};
use wh_testkit::eventually;
use wh_testkit::services::Browser;

use crate::bodies::app;
use crate::place::{Place, ends, expect, get, until_state};

/// Creates an app whose build takes its time, and waits until it is under way.
async fn begin(ada: &mut Browser, name: &str) -> Value {
    let made = expect(ada.send("POST", "/v1/apps", &app(name, "slow")).await, 201);
    until_progress(ada, &made["job"]).await;
    made
}

async fn until_progress(ada: &mut Browser, job: &Value) {
    let path = format!("/v1/jobs/{job}");
    eventually("the build is under way", async || {
        let job = get(ada, &path).await;
        assert_ne!(job["status"], "completed", "the build was over before anything was killed");
        job["progress"].as_i64().unwrap() >= 10
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_is_killed_at_a_build_builds_it_again() {
    let place = Place::new().await;
    let mut anvil = place.worker("anvil", &[]).await;
    let mut ada = place.user("ada", "pro").await;
    let made = begin(&mut ada, "acme-shop").await;
    anvil.kill();
    eventually("the worker is known to be gone", async || place.worker_status("anvil").await == "offline")
        .await;
    let job = get(&mut ada, &format!("/v1/jobs/{}", made["job"])).await;
    assert_eq!(job["status"], "processing", "a job outlives its worker's connection");

    anvil.start().unwrap();
    until_state(&mut ada, &made["app"], "running").await;
    let jobs = get(&mut ada, &format!("/v1/apps/{}/jobs", made["app"])).await;
    assert_eq!((jobs.as_array().unwrap().len(), &jobs[0]["status"]), (1, &"completed".into()));
    assert_eq!(anvil.log().matches("handed a job").count(), 2);
    assert_eq!(std::fs::read_dir(place.folder.path().join("anvil")).unwrap().count(), 1);
}

#[tokio::test]
async fn an_api_that_is_killed_at_a_build_hears_its_end_later() {
    let mut place = Place::new().await;
    let mut anvil = place.worker("anvil", &[]).await;
    let mut ada = place.user("ada", "pro").await;
    let made = begin(&mut ada, "acme-shop").await;
    place.api.kill();
    // The build goes on and ends without anybody to tell.
    eventually("the build has ended", async || anvil.log().contains("ended a job")).await;
    place.start_api().await;
    until_state(&mut ada, &made["app"], "running").await;
    assert_eq!(anvil.log().matches("handed a job").count(), 1, "the job was not handed out twice");
    let deployments = get(&mut ada, &format!("/v1/apps/{}/deployments", made["app"])).await;
    assert_eq!(deployments[0]["status"], "succeeded");

    // Killed once more, while the worker has a job; this time the worker, too.
    let path = format!("/v1/apps/{}/redeploy", made["app"]);
    let made = expect(ada.send("POST", &path, &json!({})).await, 202);
    until_progress(&mut ada, &made["job"]).await;
    place.api.kill();
    anvil.kill();
    place.start_api().await;
    anvil.start().unwrap();
    let job = format!("/v1/jobs/{}", made["job"]);
    eventually("the redeployment is done", async || get(&mut ada, &job).await["status"] == "completed").await;
    expect(ada.send("DELETE", &format!("/v1/apps/{}", made["app"]), &Value::Null).await, 202);
    until_state(&mut ada, &made["app"], "deleted").await;
}

#[tokio::test]
async fn a_worker_that_is_asked_to_end_ends_after_its_job() {
    let place = Place::new().await;
    let mut anvil = place.worker("anvil", &[]).await;
    let mut ada = place.user("ada", "pro").await;
    let first = begin(&mut ada, "acme-shop").await;
    let second = expect(ada.send("POST", "/v1/apps", &app("acme-blog", "")).await, 201);
    ends(&mut anvil).await;
    until_state(&mut ada, &first["app"], "unreachable").await;
    let job = get(&mut ada, &format!("/v1/jobs/{}", first["job"])).await;
    assert_eq!(job["status"], "completed", "the job that it was at is done");
    let job = get(&mut ada, &format!("/v1/jobs/{}", second["job"])).await;
    assert_eq!(job["status"], "pending", "the next one waits for another worker");
    let _hammer = place.worker("hammer", &[]).await;
    until_state(&mut ada, &second["app"], "running").await;
}
