//! Durations as people write them: `500ms`, `5s`, `10m`, `1h30m`, `30d`.

use std::time::Duration;

/// Reads a duration as the configuration has it: `500ms`, `5s`, `10m`, `1h30m` or `30d`. `None` for anything else, and for no time.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total: u64 = 0;
    let mut last = u64::MAX;
    while !rest.is_empty() {
        let (number, after) = rest.split_at_checked(rest.find(|c: char| !c.is_ascii_digit())?)?;
        let (unit, after) =
            after.split_at_checked(after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()))?;
        let millis: u64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        // From large to small and each unit once, so that `5m1h` is not taken for what it does not say.
        if millis >= last {
            return None;
        }
        last = millis;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(millis)?)?;
        rest = after;
    }
    (total > 0).then(|| Duration::from_millis(total))
}

/// Writes a duration as [`parse_duration`] reads it, in whole milliseconds.
pub(crate) fn write(duration: Duration) -> String {
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
    let mut rest = duration.as_millis();
    let mut parts = Vec::new();
    for (unit, millis) in units {
        if rest >= millis {
            parts.push(format!("{}{unit}", rest / millis));
            rest %= millis;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.concat() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        for (text, millis) in [
            ("500ms", 500),
            ("5s", 5_000),
            ("10m", 600_000),
            ("1h30m", 5_400_000),
            ("30d", 2_592_000_000),
            ("1d2h3m4s5ms", 93_784_005),
        ] {
            assert_eq!(parse_duration(text), Some(Duration::from_millis(millis)), "{text}");
            assert_eq!(write(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn what_is_no_duration_is_none() {
        for text in [
            "",
            "5",
            "s",
            "0s",
            "0h0m",
            "-5s",
            "1.5s",
            "5 s",
            "5S",
            "5m1h",
            "5s5s",
            "5sec",
            "5w",
            "99999999999999999999s",
            "999999999999d",
            "5é",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
