//! A mailer, a mail server, and what is between them.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;
use wh_crypto::KeyRing;
use wh_mail::{MailSettings, Mailer, NewDeviceInfo, Retry, SmtpSettings, Transport};
use wh_testkit::SmtpServer;

pub(crate) const BASE_URL: &str = "https://acme.dev";

/// Long enough for a slow machine, and the end of a test that would wait for ever.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn keys() -> KeyRing {
    KeyRing::new(&SecretString::from("the server secret of the tests"), &[]).unwrap()
}

pub(crate) fn info() -> NewDeviceInfo {
    NewDeviceInfo {
        user_email: "ada@example.org".to_owned(),
        session_id: 17.into(),
        user_id: 4.into(),
        ip: "203.0.113.7".to_owned(),
        city: "Berlin".to_owned(),
        country: "Germany".to_owned(),
        device: "MacBook Pro".to_owned(),
        browser: "Firefox 140".to_owned(),
        os: "macOS 15".to_owned(),
        time: "2026-11-24T13:05:00Z".parse().unwrap(),
        time_zone: "Europe/Berlin".to_owned(),
    }
}

/// The settings of an account of this server, with pauses that tests have time for.
pub(crate) fn smtp(server: &SmtpServer) -> SmtpSettings {
    SmtpSettings {
        port: server.port(),
        authorities: Some(server.certificate().authority.clone()),
        ..SmtpSettings::new("localhost", SmtpServer::ACCOUNT, SmtpServer::PASSWORD.into())
    }
}

pub(crate) fn settings(smtp: SmtpSettings) -> MailSettings {
    MailSettings {
        support_address: Some("support@acme.dev".to_owned()),
        retry: Retry {
            first_pause: Duration::from_millis(20),
            longest_pause: Duration::from_millis(200),
            attempts: 8,
            give_up_after: PATIENCE,
        },
        ..MailSettings::new(Transport::Smtp(smtp), "no-reply@acme.dev", "Acme", "acme.dev")
    }
}

pub(crate) fn mailer(server: &SmtpServer) -> Mailer {
    start(settings(smtp(server)))
}

pub(crate) fn start(settings: MailSettings) -> Mailer {
    Mailer::start(settings, keys()).unwrap()
}

/// Waits for a future that a broken mailer might never finish.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap()
}

pub(crate) fn header<'a>(mail: &'a Value, name: &str) -> Vec<&'a str> {
    let all = mail["headers"].as_array().unwrap().iter();
    all.filter(|pair| pair[0] == name).map(|pair| pair[1].as_str().unwrap()).collect()
}
