//! The page for newcomers, carried out.
#![expect(clippy::unwrap_used, reason = "a test that cannot arrange its world must stop")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use wh_testkit::TestDatabase;

const PAGE: &str = include_str!("../../../docs/getting-started.md");
const PROGRAM: &str = include_str!("../examples/first_app.rs");

/// The blocks of the page: language and text.
fn blocks() -> impl Iterator<Item = (&'static str, &'static str)> {
    PAGE.split("```").skip(1).step_by(2).map(|block| block.split_once('\n').unwrap())
}

/// The example, as it was built beside this test.
fn example() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("examples/first_app")
}

/// A `cargo` that stands for the three commands of the page: the test's database is up already, and what is installed and run was
/// built with this test.
fn stand_in(folder: &Path, url: &str) {
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in\n\
         'xtask up') echo \"export DATABASE_URL='{url}'\" ;;\n\
         'xtask down' | 'install --path crates/wh-data --features cli') ;;\n\
         'run --quiet -p wh-data --example first_app') exec '{}' ;;\n\
         *) echo \"not a command of the page: $*\" >&2; exit 1 ;;\nesac\n",
        example().display()
    );
    let path = folder.join("cargo");
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn every_command_of_the_page_does_what_the_page_says() {
    let postgres = TestDatabase::empty().await;
    let (tools, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    stand_in(tools.path(), postgres.url());
    // One shell for all blocks, as the reader has one.
    let script: String = blocks().filter(|(language, _)| *language == "sh").map(|(_, text)| text).collect();
    let program = Path::new(env!("CARGO_BIN_EXE_wh-data")).parent().unwrap();
    let path = format!("{}:{}:{}", tools.path().display(), program.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-eu", "-c", &script])
        .current_dir(folder.path())
        .env("PATH", path)
        .env_remove("CONFIG_PATH")
        .env_remove("DATABASE_URL")
        .output()
        .unwrap();
    let (told, notes) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}{notes}");
    for (_, expected) in blocks().filter(|(language, _)| *language == "text") {
        assert!(told.contains(expected), "{told}{notes}");
    }
    assert!(notes.contains("the configuration is right"), "{notes}");
}

#[test]
fn the_program_of_the_page_is_the_one_that_runs() {
    let shown: Vec<_> = blocks().filter(|(language, _)| *language == "rust").map(|(_, text)| text).collect();
    assert_eq!(shown.len(), 1);
    assert!(shown.iter().all(|text| PROGRAM.contains(text)));
}
