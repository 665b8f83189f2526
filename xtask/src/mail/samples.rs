//! Sign-ins to look at: a usual one, and those that are hard to show.

use chrono::DateTime;
use wh_data::mail::NewDeviceInfo;

/// One mail to look at.
pub(super) struct Sample {
    pub(super) name: &'static str,
    pub(super) platform: &'static str,
    pub(super) info: NewDeviceInfo,
    /// Whether its pictures are in the documentation.
    pub(super) in_docs: bool,
}

/// Address, city, country, device, browser, system and zone.
type Values = [&'static str; 7];

fn sample(name: &'static str, platform: &'static str, values: Values, in_docs: bool) -> Sample {
    let [ip, city, country, device, browser, os, time_zone] = values.map(str::to_owned);
    let info = NewDeviceInfo {
        user_email: "ada@example.org".to_owned(),
        session_id: 17.into(),
        user_id: 4.into(),
        ip,
        city,
        country,
        device,
        browser,
        os,
        time: DateTime::from_timestamp(1_795_525_500, 0).unwrap_or_default(),
        time_zone,
    };
    Sample { name, platform, info, in_docs }
}

pub(super) fn all() -> Vec<Sample> {
    let usual =
        ["203.0.113.7", "Berlin", "Germany", "MacBook Pro", "Firefox 140", "macOS 15", "Europe/Berlin"];
    let ipv6 = [
        "2001:db8:85a3:8d3:1319:8a2e:370:7348",
        "San José",
        "Costa Rica",
        "Pixel 9",
        "Chrome 141",
        "Android 16",
        "America/Costa_Rica",
    ];
    let right_to_left =
        ["198.51.100.23", "תל אביב", "ישראל", "هاتف سامسونج", "Chrome 141", "Android 16", "Asia/Jerusalem"];
    let long = [
        "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
        "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
        "United Kingdom of Great Britain and Northern Ireland",
        "A-device-with-a-name-of-one-word-that-does-not-end-where-a-line-would-like-it-to-end",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 and then some more",
        "<b>bold</b> & \"quoted\"",
        "America/Argentina/ComodRivadavia",
    ];
    vec![
        sample("new-device", "WiseHosting", usual, true),
        sample("ipv6", "WiseHosting", ipv6, false),
        sample("unknown", "WiseHosting", [""; 7], false),
        sample("right-to-left", "WiseHosting", right_to_left, false),
        sample("long-names", "The Extraordinarily Wise Hosting Company of Acme & Daughters", long, false),
    ]
}
