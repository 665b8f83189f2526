//! The alert about a sign-in from a new device.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use wh_crypto::RevokeToken;
use wh_types::{IpAddress, SessionId, UserId};

use crate::{clean::one_line, moment::written_out, unlinked::unlinked};

/// A sign-in from a new device, as it was recorded. Values from outside may hold any text: they are cleaned, escaped and cannot
/// become links. Unknown values are empty.
#[derive(Clone)]
pub struct NewDeviceInfo {
    /// Address of the recipient.
    pub user_email: String,
    /// The session that the link ends.
    pub session_id: SessionId,
    /// The user of the session.
    pub user_id: UserId,
    /// The address that the sign-in came from, IPv4 or IPv6.
    pub ip: String,
    /// City of that address.
    pub city: String,
    /// Country of that address.
    pub country: String,
    /// The device.
    pub device: String,
    /// The browser.
    pub browser: String,
    /// The operating system.
    pub os: String,
    /// Time of the sign-in. The link is valid for 72 hours from then.
    pub time: DateTime<Utc>,
    /// The user's time zone, like `Europe/Berlin`. UTC if it is empty or unknown.
    pub time_zone: String,
}

impl fmt::Debug for NewDeviceInfo {
    /// Ids only: the rest is personal and must not be logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewDeviceInfo")
            .field("user_id", &self.user_id)
            .field("session_id", &self.session_id)
            .finish_non_exhaustive()
    }
}

/// Longest value that a mail shows, in characters.
const MOST: usize = 80;

/// The facts that the mail shows, each on one line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) when: String,
    pub(crate) place: String,
    pub(crate) ip: String,
    pub(crate) device: String,
    pub(crate) browser: String,
    pub(crate) os: String,
    /// The end of the link's validity.
    pub(crate) until: String,
}

impl Facts {
    pub(crate) fn of(info: &NewDeviceInfo) -> Self {
        let end = TimeDelta::seconds(RevokeToken::VALID_FOR);
        let until = info.time.checked_add_signed(end).unwrap_or(DateTime::<Utc>::MAX_UTC);
        Self {
            when: written_out(info.time, &info.time_zone),
            place: place(&info.city, &info.country),
            ip: address(&info.ip),
            device: known(&info.device, "Unknown device"),
            browser: known(&info.browser, "Unknown browser"),
            os: known(&info.os, "Unknown system"),
            until: written_out(until, &info.time_zone),
        }
    }

    /// The rows of the mail, in this order, each with its label.
    pub(crate) fn rows(&self) -> [(&'static str, &str); 6] {
        [
            ("When", &self.when),
            ("Where", &self.place),
            ("Address", &self.ip),
            ("Device", &self.device),
            ("Browser", &self.browser),
            ("System", &self.os),
        ]
    }
}

fn known(value: &str, otherwise: &str) -> String {
    let value = one_line(value, MOST);
    if is_unknown(&value) { otherwise.to_owned() } else { unlinked(&value) }
}

/// Words that geo and user-agent databases use for an unknown value.
fn is_unknown(value: &str) -> bool {
    ["", "-", "unknown", "n/a", "null", "undefined"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

fn place(city: &str, country: &str) -> String {
    let parts = [one_line(city, MOST), one_line(country, MOST)];
    let parts: Vec<String> = parts.into_iter().filter(|part| !is_unknown(part)).collect();
    if parts.is_empty() { "Unknown location".to_owned() } else { unlinked(&parts.join(", ")) }
}

/// An address in its canonical form; anything else as one line of text.
fn address(ip: &str) -> String {
    IpAddress::parse(ip).map_or_else(|_| known(ip, "Unknown address"), |ip| ip.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_as_much_as_is_known() {
        assert_eq!(place("Berlin", "Germany"), "Berlin, Germany");
        assert_eq!(place("", "Germany"), "Germany");
        assert_eq!(place(" \r\n", "unknown"), "Unknown location");
        assert_eq!(place("Be\r\nrlin", "\u{202e}x"), "Be rlin, x");
        assert_eq!(place("www.evil.example", "evil.example"), "www[.]evil[.]example, evil[.]example");
    }

    #[test]
    fn an_address_is_in_its_shortest_form() {
        assert_eq!(address("203.0.113.7"), "203.0.113.7");
        assert_eq!(address("2001:0DB8:0:0:0:0:0:0001"), "2001:db8::1");
        assert_eq!(address("::ffff:203.0.113.7"), "203.0.113.7");
        assert_eq!(address(""), "Unknown address");
        assert_eq!(address("10.0.0.1\r\nX: y"), "10[.]0[.]0[.]1 X: y");
    }
}
