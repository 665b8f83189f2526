//! An app from its creation to its deletion.

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use wh_testkit::eventually;

use crate::bodies::app;
use crate::place::{Place, ends, expect, get, until_state};

#[tokio::test]
async fn an_app_is_deployed_changed_stopped_started_and_deleted() {
    let mut place = Place::new().await;
    let mut anvil = place.worker("anvil", &[]).await;
    let mut ada = place.user("ada", "pro").await;
    let made = expect(ada.send("POST", "/v1/apps", &app("acme-shop", "")).await, 201);
    let (id, path) = (made["app"].clone(), format!("/v1/apps/{}", made["app"]));

    // Its log, live: what was printed before, then each line, without a gap between the two.
    let request = format!("ws://{}{path}/logs/live", place.server);
    let mut request = request.into_client_request().unwrap();
    request.headers_mut().insert("cookie", ada.cookies().parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    let mut seen = Vec::new();
    while seen.last().is_none_or(|line: &String| !line.contains("acme-shop listens on port 8000")) {
        let Message::Text(text) = socket.next().await.unwrap().unwrap() else { continue };
        let line: Value = serde_json::from_str(&text).unwrap();
        seen.push(line["line"].as_str().unwrap().to_owned());
    }
    drop(socket);

    until_state(&mut ada, &id, "running").await;
    let deployments = get(&mut ada, &format!("{path}/deployments")).await;
    assert_eq!(
        (&deployments[0]["status"], &deployments[0]["build_logs"]),
        (&"succeeded".into(), &Value::Null)
    );
    let deployment = get(&mut ada, &format!("/v1/deployments/{}", deployments[0]["id"])).await;
    let log: Vec<&str> = deployment["build_logs"].as_str().unwrap().lines().collect();
    assert!(log.len() > 10 && log[0] == "Cloning into '/build/acme-shop'...", "{log:?}");
    let stored = get(&mut ada, &format!("{path}/logs?limit=500")).await;
    let stored: Vec<&str> =
        stored.as_array().unwrap().iter().map(|line| line["line"].as_str().unwrap()).collect();
    assert_eq!(stored[..stored.len() - 1], log, "each line of the build is stored once, in order");
    assert_eq!(seen, stored, "a reader has seen each line once, in order");

    // Another commit with another environment, in a container of its own; the one before goes.
    expect(ada.send("PUT", &format!("{path}/env/MODE"), &json!({ "value": "dark" })).await, 204);
    assert_eq!(get(&mut ada, &format!("{path}/env")).await["MODE"], "dark");
    let before = get(&mut ada, &path).await;
    let commit = json!({ "commit_sha": "c0ea3aefbee7a3429ee2f824b06dc4a9dbe0b7e1" });
    expect(ada.send("POST", &format!("{path}/redeploy"), &commit).await, 202);
    let jobs = format!("{path}/jobs");
    eventually("the redeployment is done", async || get(&mut ada, &jobs).await[0]["status"] == "completed")
        .await;
    let after = get(&mut ada, &path).await;
    assert_eq!(after["app"]["commit_sha"], commit["commit_sha"]);
    assert_ne!(after["app"]["container_id"], before["app"]["container_id"]);
    eventually("one container is left", async || containers(&place) == 1).await;

    for (step, state) in [("stop", "stopped"), ("start", "running")] {
        expect(ada.send("POST", &format!("{path}/{step}"), &Value::Null).await, 202);
        until_state(&mut ada, &id, state).await;
    }
    expect(ada.send("DELETE", &path, &Value::Null).await, 202);
    until_state(&mut ada, &id, "deleted").await;
    eventually("no container is left", async || containers(&place) == 0).await;
    assert_eq!(get(&mut ada, "/v1/apps").await, json!([]));

    let audit = get(&mut ada, "/v1/audit").await;
    let kinds: Vec<&Value> = audit.as_array().unwrap().iter().map(|event| &event["kind"]).collect();
    assert_eq!(
        kinds,
        ["app_delete", "app_start", "app_stop", "app_restart", "env_set", "app_deploy", "login"]
    );
    let metrics = place.operator().send("GET", "/metrics", &Value::Null).await.unwrap().body;
    assert!(metrics.contains("# TYPE"), "{metrics}");

    ends(&mut anvil).await;
    ends(&mut place.api).await;
}

#[tokio::test]
async fn a_build_that_fails_or_hangs_ends_and_the_next_one_goes() {
    let place = Place::new().await;
    let _anvil = place.worker("anvil", &[("BUILD_TIMEOUT_SECONDS", "2")]).await;
    let mut ada = place.user("ada", "pro").await;
    let mut ids = Vec::new();
    for (name, stub) in [("the-full-disk", "fail"), ("the-hanging-one", "hang"), ("the-good-one", "")] {
        ids.push(expect(ada.send("POST", "/v1/apps", &app(name, stub)).await, 201)["app"].clone());
    }
    for (id, state, error) in [
        (&ids[0], "failed", "npm ERR! code ENOSPC: the build ran out of disk"),
        (&ids[1], "failed", "the build was given up after 2 s"),
        (&ids[2], "running", ""),
    ] {
        until_state(&mut ada, id, state).await;
        let deployments = get(&mut ada, &format!("/v1/apps/{id}/deployments")).await;
        assert_eq!(deployments[0]["error_message"], error);
    }
}

#[tokio::test]
async fn a_violation_stops_an_app_until_an_operator_clears_it() {
    let place = Place::new().await;
    let _anvil = place.worker("anvil", &[]).await;
    let mut ada = place.user("ada", "pro").await;
    let mut wanted = app("the-greedy-one", "");
    wanted["env"]["STUB_RUN"] = "violate".into();
    let id = expect(ada.send("POST", "/v1/apps", &wanted).await, 201)["app"].clone();
    until_state(&mut ada, &id, "violated").await;
    let path = format!("/v1/apps/{id}");
    assert_eq!(get(&mut ada, &path).await["app"]["violation_reason"], "memory: used 600 MiB of 512");
    let refused = ada.send("POST", &format!("{path}/start"), &Value::Null).await.unwrap();
    assert_eq!((refused.status, refused.header("content-type")), (403, Some("application/problem+json")));
    assert_eq!(refused.json()["type"], "https://acme.dev/errors/violated");
    let cleared = place.operator().send("DELETE", &format!("{path}/violation"), &Value::Null).await;
    assert_eq!(expect(cleared, 200)["fresh"], true);
    until_state(&mut ada, &id, "stopped").await;
}

#[tokio::test]
async fn a_container_that_dies_by_itself_is_seen() {
    let place = Place::new().await;
    let _anvil = place.worker("anvil", &[]).await;
    let mut ada = place.user("ada", "pro").await;
    let mut wanted = app("the-short-one", "");
    wanted["env"]["STUB_RUN"] = "exit".into();
    let id = expect(ada.send("POST", "/v1/apps", &wanted).await, 201)["app"].clone();
    until_state(&mut ada, &id, "stopped").await;
}

/// How many containers the stub of the engine has.
fn containers(place: &Place) -> usize {
    let folder = place.folder.path().join("anvil");
    std::fs::read_dir(folder).unwrap().count()
}
