//! The queue is bounded, and empties itself at the end.

use std::time::Duration;

use wh_mail::{Drained, MailError, MailSettings, Mailer, Outcome};
use wh_testkit::{SmtpScript, SmtpServer};

use crate::support::{BASE_URL, PATIENCE, info, keys, mailer, settings, smtp, soon, start};

/// Of a server that never answers MAIL, so that nothing leaves the queue.
fn stuck(server: &SmtpServer, capacity: usize) -> Mailer {
    start(MailSettings { queue_capacity: capacity, ..settings(smtp(server)) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_pushes_back() {
    let server = SmtpServer::start(&SmtpScript::new().hang("MAIL"));
    let mailer = stuck(&server, 3);
    let receipts: Vec<_> = (0..3).map(|_| mailer.send_new_device_alert(&info(), BASE_URL).unwrap()).collect();
    let refused = mailer.send_new_device_alert(&info(), BASE_URL).unwrap_err();
    assert_eq!(refused, MailError::QueueFull { capacity: 3 });
    assert_eq!(mailer.waiting(), 3);

    let waiting = mailer.clone();
    let fourth = tokio::spawn(async move {
        waiting
            .send_new_device_alert_waiting(&info(), BASE_URL)
            .await
            .map(|receipt| receipt.message_id().is_some())
    });
    server.wait_for("hang");
    assert!(!fourth.is_finished());
    // Whoever waits for room is told of the end.
    assert_eq!(mailer.shutdown(Duration::ZERO).await.left, 3);
    assert_eq!(soon(fourth).await.unwrap(), Err(MailError::Closed));
    for receipt in receipts {
        assert_eq!(soon(receipt.outcome()).await, Outcome::NotSent);
    }
}

#[tokio::test]
async fn a_mail_that_waits_for_its_next_attempt_holds_its_place() {
    let server = SmtpServer::start(&SmtpScript::new().answer("RCPT", "451 4.7.1 Later"));
    let mut slow = MailSettings { queue_capacity: 1, ..settings(smtp(&server)) };
    slow.retry.first_pause = Duration::from_hours(1);
    slow.retry.longest_pause = Duration::from_hours(1);
    slow.retry.give_up_after = Duration::from_hours(2);
    let mailer = start(slow);
    let receipt = mailer.send_new_device_alert(&info(), BASE_URL).unwrap();
    while server.commands().last().is_none_or(|verb| verb != "RCPT") {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(matches!(
        mailer.send_new_device_alert(&info(), BASE_URL),
        Err(MailError::QueueFull { capacity: 1 })
    ));
    // A shutdown does not wait for the hour, and does not drop the mail either.
    assert_eq!(soon(mailer.shutdown(PATIENCE)).await, Drained { sent: 1, failed: 0, left: 0 });
    assert_eq!(soon(receipt.outcome()).await, Outcome::Sent { attempts: 2 });
}

#[tokio::test]
async fn whoever_waits_for_room_gets_it() {
    let server = SmtpServer::start(&SmtpScript::new());
    let mailer = start(MailSettings { queue_capacity: 2, ..settings(smtp(&server)) });
    let mut receipts = Vec::new();
    for _ in 0..10 {
        receipts.push(soon(mailer.send_new_device_alert_waiting(&info(), BASE_URL)).await.unwrap());
        assert!(mailer.waiting() <= 2);
    }
    for receipt in receipts {
        assert_eq!(soon(receipt.outcome()).await, Outcome::Sent { attempts: 1 });
    }
    assert_eq!(server.mails().len(), 10);
}

#[tokio::test]
async fn a_shutdown_sends_what_was_taken_on() {
    let script = SmtpScript::new().answer("RCPT", "451 4.7.1 Later").answer("RCPT", "550 5.1.1 No");
    let server = SmtpServer::start(&script);
    let mailer = mailer(&server);
    for _ in 0..12 {
        mailer.send_new_device_alert(&info(), BASE_URL).unwrap();
    }
    assert_eq!(soon(mailer.shutdown(PATIENCE)).await, Drained { sent: 11, failed: 1, left: 0 });
    assert_eq!(server.mails().len(), 11);
    assert_eq!(mailer.send_new_device_alert(&info(), BASE_URL).unwrap_err(), MailError::Closed);
    let late = soon(mailer.send_new_device_alert_waiting(&info(), BASE_URL)).await;
    assert_eq!(late.unwrap_err(), MailError::Closed);
    // Again is no harm.
    assert_eq!(soon(mailer.shutdown(PATIENCE)).await, Drained { sent: 0, failed: 0, left: 0 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_keeps_its_deadline_and_counts_what_is_left() {
    let server = SmtpServer::start(&SmtpScript::new().hang("DATA"));
    let mailer = stuck(&server, 10);
    let receipts: Vec<_> = (0..5).map(|_| mailer.send_new_device_alert(&info(), BASE_URL).unwrap()).collect();
    server.wait_for("hang");
    let drained = soon(mailer.shutdown(Duration::from_millis(50))).await;
    assert_eq!(drained, Drained { sent: 0, failed: 0, left: 5 });
    for receipt in receipts {
        assert_eq!(soon(receipt.outcome()).await, Outcome::NotSent);
    }
}

#[tokio::test]
async fn without_account_or_password_nothing_is_sent() {
    let server = SmtpServer::start(&SmtpScript::new());
    let mut incomplete: Vec<_> = (0..3).map(|_| smtp(&server)).collect();
    incomplete[0].host = String::new();
    incomplete[1].account = String::new();
    incomplete[2].password = "".into();
    for smtp in incomplete {
        let mailer = Mailer::start(settings(smtp), keys()).unwrap();
        assert!(!mailer.enabled());
        let receipt = mailer.send_new_device_alert(&info(), BASE_URL).unwrap();
        assert_eq!(receipt.message_id(), None);
        assert_eq!(soon(receipt.outcome()).await, Outcome::Disabled);
    }
    assert!(mailer(&server).enabled() && !Mailer::disabled().enabled());
    assert!(server.seen("connection").is_empty());
}

#[test]
fn a_mailer_whose_runtime_ended_refuses_mail_and_counts_what_was_left() {
    let server = SmtpServer::start(&SmtpScript::new().hang("MAIL"));
    for threads in [1, 2] {
        let mut builder = match threads {
            1 => tokio::runtime::Builder::new_current_thread(),
            _ => tokio::runtime::Builder::new_multi_thread(),
        };
        let runtime = builder.enable_all().build().unwrap();
        let mailer = runtime.block_on(async { stuck(&server, 10) });
        let receipts: Vec<_> = {
            let _inside = runtime.enter();
            (0..3).map(|_| mailer.send_new_device_alert(&info(), BASE_URL).unwrap()).collect()
        };
        assert_eq!(mailer.waiting(), 3);
        runtime.shutdown_timeout(PATIENCE);

        assert_eq!(mailer.waiting(), 0);
        let other = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        other.block_on(async {
            for _ in 0..20 {
                let refused = mailer.send_new_device_alert(&info(), BASE_URL).unwrap_err();
                assert_eq!(refused, MailError::RuntimeEnded);
            }
            let refused = soon(mailer.send_new_device_alert_waiting(&info(), BASE_URL)).await;
            assert_eq!(refused.unwrap_err(), MailError::RuntimeEnded);
            for receipt in receipts {
                assert_eq!(soon(receipt.outcome()).await, Outcome::NotSent);
            }
            assert_eq!(soon(mailer.shutdown(PATIENCE)).await, Drained { sent: 0, failed: 0, left: 3 });
            let closed = mailer.send_new_device_alert(&info(), BASE_URL).unwrap_err();
            assert_eq!(closed, MailError::Closed);
        });
    }
}
