//! Times in the reader's time zone.

use chrono::{DateTime, Offset, Utc};
use chrono_tz::Tz;

/// Day, time and zone in full, as in `24 November 2026, 14:05 (Europe/Berlin, UTC+01:00)`. A zone that is empty or unknown is
/// taken as UTC: a mail about a sign-in must not fail for it.
pub(crate) fn written_out(time: DateTime<Utc>, zone: &str) -> String {
    let local = match zone.trim().parse::<Tz>() {
        Ok(zone) => time.with_timezone(&zone),
        Err(_) => time.with_timezone(&Tz::UTC),
    };
    let moment = local.format("%-d %B %Y, %H:%M");
    match local.timezone() {
        Tz::UTC | Tz::Etc__UTC => format!("{moment} (UTC)"),
        zone => format!("{moment} ({}, UTC{})", zone.name(), local.offset().fix()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn the_zone_is_written_out_with_the_offset_of_that_day() {
        let winter = at("2026-11-24T13:05:59Z");
        assert_eq!(
            written_out(winter, "Europe/Berlin"),
            "24 November 2026, 14:05 (Europe/Berlin, UTC+01:00)"
        );
        let summer = at("2026-07-01T23:30:00Z");
        assert_eq!(written_out(summer, "Europe/Berlin"), "2 July 2026, 01:30 (Europe/Berlin, UTC+02:00)");
        assert_eq!(
            written_out(winter, "Asia/Kathmandu"),
            "24 November 2026, 18:50 (Asia/Kathmandu, UTC+05:45)"
        );
    }

    #[test]
    fn without_a_known_zone_it_is_utc() {
        let time = at("2026-11-24T13:05:00Z");
        for zone in ["", "UTC", "Etc/UTC", "Mars/Olympus", "Europe/Berlin\r\nBcc: x"] {
            assert_eq!(written_out(time, zone), "24 November 2026, 13:05 (UTC)", "{zone:?}");
        }
    }

    proptest! {
        #[test]
        fn every_moment_in_every_zone_is_one_plain_line(
            seconds in -62_000_000_000_i64..250_000_000_000, index in 0..chrono_tz::TZ_VARIANTS.len()
        ) {
            let zone = chrono_tz::TZ_VARIANTS[index].name();
            let text = written_out(DateTime::from_timestamp(seconds, 0).unwrap(), zone);
            prop_assert!(text.is_ascii() && !text.contains(char::is_control), "{text:?}");
            prop_assert!(text.ends_with(')') && text.contains("UTC"), "{text:?}");
        }
    }
}
