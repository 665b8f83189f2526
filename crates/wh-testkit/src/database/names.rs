//! What test databases and templates are called, and whose they are.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use wh_stack::{is_gone, node_name};

/// A new name: `wh_test_<machine>_<process>_<random>`. The sweep trusts nothing but this pattern.
pub(super) fn fresh() -> String {
    let random: String = Uuid::new_v4().simple().to_string().chars().take(8).collect();
    format!("{}{}_{random}", prefix(), std::process::id())
}

/// How the names of this machine begin. Processes of other machines may use the same server, and cannot be seen from here.
pub(super) fn prefix() -> String {
    let hash = Sha256::digest(node_name());
    let [first, second, third, ..] = hash.0;
    format!("wh_test_{first:02x}{second:02x}{third:02x}_")
}

/// Whether a database was made by a process of this machine that is gone.
pub(super) fn is_leftover(name: &str) -> bool {
    let parts = name.strip_prefix(&prefix()).and_then(|rest| rest.split_once('_'));
    parts.is_some_and(|(process, random)| {
        let random_fits = random.len() == 8 && random.bytes().all(|byte| byte.is_ascii_hexdigit());
        random_fits && process.parse().is_ok_and(is_gone)
    })
}

/// The template for the migrations of this build.
pub(super) fn template() -> String {
    let fingerprint = wh_schema::migrations::fingerprint();
    format!("wh_template_{}", fingerprint.get(..12).unwrap_or(&fingerprint))
}

/// How the names of filled templates begin.
pub(super) const FILLED: &str = "wh_filled_";

/// The template for the migrations of this build and these statements on top.
pub(super) fn filled(fill: &str) -> String {
    let fingerprint = Sha256::digest(format!("{} {fill}", wh_schema::migrations::fingerprint()));
    let [first, second, third, fourth, fifth, sixth, ..] = fingerprint.0;
    format!("{FILLED}{first:02x}{second:02x}{third:02x}{fourth:02x}{fifth:02x}{sixth:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_databases_of_dead_processes_are_leftovers() {
        assert!(!is_leftover(&fresh()));
        // Process ids end well below this.
        let dead = format!("{}2147483647_0123abcd", prefix());
        assert!(is_leftover(&dead));
        for name in ["postgres", "wh_test_", &format!("{dead}x"), &dead.replace("wh_test", "wh_prod")] {
            assert!(!is_leftover(name), "{name}");
        }
    }
}
