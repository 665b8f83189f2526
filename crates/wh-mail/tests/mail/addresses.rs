//! Addresses outside ASCII, on servers with SMTPUTF8 and without.

use wh_mail::{Cause, MailError, MailSettings, NewDeviceInfo, Outcome};
use wh_testkit::{SmtpScript, SmtpServer};

use crate::support::{BASE_URL, header, info, mailer, settings, smtp, soon, start};

fn to(user_email: &str) -> NewDeviceInfo {
    NewDeviceInfo { user_email: user_email.to_owned(), ..info() }
}

#[tokio::test]
async fn a_domain_outside_ascii_needs_no_smtputf8() {
    let server = SmtpServer::start(&SmtpScript::new().without_smtputf8());
    let mailer = start(MailSettings {
        from: "Bücher <post@bücher.example>".to_owned(),
        support_address: Some("Hilfe <hilfe@BÜCHER.example>".to_owned()),
        domain: "xn--bcher-kva.example".to_owned(),
        ..settings(smtp(&server))
    });
    for address in ["ada@bücher.example", "ada@例え.テスト"] {
        let receipt = mailer.send_new_device_alert(&to(address), "https://bücher.example").unwrap();
        assert_eq!(soon(receipt.outcome()).await, Outcome::Sent { attempts: 1 }, "{address}");
    }
    let mails = server.mails();
    for (mail, recipient) in mails.iter().zip(["ada@xn--bcher-kva.example", "ada@xn--r8jz45g.xn--zckzah"]) {
        assert_eq!(mail["to"], serde_json::json!([recipient]));
        assert_eq!(mail["from"], "post@xn--bcher-kva.example");
        assert_eq!(mail["smtp_utf8"], false);
        assert_eq!(mail["defects"], serde_json::json!([]));
        assert_eq!(header(mail, "To"), [recipient]);
        assert_eq!(header(mail, "From"), ["Bücher <post@xn--bcher-kva.example>"]);
        assert_eq!(header(mail, "Reply-To"), ["Hilfe <hilfe@xn--bcher-kva.example>"]);
        assert!(header(mail, "Message-ID")[0].ends_with("@xn--bcher-kva.example>"));
        let text = mail["parts"][0]["content"].as_str().unwrap();
        assert!(text.contains("https://xn--bcher-kva.example/api/session/revoke-token?token="), "{text}");
    }
    assert_eq!(mails.len(), 2);
}

#[tokio::test]
async fn a_local_part_outside_ascii_needs_smtputf8_and_the_outcome_says_so() {
    let server = SmtpServer::start(&SmtpScript::new().without_smtputf8());
    let receipt = mailer(&server).send_new_device_alert(&to("дарья@пример.испытание"), BASE_URL).unwrap();
    let refused = Outcome::Refused { attempts: 1, cause: Cause::NoUnicodeAddresses };
    assert_eq!(soon(receipt.outcome()).await, refused);
    assert!(Cause::NoUnicodeAddresses.to_string().contains("does not offer SMTPUTF8"));
    assert!(server.mails().is_empty() && !server.commands().contains(&"RCPT".to_owned()));

    let server = SmtpServer::start(&SmtpScript::new());
    let receipt = mailer(&server).send_new_device_alert(&to("дарья@пример.испытание"), BASE_URL).unwrap();
    assert_eq!(soon(receipt.outcome()).await, Outcome::Sent { attempts: 1 });
    let mail = &server.mails()[0];
    assert_eq!(mail["to"], serde_json::json!(["дарья@xn--e1afmkfd.xn--80akhbyknj4f"]));
    assert_eq!(mail["smtp_utf8"], true);
}

#[tokio::test]
async fn an_ip_address_in_place_of_a_domain_is_refused_and_is_no_bug() {
    let server = SmtpServer::start(&SmtpScript::new());
    let mailer = mailer(&server);
    for address in ["ada@[203.0.113.7]", "ada@203.0.113.7", "ada@[IPv6:2001:db8::7]", "ada@[2001:db8::7]"] {
        let refused = mailer.send_new_device_alert(&to(address), BASE_URL).unwrap_err();
        assert_eq!(refused, MailError::Recipient, "{address}");
        assert!(refused.to_string().contains("not an IP address"), "{refused}");
    }
    assert_eq!(mailer.waiting(), 0);
}
