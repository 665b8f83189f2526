//! What must not be sent, or not again.

use std::time::Duration;

use wh_mail::{Cause, MailError, Mailer, NewDeviceInfo, Outcome, SmtpSettings, SmtpTls, Step};
use wh_testkit::{SmtpScript, SmtpServer};

use crate::support::{BASE_URL, PATIENCE, info, keys, mailer, settings, smtp, soon, start};

async fn outcome(mailer: &Mailer) -> Outcome {
    soon(mailer.send_new_device_alert(&info(), BASE_URL).unwrap().outcome()).await
}

/// Whether a client ever tried to sign in, or to send.
fn was_told_anything(server: &SmtpServer) -> bool {
    server.commands().iter().any(|verb| ["AUTH", "MAIL", "RCPT", "DATA"].contains(&verb.as_str()))
}

#[tokio::test]
async fn a_final_refusal_is_not_tried_again() {
    let server = SmtpServer::start(&SmtpScript::new().answer("RCPT", "550 5.1.1 No such user"));
    let refused = outcome(&mailer(&server)).await;
    let cause = Cause::Answer { step: Step::Recipient, code: 550 };
    assert_eq!(refused, Outcome::Refused { attempts: 1, cause });
    assert_eq!(server.commands().iter().filter(|verb| *verb == "RCPT").count(), 1);
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn a_refused_mail_does_not_harm_the_next_one() {
    let script = SmtpScript::new().answer("RCPT", "550 5.1.1 No").answer("DATA", "554 5.7.1 Spam");
    let server = SmtpServer::start(&script);
    let mailer = mailer(&server);
    assert!(matches!(outcome(&mailer).await, Outcome::Refused { .. }));
    let cause = Cause::Answer { step: Step::Content, code: 554 };
    assert_eq!(outcome(&mailer).await, Outcome::Refused { attempts: 1, cause });
    assert_eq!(outcome(&mailer).await, Outcome::Sent { attempts: 1 });
    assert_eq!((server.mails().len(), server.seen("connection").len()), (1, 1));
}

#[tokio::test]
async fn a_certificate_for_another_host_gets_no_password() {
    let server = SmtpServer::start(&SmtpScript::new().certificate_for("mail.example.net"));
    assert_eq!(outcome(&mailer(&server)).await, Outcome::Refused { attempts: 1, cause: Cause::Certificate });
    assert!(!was_told_anything(&server), "{:?}", server.commands());

    let server = SmtpServer::start(&SmtpScript::new().implicit_tls().certificate_for("mail.example.net"));
    let implicit = start(settings(SmtpSettings { tls: SmtpTls::Implicit, ..smtp(&server) }));
    assert_eq!(outcome(&implicit).await, Outcome::Refused { attempts: 1, cause: Cause::Certificate });
    assert!(server.commands().is_empty(), "{:?}", server.commands());
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_gets_no_password() {
    let server = SmtpServer::start(&SmtpScript::new());
    let stranger = start(settings(SmtpSettings { authorities: None, ..smtp(&server) }));
    assert_eq!(outcome(&stranger).await, Outcome::Refused { attempts: 1, cause: Cause::Certificate });
    assert!(!was_told_anything(&server), "{:?}", server.commands());
}

#[tokio::test]
async fn a_server_without_starttls_gets_no_password() {
    let server = SmtpServer::start(&SmtpScript::new().no_tls());
    assert_eq!(outcome(&mailer(&server)).await, Outcome::Refused { attempts: 1, cause: Cause::NoTls });
    assert!(!was_told_anything(&server), "{:?}", server.commands());
}

#[tokio::test]
async fn answers_that_were_slipped_in_before_tls_are_not_believed() {
    // Somebody on the line answers EHLO, AUTH, MAIL, RCPT, DATA and the mail ahead of the server.
    let lines = "250-mail.test\r\n250 AUTH PLAIN\r\n235 OK\r\n250 OK\r\n250 OK\r\n354 OK\r\n250 OK\r\n";
    let server = SmtpServer::start(&SmtpScript::new().inject(lines));
    let mut impatient = settings(smtp(&server));
    impatient.retry.attempts = 1;
    let end = outcome(&start(impatient)).await;
    assert!(!matches!(end, Outcome::Sent { .. }), "{end:?}");
    assert!(!was_told_anything(&server));
}

#[tokio::test]
async fn a_wrong_password_is_not_tried_again() {
    let server = SmtpServer::start(&SmtpScript::new());
    let wrong = start(settings(SmtpSettings { password: "wrong".into(), ..smtp(&server) }));
    let cause = Cause::Answer { step: Step::Auth, code: 535 };
    assert_eq!(outcome(&wrong).await, Outcome::Refused { attempts: 1, cause });
    assert_eq!(server.seen("auth").len(), 1);
}

#[tokio::test]
async fn a_server_that_falls_silent_is_given_up_at_every_step() {
    let steps = [
        ("CONNECT", Step::Connect),
        ("STARTTLS", Step::StartTls),
        ("AUTH", Step::Auth),
        ("MAIL", Step::Mail),
        ("RCPT", Step::Recipient),
        ("DATA", Step::Data),
    ];
    // All at once, so that the limit can be one that a busy machine keeps in every other step.
    let given_up = steps.map(|(verb, step)| tokio::spawn(falls_silent(verb, step)));
    for test in given_up {
        test.await.unwrap();
    }
}

async fn falls_silent(verb: &'static str, step: Step) {
    let server = SmtpServer::start(&SmtpScript::new().hang(verb));
    let limit = Duration::from_secs(10);
    let connecting = verb == "CONNECT" || verb == "STARTTLS";
    let mut impatient = settings(SmtpSettings {
        connect_timeout: if connecting { limit } else { PATIENCE },
        command_timeout: limit,
        ..smtp(&server)
    });
    impatient.retry.attempts = 2;
    let given_up = Outcome::GivenUp { attempts: 2, cause: Cause::TimedOut(step) };
    assert_eq!(outcome(&start(impatient)).await, given_up, "{verb}");
    // No connection that timed out is used again.
    assert_eq!(server.seen("connection").len(), 2, "{verb}");
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn a_late_answer_is_not_taken_for_that_of_the_next_question() {
    let server = SmtpServer::start(&SmtpScript::new().late("MAIL", 3000));
    let mut patient =
        settings(SmtpSettings { command_timeout: Duration::from_millis(1500), ..smtp(&server) });
    patient.retry.attempts = 20;
    assert!(matches!(outcome(&start(patient)).await, Outcome::Sent { attempts } if attempts > 1));
    // The connection that owes an answer is not used again, however soon it would answer.
    assert!(server.seen("connection").len() > 1);
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn nobody_listens() {
    let server = SmtpServer::start(&SmtpScript::new());
    let mut impatient = settings(smtp(&server));
    impatient.retry.attempts = 3;
    drop(server);
    let cause = Cause::Connection(Step::Connect);
    assert_eq!(outcome(&start(impatient)).await, Outcome::GivenUp { attempts: 3, cause });
}

#[tokio::test]
async fn clear_text_to_another_machine_is_refused_at_the_start() {
    for host in ["mail.example.org", "192.0.2.1", "localhost.example.org"] {
        let mut smtp = SmtpSettings::new(host, "a", "b".into());
        smtp.tls = SmtpTls::None;
        let refused = Mailer::start(settings(smtp), keys()).unwrap_err();
        assert!(matches!(refused, MailError::Setting { setting: "smtp tls", .. }), "{refused}");
    }
}

#[tokio::test]
async fn settings_that_make_no_mail_are_refused_at_the_start() {
    let good = || settings(SmtpSettings::new("localhost", "a", "b".into()));
    let refused = |settings| Mailer::start(settings, keys()).unwrap_err().to_string();
    let mut bad = good();
    bad.from = "Acme".to_owned();
    assert!(refused(bad).contains("from is not an e-mail address: write it like"));
    let mut bad = good();
    bad.support_address = Some("support@acme.dev\r\nBcc: eve@example.org".to_owned());
    assert!(refused(bad).contains("support address is not an e-mail address"));
    let mut bad = good();
    bad.domain = "acme.dev>\r\nX: y".to_owned();
    assert!(refused(bad).contains("platform domain is not a domain"));
    let mut smtp = SmtpSettings::new("localhost", "a", "b".into());
    smtp.authorities = Some("no certificate".to_owned());
    assert!(refused(settings(smtp)).contains("authorities holds no certificate"));
}

#[test]
fn a_mailer_without_a_runtime_is_refused() {
    let refused = Mailer::start(settings(SmtpSettings::new("localhost", "a", "b".into())), keys());
    assert_eq!(refused.unwrap_err(), MailError::NoRuntime);
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_and_not_shown() {
    let server = SmtpServer::start(&SmtpScript::new());
    let mailer = mailer(&server);
    for user_email in [
        "",
        "ada",
        "ada@",
        "ada@example.org\r\nBcc: eve@example.org",
        "ada@example.org>\r\nRCPT TO:<eve@example.org",
        "ada@example.org, eve@example.org",
        "\"ada\r\n\"@example.org",
        "ada\u{202e}@example.org",
        "ada\0@example.org",
    ] {
        let info = NewDeviceInfo { user_email: user_email.to_owned(), ..info() };
        let refused = mailer.send_new_device_alert(&info, BASE_URL).unwrap_err();
        assert_eq!(refused, MailError::Recipient, "{user_email:?}");
        assert!(!refused.to_string().contains("ada"));
    }
    assert_eq!(mailer.send_new_device_alert(&info(), "acme.dev").unwrap_err(), MailError::BaseUrl);
    assert_eq!(mailer.waiting(), 0);
}
