//! Private stacks: that they answer, and that nothing of them is left, however their owner ends.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may end them")]

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use wh_stack::{Running, Stack, StackError, sweep, wait_until};

fn answers(address: &str) -> bool {
    TcpStream::connect(address).is_ok()
}

/// The host and port in a URL.
fn address(url: &str) -> String {
    url.rsplit_once('@').unwrap().1.split('/').next().unwrap().to_owned()
}

/// Another process that owns a stack: this program again, with [`a_stack_is_owned_until_told_otherwise`] alone.
struct Owner {
    process: Child,
    folder: PathBuf,
    address: String,
    /// Kept open, or what it prints next would fail.
    _output: BufReader<ChildStdout>,
}

impl Owner {
    fn start(mode: &str, cache: &Path) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "a_stack_is_owned_until_told_otherwise", "--nocapture"])
            .env("WH_STACK_OWNER", mode)
            .env("XDG_CACHE_HOME", cache)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let told = output.by_ref().lines().map(Result::unwrap).find_map(|line| {
            let (_, told) = line.split_once("owner: ")?;
            let (folder, address) = told.split_once(' ')?;
            Some((PathBuf::from(folder), address.to_owned()))
        });
        let (folder, address) = told.unwrap();
        Self { process, folder, address, _output: output }
    }

    fn assert_nothing_left(&self) {
        wait_until("the folder is gone", || !self.folder.exists());
        assert!(!answers(&self.address), "the server still answers");
    }
}

#[test]
fn a_stack_is_owned_until_told_otherwise() {
    let Ok(mode) = env::var("WH_STACK_OWNER") else { return };
    let stack = Stack::builder().private().start().unwrap();
    let (folder, address) = (stack.folder().unwrap().to_path_buf(), address(stack.database_url()));
    if mode == "detach" {
        stack.detach().unwrap().unwrap();
        println!("owner: {} {address}", folder.display());
        return;
    }
    println!("owner: {} {address}", folder.display());
    assert_ne!(mode, "panic", "as asked");
    std::io::stdin().read_exact(&mut [0]).unwrap();
}

#[test]
fn a_private_stack_answers_and_leaves_nothing() {
    let stack = Stack::builder().private().redis().start().unwrap();
    let (postgres, redis) = (address(stack.database_url()), address(stack.redis_url().unwrap()));
    assert!(answers(&postgres) && answers(&redis));
    let log = std::fs::read_to_string(stack.log_file().unwrap()).unwrap();
    assert!(log.contains("ready to accept connections"), "{log}");
    let folder = stack.folder().unwrap().to_path_buf();
    assert!(!format!("{stack:?}{}", stack.title()).contains("postgres:"), "the password must not be shown");
    drop(stack);
    assert!(!folder.exists());
    assert!(!answers(&postgres) && !answers(&redis));
}

#[test]
fn a_panicking_owner_leaves_nothing() {
    let cache = tempfile::tempdir().unwrap();
    let mut owner = Owner::start("panic", cache.path());
    assert!(!owner.process.wait().unwrap().success());
    owner.assert_nothing_left();
}

#[test]
fn a_killed_owner_leaves_nothing() {
    let cache = tempfile::tempdir().unwrap();
    let mut owner = Owner::start("wait", cache.path());
    assert!(answers(&owner.address));
    owner.process.kill().unwrap();
    owner.process.wait().unwrap();
    owner.assert_nothing_left();
}

#[test]
fn what_a_killed_guard_leaves_is_swept() {
    let cache = tempfile::tempdir().unwrap();
    let mut owner = Owner::start("wait", cache.path());
    let guard = std::fs::read_to_string(owner.folder.join("guard.pid")).unwrap();
    let pid = guard.lines().next().unwrap();
    assert!(Command::new("sh").args(["-c", &format!("kill -KILL {pid}")]).status().unwrap().success());
    wait_until("the guard is gone", || {
        sweep().unwrap();
        !owner.folder.exists()
    });
    assert!(!answers(&owner.address), "the server still answers");
    owner.process.kill().unwrap();
    owner.process.wait().unwrap();
}

#[test]
fn a_living_stack_is_not_swept() {
    let stack = Stack::builder().private().start().unwrap();
    let swept = sweep().unwrap();
    assert!(!swept.iter().any(|folder| folder == stack.folder().unwrap()));
    assert!(answers(&address(stack.database_url())));
}

#[test]
fn a_detached_stack_outlives_its_owner_until_it_is_stopped() {
    let cache = tempfile::tempdir().unwrap();
    let mut owner = Owner::start("detach", cache.path());
    assert!(owner.process.wait().unwrap().success());
    assert!(answers(&owner.address));
    let running = Running::find_in(&cache.path().join("wh-data")).unwrap();
    assert_eq!(
        (running.folder.as_path(), address(&running.database_url)),
        (owner.folder.as_path(), owner.address.clone())
    );
    assert!(!format!("{running:?}").contains(&running.database_url));
    running.stop().unwrap();
    assert!(!owner.folder.exists() && !answers(&owner.address));
    assert!(Running::find_in(&cache.path().join("wh-data")).is_none());
}

#[test]
fn a_stack_with_tls_offers_it_or_says_that_the_program_cannot() {
    let stack = match Stack::builder().tls().start() {
        Ok(stack) => stack,
        Err(StackError::NoTls { program }) => return assert!(program.contains("postgres"), "{program}"),
        Err(other) => panic!("{other}"),
    };
    assert!(stack.supports_tls());
    let authority = std::fs::read_to_string(stack.certificate_authority().unwrap()).unwrap();
    assert!(authority.starts_with("-----BEGIN CERTIFICATE-----"));
    let mut stream = TcpStream::connect(address(stack.database_url())).unwrap();
    stream.write_all(&[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]).unwrap();
    let mut answer = [0];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(answer, *b"S");
}
