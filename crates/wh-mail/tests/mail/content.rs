//! What Python's mail library reads in our mails.

use proptest::{prelude::*, strategy::ValueTree};
use secrecy::ExposeSecret;
use serde_json::Value;
use wh_crypto::RevokeToken;
use wh_mail::{MailSettings, NewDeviceInfo, Outcome};
use wh_testkit::{SmtpScript, SmtpServer};

use crate::support::{BASE_URL, header, info, keys, settings, smtp, soon, start};

/// Sends all, and returns what arrived, in the same order.
async fn arrived(infos: &[NewDeviceInfo], change: impl FnOnce(&mut MailSettings)) -> Vec<Value> {
    let server = SmtpServer::start(&SmtpScript::new());
    let mut settings = settings(smtp(&server));
    change(&mut settings);
    let mailer = start(settings);
    for info in infos {
        let receipt = soon(mailer.send_new_device_alert_waiting(info, BASE_URL)).await.unwrap();
        assert_eq!(soon(receipt.outcome()).await, Outcome::Sent { attempts: 1 });
    }
    server.mails()
}

/// The decoded text of a part, with plain line ends.
fn part(mail: &Value, kind: &str) -> String {
    let part = mail["parts"].as_array().unwrap().iter().find(|part| part["type"] == kind).unwrap();
    assert_eq!(part["charset"], "utf-8");
    part["content"].as_str().unwrap().replace("\r\n", "\n")
}

fn link(token: &str) -> String {
    format!("https://acme.dev/api/session/revoke-token?token={}", token.replace(':', "%3A"))
}

