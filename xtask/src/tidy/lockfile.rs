//! Crates that must not come in, not even through others.

use std::fs;

use super::Report;
use crate::{
    child,
    failure::{Failure, Outcome},
};

/// Each with what we use in its place.
const FORBIDDEN: &[(&str, &str)] = &[
    ("openssl", "rustls with ring"),
    ("openssl-sys", "rustls with ring"),
    ("native-tls", "rustls with ring"),
    ("aws-lc-rs", "rustls with ring"),
    ("aws-lc-sys", "rustls with ring"),
    ("pq-sys", "diesel's postgres_backend with diesel-async"),
];

pub(super) fn check() -> Outcome<Report> {
    let path = child::root().join("Cargo.lock");
    let text = fs::read_to_string(&path).map_err(|error| Failure::io("read", &path, &error))?;
    let names: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')).collect();
    let complaints = judge(&names);
    Ok(Report { summary: format!("{} crates, none of them forbidden", names.len()), complaints })
}

fn judge(names: &[&str]) -> Vec<String> {
    let found = FORBIDDEN.iter().filter(|(name, _)| names.contains(name));
    let say = |(name, instead): &(&str, &str)| {
        format!("Cargo.lock has {name}: use {instead}; `cargo tree -i {name}` tells who brings it")
    };
    found.map(say).collect()
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn a_forbidden_crate_is_named_and_its_likeness_is_not() {
        assert_eq!(judge(&["openssl-probe", "rustls"]), Vec::<String>::new());
        assert!(judge(&["pq-sys"])[0].contains("pq-sys"));
    }
}
