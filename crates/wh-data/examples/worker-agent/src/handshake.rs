//! Opening the connection: the worker proves who it is, and its API key stays here.

use std::error::Error;
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::AUTHORIZATION;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use wh_crypto::{WorkerHello, hash_api_key_bytes};

use crate::clock;
use crate::settings::Settings;

/// How long it may take to connect.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why there is no connection.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// An open connection.
pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Connects, with TLS where the URL begins with `https`.
pub(crate) async fn connect(settings: &Settings) -> Result<Socket, Failure> {
    // `http` becomes `ws` and `https` becomes `wss`.
    let url = settings.control_plane.replacen("http", "ws", 1);
    let mut request = format!("{}/v1/workers/connect", url.trim_end_matches('/')).into_client_request()?;
    let hello = WorkerHello::new(&settings.name, clock::now().timestamp())?;
    let signed = hello.sign(&hash_api_key_bytes(&settings.api_key));
    let mut header = HeaderValue::from_str(&format!("Worker {}", signed.expose_secret()))?;
    header.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, header);
    let (socket, _) = timeout(PATIENCE, connect_async(request)).await??;
    Ok(socket)
}
