//! Who may do what.

use serde_json::{Value, json};
use wh_testkit::services::{Browser, http};

use crate::bodies::app;
use crate::place::{Place, expect, get};

#[tokio::test]
async fn a_session_rolls_and_is_revoked() {
    let place = Place::new().await;
    let stranger = Browser::new(place.server).send("GET", "/v1/me", &Value::Null).await.unwrap();
    assert_eq!(
        (stranger.status, &stranger.json()["type"]),
        (401, &"https://acme.dev/errors/signed_out".into())
    );
    let identity = json!({ "google_id": "1", "email": "ada@example.org", "name": "Ada" });
    let untrusted = Browser::new(place.server).send("POST", "/v1/sign-in", &identity).await.unwrap();
    assert_eq!(untrusted.status, 401);

    let (mut here, mut there) = (place.user("ada", "pro").await, place.user("ada", "pro").await);
    let me = here.send("GET", "/v1/me", &Value::Null).await.unwrap();
    assert_eq!(me.json()["user"]["email"], "ada@example.org");
    assert_eq!(me.json()["user"].get("google_id"), None);
    let cookie = me.header("set-cookie").unwrap();
    for part in ["wh_session=", "HttpOnly", "SameSite=Lax", "Max-Age=2592000"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let sessions = get(&mut here, "/v1/sessions").await;
    assert_eq!(sessions.as_array().unwrap().len(), 2);
    let of_there = get(&mut there, "/v1/me").await["session"].clone();
    expect(here.send("DELETE", &format!("/v1/sessions/{of_there}"), &Value::Null).await, 204);
    expect(there.send("GET", "/v1/me", &Value::Null).await, 401);
    expect(here.send("POST", "/v1/sign-out", &Value::Null).await, 204);
    assert_eq!(here.cookies(), "");
    expect(here.send("GET", "/v1/me", &Value::Null).await, 401);
}

#[tokio::test]
async fn a_user_with_a_second_factor_gets_no_session_without_it() {
    let place = Place::new().await;
    let _ada = place.user("ada", "free").await;
    place
        .database
        .execute("UPDATE users SET totp_enabled = true, totp_secret = 'v1:x', totp_verified_at = now()")
        .await;
    let identity = json!({ "google_id": "ada", "email": "ada@example.org", "name": "Ada" });
    let refused = place.operator().send("POST", "/v1/sign-in", &identity).await.unwrap();
    assert_eq!((refused.status, refused.header("set-cookie")), (403, None), "{}", refused.body);
}

#[tokio::test]
async fn another_users_app_is_none_and_refusals_say_what_they_are() {
    let place = Place::new().await;
    let (mut ada, mut eve) = (place.user("ada", "free").await, place.user("eve", "free").await);
    let made = expect(ada.send("POST", "/v1/apps", &app("acme-shop", "")).await, 201);
    let path = format!("/v1/apps/{}", made["app"]);
    for (method, path) in [
        ("GET", path.clone()),
        ("DELETE", path.clone()),
        ("PATCH", path.clone()),
        ("POST", format!("{path}/stop")),
        ("POST", format!("{path}/redeploy")),
        ("GET", format!("{path}/env")),
        ("PUT", format!("{path}/env/MODE")),
        ("GET", format!("{path}/jobs")),
        ("GET", format!("{path}/logs")),
        ("GET", format!("/v1/jobs/{}", made["job"])),
        ("GET", format!("/v1/deployments/{}", made["deployment"])),
    ] {
        let answer = eve.send(method, &path, &json!({ "value": "x" })).await.unwrap();
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.body);
        assert_eq!(answer.json()["type"], "https://acme.dev/errors/not_found", "{method} {path}");
    }
    let second = ada.send("POST", "/v1/apps", &app("acme-blog", "")).await.unwrap();
    let problem = second.json();
    assert_eq!((second.status, &problem["plan"], &problem["max_apps"]), (403, &"free".into(), &1.into()));
    let taken = expect(eve.send("POST", "/v1/apps", &app("acme-shop", "")).await, 409);
    assert_eq!((&taken["entity"], &taken["field"]), (&"app".into(), &"subdomain".into()));
    let bad = ada.send("POST", "/v1/apps", &app("Shop", "")).await.unwrap();
    assert_eq!((bad.status, bad.header("content-type")), (422, Some("application/problem+json")));
    // Nothing has it yet, so it is deleted at once.
    expect(ada.send("DELETE", &path, &Value::Null).await, 204);
    expect(ada.send("GET", "/v1/nowhere", &Value::Null).await, 404);
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let place = Place::new().await;
    let ada = place.user("ada", "pro").await;
    let cookies = ada.cookies();
    for (origin, status) in [
        (format!("http://{}", place.server), 204),
        ("https://evil.example".to_owned(), 403),
        ("null".to_owned(), 403),
    ] {
        // From another site no browser gets to sign out; the first does, and comes last.
        let headers = [("cookie", cookies.as_str()), ("origin", origin.as_str())];
        if status == 403 {
            let answer = http(place.server, "POST", "/v1/sign-out", &headers, "").await.unwrap();
            assert_eq!(answer.status, status, "{origin}: {}", answer.body);
        }
        let read = http(place.server, "GET", "/v1/me", &headers, "").await.unwrap();
        assert_eq!(read.status, 200, "{origin}");
    }
    let own = format!("http://{}", place.server);
    let headers = [("cookie", cookies.as_str()), ("origin", own.as_str())];
    assert_eq!(http(place.server, "POST", "/v1/sign-out", &headers, "").await.unwrap().status, 204);
}
