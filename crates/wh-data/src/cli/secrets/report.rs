//! What is stored, as tables. Values are never shown.

use std::fmt::Write as _;

use wh_crypto::KeyId;
use wh_repo::{Census, RecordedKey, Rotation, Sealing};

/// The columns with their values, the keys on record, and what no key opens.
pub(super) fn tables(census: &Census, keys: &[RecordedKey], ring: &[KeyId]) -> String {
    let mut text = format!("{:<32} {:>8}  sealed\n", "column", "values");
    // Writing to a String cannot fail.
    for column in &census.columns {
        let mut name = format!("{}.{}", column.table, column.column);
        if column.values.is_empty() {
            let _ = writeln!(text, "{name:<32} {:>8}", 0);
        }
        for (sealing, count) in &column.values {
            let role = match sealing {
                Sealing::Encrypted { key, .. } => role(*key, ring),
                _ => "",
            };
            let _ = writeln!(text, "{name:<32} {count:>8}  {sealing}{role}");
            name.clear();
        }
    }
    let _ = writeln!(
        text,
        "\n{:<18} {:<21} {:<21} {:<7} connections",
        "key on record", "since", "last start", "forms"
    );
    for key in keys {
        let forms: Vec<_> = key.forms.iter().map(ToString::to_string).collect();
        let day = |time: chrono::DateTime<chrono::Utc>| time.format("%Y-%m-%d %H:%M UTC").to_string();
        let _ = writeln!(
            text,
            "{:<18} {:<21} {:<21} {:<7} {}{}",
            key.id.to_string(),
            day(key.first_used_at),
            key.last_current_at.map_or("–".to_owned(), day),
            if forms.is_empty() { "–".to_owned() } else { forms.join(" ") },
            key.connections,
            role(key.id, ring),
        );
    }
    if keys.is_empty() {
        text.push_str("none: no service has started on this database yet\n");
    }
    if !census.unopenable.is_empty() {
        let _ = writeln!(text, "\n{} no key at hand opens:", values(census.unopenable.len()));
        for value in &census.unopenable {
            let _ = writeln!(text, "  {value}");
        }
    }
    text
}

/// What a rotation leaves to be done; nothing where the previous secrets can go.
pub(super) fn obstacles(rotation: &Rotation, ring: &[KeyId]) -> Vec<String> {
    let mut obstacles = Vec::new();
    let unopenable = rotation.census.unopenable.len();
    if unopenable > 0 {
        obstacles.push(format!(
            "{} no key at hand opens (listed above): add the secret that they were written with to \
             api_server.previous_secrets, or empty them where it is lost",
            values(unopenable)
        ));
    }
    if rotation.left > 0 {
        obstacles.push(format!("others were writing to {} all the time: run it again", rotation.left));
    }
    if rotation.unsealable > 0 {
        obstacles.push(format!(
            "{} audit trails have a fault, and keep the seal of a previous key: `wh-data audit verify` names them",
            rotation.unsealable
        ));
    }
    for key in rotation.keys.iter().filter(|key| Some(&key.id) != ring.first()) {
        obstacles.push(if key.connections > 0 {
            format!(
                "a service with key {} as its current one is connected ({} connections): restart it with the new secret, \
                 and run this again",
                key.id, key.connections
            )
        } else {
            format!("key {} stays on record: run this again once the rest is settled", key.id)
        });
    }
    obstacles
}

fn role(key: KeyId, ring: &[KeyId]) -> &'static str {
    match ring.iter().position(|id| *id == key) {
        Some(0) => " (current)",
        Some(_) => " (previous)",
        None => " (not configured)",
    }
}

fn values(count: usize) -> String {
    if count == 1 { "1 value that".to_owned() } else { format!("{count} values that") }
}