#[tokio::test]
async fn the_mail_is_what_another_library_reads() {
    let mail = &arrived(&[info()], |_| {}).await[0];
    assert_eq!(mail["defects"], serde_json::json!([]));
    assert_eq!(mail["type"], "multipart/alternative");
    assert_eq!(mail["bare_line_ends"], false);
    assert!(mail["longest_line"].as_u64().unwrap() <= 998, "{}", mail["longest_line"]);
    let kinds: Vec<&str> =
        mail["parts"].as_array().unwrap().iter().map(|part| part["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["text/plain", "text/html"]);

    for (name, value) in [
        ("From", "Acme <no-reply@acme.dev>"),
        ("Reply-To", "Acme <support@acme.dev>"),
        ("To", "ada@example.org"),
        ("Subject", "New sign-in to your Acme account"),
        ("Date", "Tue, 24 Nov 2026 13:05:00 +0000"),
        ("List-Id", "<sign-in-alerts.acme.dev>"),
        ("Auto-Submitted", "auto-generated"),
        ("MIME-Version", "1.0"),
    ] {
        assert_eq!(header(mail, name), [value], "{name}");
    }
    let id = header(mail, "Message-ID")[0];
    assert!(id.starts_with('<') && id.ends_with("@acme.dev>"), "{id}");
    insta::assert_snapshot!(part(mail, "text/plain").replace(&token(mail), "TOKEN"));
}

/// The token in the link of the text part, as it stands there.
fn token(mail: &Value) -> String {
    let text = part(mail, "text/plain");
    text.split("token=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn the_link_of_both_parts_revokes_this_session_for_72_hours() {
    let mail = &arrived(&[info()], |_| {}).await[0];
    let signed = token(mail).replace("%3A", ":");
    let token = RevokeToken { user_id: 4, session_id: 17, signed_at: info().time.timestamp() };
    let verified = |after| RevokeToken::verify(&signed, &keys(), token.signed_at + after);
    assert_eq!(verified(72 * 3600).unwrap(), token);
    assert!(verified(72 * 3600 + 1).is_err());
    assert!(part(mail, "text/html").contains(&format!("href=\"{}\"", link(&signed))));
    assert_eq!(token.sign(&keys()).expose_secret(), signed);
}

#[tokio::test]
async fn html_is_escaped_and_text_is_not() {
    let hostile = NewDeviceInfo {
        device: "<img src=x onerror=alert(1)>".to_owned(),
        browser: "\"quoted\" & 'more'".to_owned(),
        city: "</td></tr></table>".to_owned(),
        ..info()
    };
    let mail = &arrived(&[hostile], |_| {}).await[0];
    let (text, html) = (part(mail, "text/plain"), part(mail, "text/html"));
    assert!(!html.contains("<img") && html.contains("&#60;img src=x onerror=alert(1)&#62;"), "{html}");
    assert!(html.contains("&#34;quoted&#34; &#38; &#39;more&#39;"), "{html}");
    assert_eq!(html.matches("</table>").count(), info_tables());
    assert!(text.contains("<img src=x onerror=alert(1)>") && text.contains("\"quoted\" & 'more'"), "{text}");
}

#[tokio::test]
async fn values_from_outside_do_not_become_links() {
    let hostile = NewDeviceInfo {
        city: "www.evil.example".to_owned(),
        country: "https://evil.example/login".to_owned(),
        device: "call tel:+1-900-555-0100 or \\\\evil\\share".to_owned(),
        browser: "help@evil.example".to_owned(),
        os: "evil。com 15.1".to_owned(),
        ip: "evil.example:443".to_owned(),
        ..info()
    };
    let mail = &arrived(&[hostile], |_| {}).await[0];
    for kind in ["text/plain", "text/html"] {
        let part = part(mail, kind);
        for shown in [
            "www[.]evil[.]example, https[:]//evil[.]example/login",
            "call tel[:]+1-900-555-0100 or [\\][\\]evil[\\]share",
            "help[@]evil[.]example",
            "evil[。]com 15.1",
            "evil[.]example[:]443",
        ] {
            assert!(part.contains(shown), "{shown} in {part}");
        }
        for link in ["evil.", "evil。", "@evil", "//evil.", ".example", "tel:"] {
            assert!(!part.contains(link), "{link} in {part}");
        }
    }
}

/// How many tables the mail has: those for all, and the one that only Outlook sees.
const fn info_tables() -> usize {
    5
}

#[tokio::test]
async fn nothing_is_loaded_from_elsewhere() {
    let mail = &arrived(&[info()], |_| {}).await[0];
    let html = part(mail, "text/html");
    for loader in ["<img", "<link", "<script", "<iframe", "url(", "@import", "background=", "src="] {
        assert!(!html.contains(loader), "{loader}");
    }
    let addresses = html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    for address in addresses {
        assert!(address.starts_with(BASE_URL) || address == "mailto:support@acme.dev", "{address}");
    }
}

#[tokio::test]
async fn every_cell_has_its_colours() {
    let mail = &arrived(&[info()], |_| {}).await[0];
    let html = part(mail, "text/html");
    // A client that forces its own colours, or drops the style sheet, must find both with each other.
    let cells: Vec<&str> = html.split("<td ").skip(1).map(|rest| rest.split('>').next().unwrap()).collect();
    assert!(cells.len() > 15, "{}", cells.len());
    for cell in cells {
        assert!(cell.contains("bgcolor=\"#") && cell.contains("background-color:#"), "{cell}");
    }
    assert!(html.contains("name=\"color-scheme\" content=\"dark light\""));
    for modern in ["display:flex", "display: flex", "display:grid", "display: grid", "position:"] {
        assert!(!html.contains(modern), "{modern}");
    }
}

#[tokio::test]
async fn ipv6_and_unknown_places_read_well() {
    let unknown = NewDeviceInfo {
        ip: "2001:0db8:0000:0000:0000:ff00:0042:8329".to_owned(),
        city: String::new(),
        country: String::new(),
        device: String::new(),
        browser: String::new(),
        os: String::new(),
        time_zone: String::new(),
        ..info()
    };
    let mail = &arrived(&[unknown], |settings| settings.support_address = None).await[0];
    let text = part(mail, "text/plain");
    for line in [
        "  When      24 November 2026, 13:05 (UTC)\n",
        "  Where     Unknown location\n",
        "  Address   2001:db8::ff00:42:8329\n",
        "  Device    Unknown device\n",
        "  Browser   Unknown browser\n",
        "  System    Unknown system\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    assert!(header(mail, "Reply-To").is_empty() && !text.contains("Questions?"));
}

#[tokio::test]
async fn names_of_every_script_arrive_as_they_are() {
    let far = NewDeviceInfo {
        city: "תל אביב".to_owned(),
        country: "ישראל".to_owned(),
        device: "هاتف \u{202e}سامسونج".to_owned(),
        ..info()
    };
    let change =
        |settings: &mut MailSettings| settings.platform_name = "Žluťoučký kůň GmbH & Söhne 🐎".to_owned();
    let mail = &arrived(&[far], change).await[0];
    assert_eq!(mail["defects"], serde_json::json!([]));
    assert_eq!(header(mail, "Subject"), ["New sign-in to your Žluťoučký kůň GmbH & Söhne 🐎 account"]);
    assert_eq!(header(mail, "From"), ["Žluťoučký kůň GmbH & Söhne 🐎 <no-reply@acme.dev>"]);
    let text = part(mail, "text/plain");
    assert!(
        text.contains("  Where     תל אביב, ישראל\n") && text.contains("  Device    هاتف سامسونج\n"),
        "{text}"
    );
}

/// Values that somebody who means harm might send.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        Just("\r\nBcc: eve@example.org\r\n".to_owned()),
        Just("\n\n--boundary\nContent-Type: text/html\n\n".to_owned()),
        Just("\r\n.\r\nMAIL FROM:<eve@example.org>\r\n".to_owned()),
        Just("\0\u{202e}\u{2066}\u{200b}\u{85}\u{2028}".to_owned()),
        Just("=?utf-8?q?=0D=0ABcc=3A_eve=40example.org?=".to_owned()),
        "x{2000}",
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn hostile_info() -> impl Strategy<Value = NewDeviceInfo> {
    let values = [hostile(), hostile(), hostile(), hostile(), hostile(), hostile(), hostile()];
    (values, any::<i64>()).prop_map(|([ip, city, country, device, browser, os, time_zone], seconds)| {
        let time = chrono::DateTime::from_timestamp(seconds, 0).unwrap_or(chrono::DateTime::UNIX_EPOCH);
        NewDeviceInfo { ip, city, country, device, browser, os, time_zone, time, ..info() }
    })
}

#[test]
fn no_value_changes_the_shape_of_a_mail() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut draw = |count: usize| -> Vec<(NewDeviceInfo, String)> {
        let strategy = (hostile_info(), hostile());
        (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let names: Vec<&str> = vec![
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "List-Id",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "Reply-To",
        "MIME-Version",
        "Content-Type",
    ];
    for round in 0..6 {
        let drawn = draw(40);
        // The platform's name is a setting, and is no more to be trusted.
        let platform = format!("A{}", drawn[0].1);
        // The first one means no harm, and all have its shape.
        let infos: Vec<NewDeviceInfo> =
            std::iter::once(info()).chain(drawn.into_iter().map(|(info, _)| info)).collect();
        let mails = runtime.block_on(arrived(&infos, |settings| settings.platform_name = platform.clone()));
        assert_eq!(mails.len(), infos.len());
        for (mail, info) in mails.iter().zip(&infos) {
            let found: Vec<&str> =
                mail["headers"].as_array().unwrap().iter().map(|pair| pair[0].as_str().unwrap()).collect();
            assert_eq!(found, names, "round {round}: {:?}", (&platform, &info.city));
            assert_eq!(mail["to"], serde_json::json!(["ada@example.org"]));
            assert_eq!(header(mail, "To"), ["ada@example.org"]);
            assert_eq!(mail["parts"].as_array().unwrap().len(), 2);
            assert!(mail["longest_line"].as_u64().unwrap() <= 998);
            let text = part(mail, "text/plain");
            assert_eq!(text.lines().count(), part(&mails[0], "text/plain").lines().count(), "{text}");
            assert!(!text.contains(|c: char| c != '\n' && (c.is_control() || c == '\u{202e}')), "{text:?}");
            let cells = |mail| part(mail, "text/html").matches('<').count();
            assert_eq!(cells(mail), cells(&mails[0]));
        }
    }
}
