//! Several addresses: the next one is tried, whatever the first one does.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use wh_repo::Connector;
use wh_testkit::TestDatabase;

use crate::support::{connect, open, settings};

/// A port that takes connections and says nothing.
async fn silent() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    (listener, at)
}

/// A port whose queue is full, so that the kernel drops each SYN: nobody takes connections from it.
async fn dropping() -> (TcpListener, Vec<TcpStream>, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let at = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    while let Ok(stream) = tokio::time::timeout(Duration::from_millis(500), TcpStream::connect(at)).await {
        queued.push(stream.unwrap());
    }
    (listener, queued, at)
}

/// The database behind other addresses, which come first.
fn behind(postgres: &TestDatabase, first: &[SocketAddr]) -> String {
    let config: tokio_postgres::Config = postgres.url().parse().unwrap();
    let password = String::from_utf8(config.get_password().unwrap_or_default().to_vec()).unwrap();
    let mut hosts: Vec<String> = first.iter().map(|at| at.ip().to_string()).collect();
    let mut ports: Vec<String> = first.iter().map(|at| at.port().to_string()).collect();
    hosts.push("127.0.0.1".to_owned());
    ports.push(config.get_ports().first().unwrap().to_string());
    format!(
        "host={} port={} user={} password='{password}' dbname={} sslmode=disable",
        hosts.join(","),
        ports.join(","),
        config.get_user().unwrap(),
        postgres.name()
    )
}

#[tokio::test]
async fn a_host_that_says_nothing_and_one_that_drops_packets_are_passed_over() {
    let postgres = TestDatabase::new().await;
    let (_silent, silent) = silent().await;
    let (_listener, _queued, dropping) = dropping().await;
    let mut settings = settings(&behind(&postgres, &[dropping, silent]), 1);
    settings.connect_timeout = Duration::from_secs(5);
    let db = connect(settings).await.unwrap();
    db.workers().list().await.unwrap();
}

#[tokio::test]
async fn an_address_that_took_all_its_time_is_tried_last_for_a_while() {
    let postgres = TestDatabase::new().await;
    let (listener, silent) = silent().await;
    let mut settings = settings(&behind(&postgres, &[silent]), 1);
    settings.connect_timeout = Duration::from_secs(5);
    let connector = Connector::new(settings).unwrap();
    connector.connect().await.unwrap();
    let (_first, _) = listener.accept().await.unwrap();

    connector.connect().await.unwrap();
    let again = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(again.is_err(), "the second connection went straight to the server that answers");
}

#[tokio::test]
async fn the_error_lists_what_each_address_said() {
    let (_listener, silent) = silent().await;
    let url =
        format!("host=127.0.0.1,127.0.0.1 port=1,{} user=ada password=hunter2 dbname=shop", silent.port());
    let mut settings = settings(&url, 1);
    settings.connect_timeout = Duration::from_millis(300);
    let error = connect(settings).await.unwrap_err().to_string();
    for said in [
        &*format!("cannot connect to 127.0.0.1:1 or 127.0.0.1:{} (database shop, user ada): ", silent.port()),
        "127.0.0.1:1: error connecting to server: Connection refused",
        &*format!("; 127.0.0.1:{}: no answer within 300 ms", silent.port()),
    ] {
        assert!(error.contains(said), "{error}");
    }
    assert!(!error.contains("hunter2"));
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_passed_over() {
    let postgres = TestDatabase::new().await;
    let url =
        behind(&postgres, &["127.0.0.1:1".parse().unwrap()]).replacen("127.0.0.1", "nowhere.invalid", 1);
    open(&url, 1).await.workers().list().await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_ends_the_search_as_with_libpq() {
    let postgres = TestDatabase::new().await;
    let (listener, silent) = silent().await;
    let config: tokio_postgres::Config = postgres.url().parse().unwrap();
    let url = format!(
        "host=127.0.0.1,127.0.0.1 port={},{} user={} password=wrong dbname={} sslmode=disable",
        config.get_ports().first().unwrap(),
        silent.port(),
        config.get_user().unwrap(),
        postgres.name()
    );
    let Err(error) = connect(settings(&url, 1)).await else {
        return eprintln!("left out: this server asks for no password");
    };
    assert!(error.to_string().contains("password authentication failed"), "{error}");
    let asked = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(asked.is_err(), "the second server was not asked");
}
