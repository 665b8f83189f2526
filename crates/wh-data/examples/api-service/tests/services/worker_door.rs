//! Who is let in as a worker.

use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, http::StatusCode};
use wh_data::crypto::{WorkerHello, hash_api_key_bytes};
use wh_data::secrecy::{ExposeSecret, SecretString};

use crate::place::Place;

/// What the door answers to a hello.
async fn knock(place: &Place, hello: &SecretString) -> StatusCode {
    let mut request = format!("ws://{}/v1/workers/connect", place.server).into_client_request().unwrap();
    let header = format!("Worker {}", hello.expose_secret());
    request.headers_mut().insert("authorization", header.parse().unwrap());
    match tokio_tungstenite::connect_async(request).await {
        Ok((_, response)) => response.status(),
        Err(Error::Http(response)) => response.status(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_worker_is_let_in_once_for_each_hello_that_it_signs() {
    let place = Place::new().await;
    let key = hash_api_key_bytes(&place.register("anvil").await.into());
    let client = place.database.client().await;
    let now: i64 = client.query_one("SELECT extract(epoch FROM now())::bigint", &[]).await.unwrap().get(0);
    let hello = |name: &str, at| WorkerHello::new(name, at).unwrap();

    let good = hello("anvil", now).sign(&key);
    assert_eq!(knock(&place, &good).await, StatusCode::SWITCHING_PROTOCOLS);
    assert_eq!(knock(&place, &good).await, StatusCode::UNAUTHORIZED, "replayed");
    let another = hello("anvil", now).sign(&key);
    assert_eq!(knock(&place, &another).await, StatusCode::SWITCHING_PROTOCOLS);
    for (what, refused) in [
        ("another key", hello("anvil", now).sign(&[7; 32])),
        ("a name that nobody has", hello("hammer", now).sign(&key)),
        ("the key of nobody", hello("hammer", now).sign(&[0; 32])),
        ("an old one", hello("anvil", now - 1000).sign(&key)),
        ("one from the future", hello("anvil", now + 1000).sign(&key)),
        ("nothing", "".into()),
    ] {
        assert_eq!(knock(&place, &refused).await, StatusCode::UNAUTHORIZED, "{what}");
    }
}
