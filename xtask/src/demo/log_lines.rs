//! Lines for the runtime logs, with the time at which each was printed.

use std::fs;
use std::path::Path;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::failure::{Failure, Outcome};

/// Most lines that the demo stores.
const MOST: usize = 10_000;

/// A line and when it was printed.
pub(super) struct LogLine {
    pub(super) at: DateTime<Utc>,
    pub(super) text: String,
}

/// The lines of a file, or of the server's own log; none where there is neither.
pub(super) fn read(file: Option<&Path>, server_log: Option<&Path>) -> Outcome<Vec<LogLine>> {
    let Some(path) = file.or(server_log) else { return Ok(Vec::new()) };
    let bytes = fs::read(path).map_err(|error| Failure::io("read", path, &error))?;
    let written = fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .map_err(|error| Failure::io("read the time of", path, &error))?;
    Ok(parse(&String::from_utf8_lossy(&bytes), written.into()))
}

/// A line without a time of its own was printed right after the one before it.
fn parse(text: &str, written: DateTime<Utc>) -> Vec<LogLine> {
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let newest = lines.get(lines.len().saturating_sub(MOST)..).unwrap_or_default();
    let mut before = written;
    newest
        .iter()
        .map(|line| {
            let at = time_of(line).unwrap_or(before + TimeDelta::microseconds(1));
            before = at;
            LogLine { at, text: (*line).to_owned() }
        })
        .collect()
}

/// The time that a line begins with: as Postgres writes it (in UTC), or RFC 3339.
fn time_of(line: &str) -> Option<DateTime<Utc>> {
    let mut words = line.split(' ');
    let (first, second, zone) = (words.next()?, words.next().unwrap_or_default(), words.next());
    if let Ok(time) = DateTime::parse_from_rfc3339(first) {
        return Some(time.to_utc());
    }
    if !matches!(zone, Some("UTC" | "GMT" | "Etc/UTC")) {
        return None;
    }
    NaiveDateTime::parse_from_str(&format!("{first} {second}"), "%Y-%m-%d %H:%M:%S%.f")
        .ok()
        .map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_where_there_are_any() {
        let text =
            "2026-11-23 23:45:01.123 UTC [7] LOG:  starting\n\tdetail\n2026-11-23T23:45:02Z ready\n\nbye\n";
        let lines = parse(text, DateTime::UNIX_EPOCH);
        let times: Vec<_> = lines.iter().map(|line| line.at.format("%T%.6f").to_string()).collect();
        assert_eq!(times, ["23:45:01.123000", "23:45:01.123001", "23:45:02.000000", "23:45:02.000001"]);
        assert_eq!(lines[3].text, "bye");
    }

    #[test]
    fn a_long_log_keeps_its_newest_lines() {
        let text: String = (0..MOST + 5).map(|n| n.to_string() + "\n").collect();
        let lines = parse(&text, DateTime::UNIX_EPOCH);
        assert_eq!((lines.len(), lines[0].text.as_str()), (MOST, "5"));
    }
}
