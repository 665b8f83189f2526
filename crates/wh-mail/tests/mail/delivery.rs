//! Mail arrives, whatever the server makes of the first attempt.

use wh_mail::{Outcome, SmtpSettings, SmtpTls};
use wh_testkit::{SmtpScript, SmtpServer};

use crate::support::{BASE_URL, header, info, mailer, settings, smtp, soon, start};

#[tokio::test]
async fn a_mail_goes_over_starttls_after_signing_in() {
    let server = SmtpServer::start(&SmtpScript::new());
    let receipt = mailer(&server).send_new_device_alert(&info(), BASE_URL).unwrap();
    let id = receipt.message_id().unwrap().to_owned();
    assert_eq!(soon(receipt.outcome()).await, Outcome::Sent { attempts: 1 });

    assert_eq!(server.commands(), ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"]);
    assert_eq!(server.seen("auth")[0]["mechanism"], "PLAIN");
    assert_eq!(server.seen("auth")[0]["right"], true);
    let mail = &server.mails()[0];
    assert_eq!(
        (mail["from"].as_str(), mail["to"][0].as_str()),
        (Some("no-reply@acme.dev"), Some("ada@example.org"))
    );
    assert_eq!(header(mail, "Message-ID"), [id]);
}

#[tokio::test]
async fn a_mail_goes_over_implicit_tls_and_auth_login() {
    let server = SmtpServer::start(&SmtpScript::new().implicit_tls().without("PLAIN"));
    let implicit = start(settings(SmtpSettings { tls: SmtpTls::Implicit, ..smtp(&server) }));
    let receipt = implicit.send_new_device_alert(&info(), BASE_URL).unwrap();
    assert_eq!(soon(receipt.outcome()).await, Outcome::Sent { attempts: 1 });
    assert_eq!(server.seen("auth")[0]["mechanism"], "LOGIN");
    assert_eq!(server.mails().len(), 1);
    assert!(!server.commands().contains(&"STARTTLS".to_owned()));
}

#[tokio::test]
async fn clear_text_reaches_this_machine() {
    let server = SmtpServer::start(&SmtpScript::new().no_tls());
    let plain = start(settings(SmtpSettings { tls: SmtpTls::None, ..smtp(&server) }));
    let receipt = plain.send_new_device_alert(&info(), BASE_URL).unwrap();
    assert_eq!(soon(receipt.outcome()).await, Outcome::Sent { attempts: 1 });
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn a_greylisted_mail_is_delivered_once() {
    let script = SmtpScript::new().answer("RCPT", "451 4.7.1 Greylisted").answer("RCPT", "450 4.7.1 Still");
    let server = SmtpServer::start(&script);
    let receipt = mailer(&server).send_new_device_alert(&info(), BASE_URL).unwrap();
    let id = receipt.message_id().unwrap().to_owned();
    assert_eq!(soon(receipt.outcome()).await, Outcome::Sent { attempts: 3 });
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(header(&mails[0], "Message-ID"), [id]);
    // A refusal leaves the connection sound.
    assert_eq!(server.seen("connection").len(), 1);
}

#[tokio::test]
async fn a_mail_that_is_put_off_after_its_text_is_sent_again() {
    let server = SmtpServer::start(&SmtpScript::new().answer("DATA", "452 4.3.1 Full"));
    let receipt = mailer(&server).send_new_device_alert(&info(), BASE_URL).unwrap();
    assert_eq!(soon(receipt.outcome()).await, Outcome::Sent { attempts: 2 });
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn a_connection_that_is_cut_in_data_leads_to_the_same_mail_again() {
    let server = SmtpServer::start(&SmtpScript::new().cut("DATA", 2));
    let receipt = mailer(&server).send_new_device_alert(&info(), BASE_URL).unwrap();
    let id = receipt.message_id().unwrap().to_owned();
    assert_eq!(soon(receipt.outcome()).await, Outcome::Sent { attempts: 3 });
    for cut in server.seen("cut") {
        assert!(cut["headers"].as_str().unwrap().contains(&format!("Message-ID: {id}\r\n")), "{cut}");
    }
    assert_eq!(server.seen("cut").len(), 2);
    assert_eq!(header(&server.mails()[0], "Message-ID"), [id]);
}

#[tokio::test]
async fn every_step_may_be_cut() {
    for verb in ["EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT"] {
        let server = SmtpServer::start(&SmtpScript::new().cut(verb, 1));
        let receipt = mailer(&server).send_new_device_alert(&info(), BASE_URL).unwrap();
        assert_eq!(soon(receipt.outcome()).await, Outcome::Sent { attempts: 2 }, "{verb}");
        assert_eq!(server.mails().len(), 1, "{verb}");
    }
}

#[tokio::test]
async fn a_server_may_go_away_and_come_back() {
    let server = SmtpServer::start(&SmtpScript::new());
    let port = server.port();
    let script = SmtpScript::new().on_port(port).with_certificate(server.certificate());
    let mut patient = settings(smtp(&server));
    patient.retry.attempts = 10_000;
    let mailer = start(patient);
    soon(mailer.send_new_device_alert(&info(), BASE_URL).unwrap().outcome()).await;
    drop(server);

    // One attempt is hung up on before the server is back.
    let nobody = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let receipt = mailer.send_new_device_alert(&info(), BASE_URL).unwrap();
    drop(soon(nobody.accept()).await.unwrap());
    drop(nobody);
    let again = SmtpServer::start(&script);
    assert!(matches!(soon(receipt.outcome()).await, Outcome::Sent { attempts } if attempts > 1));
    assert_eq!(again.mails().len(), 1);
}

#[tokio::test]
async fn many_mails_share_few_connections() {
    let server = SmtpServer::start(&SmtpScript::new());
    let mailer = start(settings(SmtpSettings { connections: 3, ..smtp(&server) }));
    let receipts: Vec<_> =
        (0..40).map(|_| mailer.send_new_device_alert(&info(), BASE_URL).unwrap()).collect();
    for receipt in receipts {
        assert_eq!(soon(receipt.outcome()).await, Outcome::Sent { attempts: 1 });
    }
    assert_eq!(server.mails().len(), 40);
    let connections = server.seen("connection").len();
    assert!((1..=3).contains(&connections), "{connections}");
    let ids: std::collections::BTreeSet<String> =
        server.mails().iter().map(|mail| header(mail, "Message-ID")[0].to_owned()).collect();
    assert_eq!(ids.len(), 40);
}

#[tokio::test]
async fn a_kept_connection_that_died_costs_no_attempt() {
    let server = SmtpServer::start(&SmtpScript::new().cut("NOOP", 1));
    let mailer = mailer(&server);
    for _ in 0..2 {
        let receipt = mailer.send_new_device_alert(&info(), BASE_URL).unwrap();
        assert_eq!(soon(receipt.outcome()).await, Outcome::Sent { attempts: 1 });
    }
    assert_eq!(server.seen("connection").len(), 2);
}
