//! The worker is blind: no database, no cache, no mail, and of the platform's crates the words, the crypto and the configuration alone.

use std::collections::BTreeSet;
use std::process::Command;

#[test]
fn the_worker_knows_three_crates_of_ours_and_no_driver() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", "worker-agent", "--edges", "normal,build", "--prefix", "none"])
        .args(["--format", "{p}", "--locked", "--offline", "--all-features"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    let ours: Vec<&str> = names.iter().copied().filter(|name| name.starts_with("wh-")).collect();
    assert_eq!(ours, ["wh-config", "wh-crypto", "wh-types"]);
    assert!(names.contains("tokio"), "the tree was not read: {tree}");
    for driver in ["diesel", "diesel-async", "tokio-postgres", "fred", "lettre", "bb8"] {
        assert!(!names.contains(driver), "the worker has {driver}");
    }
}

/// Started with nothing but what it may know, and with what it must not need.
#[test]
fn the_worker_says_what_it_lacks() {
    let output = Command::new(env!("CARGO_BIN_EXE_worker-agent"))
        .env_clear()
        .current_dir(std::env::temp_dir())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("worker.name is not set"), "{said}");
}
