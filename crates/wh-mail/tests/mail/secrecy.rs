//! What a log must not hold.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use wh_mail::{MailSettings, Mailer, Transport};
use wh_testkit::{SmtpScript, SmtpServer};

use crate::support::{BASE_URL, PATIENCE, info, settings, smtp, soon, start};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Everything of every crate, down to the last detail, on this thread.
    fn listen() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Words that stand for what is secret or personal, in the clear and in base64 where the protocol uses that.
const SECRETS: &[&str] = &[
    "ada@",
    "example.org",
    "revoke-token",
    "4:17:",
    "4%3A17",
    "203.0.113.7",
    "Berlin",
    SmtpServer::PASSWORD,
    "Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ",
    "AG1haWxlckBhY21lLmRldgBjb3JyZWN0",
    "the server secret",
];

#[tokio::test]
async fn neither_addresses_nor_tokens_nor_the_password_are_logged() {
    let (log, _listening) = Log::listen();
    // The server's answer quotes the address, as real ones do.
    let script = SmtpScript::new()
        .answer("RCPT", "451 4.7.1 <ada@example.org> is greylisted")
        .answer("RCPT", "550 5.1.1 <ada@example.org> does not exist")
        .cut("DATA", 1);
    let server = SmtpServer::start(&script);
    let mailer = start(settings(smtp(&server)));
    for _ in 0..3 {
        soon(mailer.send_new_device_alert(&info(), BASE_URL).unwrap().outcome()).await;
    }
    soon(mailer.shutdown(PATIENCE)).await;
    let debug = format!("{mailer:?} {:?} {:?}", info(), settings(smtp(&server)));

    let text = log.text();
    for expected in
        ["the mail was sent", "the mail was not sent", "will be tried again", "with 550", "with 451"]
    {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret}: {text}");
        assert!(!debug.contains(secret), "{secret}: {debug}");
    }
}

#[tokio::test]
async fn the_log_transport_tells_of_a_mail_and_not_what_it_says() {
    let (log, _listening) = Log::listen();
    let smtp = wh_mail::SmtpSettings::new("", "", "".into());
    let mailer = start(MailSettings { transport: Transport::Log, ..settings(smtp) });
    soon(mailer.send_new_device_alert(&info(), BASE_URL).unwrap().outcome()).await;
    let text = log.text();
    assert!(text.contains("a***@example.org") && text.contains("New sign-in to your Acme account"), "{text}");
    for secret in SECRETS.iter().filter(|word| **word != "example.org") {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

#[tokio::test]
async fn a_disabled_mailer_says_so_once() {
    let (log, _listening) = Log::listen();
    let mailer = Mailer::disabled();
    for _ in 0..5 {
        mailer.send_new_device_alert(&info(), BASE_URL).unwrap();
    }
    assert_eq!(log.text().matches("mail is off").count(), 1, "{}", log.text());
}
