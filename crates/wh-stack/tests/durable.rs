//! Clusters with the durability of production: crashes, freezes and standbys.

#![expect(clippy::unwrap_used, reason = "the helpers of tests may end them")]

use std::{
    env,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use wh_stack::{DurableServer, wait_until};

const PATIENCE: Duration = Duration::from_mins(1);

/// Runs a check on the machine's Postgres and on the pinned one.
fn each(check: impl Fn(DurableServer)) {
    check(DurableServer::start(""));
    if let Some(pinned) = DurableServer::pinned("") {
        assert_eq!(pinned.major(), 18);
        check(pinned);
    }
}

/// Sends a statement from another thread, and tells when it is done.
fn send(server: &DurableServer, sql: &'static str) -> mpsc::Receiver<()> {
    let url = server.url();
    let (done, wait) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            client.batch_execute(sql).await.unwrap();
        });
        done.send(()).unwrap();
    });
    wait
}

/// Whether the statement is still under way after a moment.
fn waits(statement: &mpsc::Receiver<()>) -> bool {
    statement.recv_timeout(Duration::from_millis(300)).is_err()
}

#[test]
fn a_confirmed_row_survives_a_crash() {
    each(|server| {
        for (setting, value) in [
            ("fsync", "on"),
            ("synchronous_commit", "on"),
            ("full_page_writes", "on"),
            ("wal_level", "replica"),
            ("commit_siblings", "0"),
        ] {
            assert_eq!(server.value(&format!("SHOW {setting}")), value, "{setting}");
        }
        assert!(!server.folder().starts_with("/dev/shm"));
        let port = server.port();
        server.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1)");
        server.kill_9();
        server.restart();
        assert_eq!((server.port(), server.value("SELECT count(*) FROM t")), (port, "1".to_owned()));
        assert!(server.log().contains("automatic recovery in progress"), "{}", server.log());
        server.stop();
        server.restart();
        assert_eq!(server.value("SELECT count(*) FROM t"), "1");
    });
}

#[test]
fn a_frozen_server_answers_when_it_is_thawed() {
    each(|server| {
        server.freeze();
        let statement = send(&server, "SELECT 1");
        assert!(waits(&statement));
        server.thaw();
        statement.recv_timeout(PATIENCE).unwrap();
    });
}

#[test]
fn a_killed_backend_takes_the_others_along_and_the_server_recovers() {
    let server = DurableServer::start("");
    // Its thread panics, and so disconnects, when the server ends it.
    let other = send(&server, "SET application_name = 'other'; SELECT pg_sleep(600)");
    wait_until("somebody is connected", || !server.backends("other").is_empty());
    let bystander = send(&server, "SELECT pg_sleep(600)");
    server.kill_backend(server.backends("other")[0]);
    for statement in [other, bystander] {
        assert_eq!(statement.recv_timeout(PATIENCE), Err(mpsc::RecvTimeoutError::Disconnected));
    }
    assert!(server.backends("other").is_empty());
}

#[test]
fn a_commit_waits_for_its_synchronous_standby() {
    each(|primary| {
        primary.execute("CREATE TABLE t (a int)");
        let standby = primary.standby("s1", "");
        primary.set("synchronous_standby_names", "s1");
        standby.freeze();
        let commit = send(&primary, "INSERT INTO t VALUES (1)");
        assert!(waits(&commit));
        standby.thaw();
        commit.recv_timeout(PATIENCE).unwrap();

        standby.catch_up(&primary);
        standby.pause_replay();
        primary.execute("INSERT INTO t VALUES (2)");
        assert_eq!(standby.value("SELECT count(*) FROM t"), "1");
        standby.resume_replay();
        standby.catch_up(&primary);
        assert_eq!(standby.value("SELECT count(*) FROM t"), "2");

        primary.freeze();
        standby.promote();
        standby.execute("INSERT INTO t VALUES (3)");
        assert_eq!(standby.value("SELECT count(*) FROM t"), "3");
    });
}

#[test]
fn a_setting_of_the_test_is_in_force() {
    let server = DurableServer::start("commit_delay = 50000");
    assert_eq!(server.value("SHOW commit_delay"), "50000");
    server.set("commit_delay", "10000");
    assert_eq!(server.value("SHOW commit_delay"), "10000");
}

/// This program again, with a frozen server: for [`a_frozen_server_of_a_killed_test_leaves_nothing`].
#[test]
fn a_frozen_server_is_owned() {
    if env::var_os("WH_STACK_FROZEN").is_none() {
        return;
    }
    let server = DurableServer::start("");
    server.freeze();
    println!("owner: {}", server.folder().display());
    thread::sleep(PATIENCE);
}

#[test]
fn a_frozen_server_of_a_killed_test_leaves_nothing() {
    let mut owner = Command::new(env::current_exe().unwrap())
        .args(["--exact", "a_frozen_server_is_owned", "--nocapture"])
        .env("WH_STACK_FROZEN", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines().map(Result::unwrap);
    let folder = lines.find_map(|line| Some(PathBuf::from(line.split_once("owner: ")?.1))).unwrap();
    assert!(folder.exists());
    owner.kill().unwrap();
    owner.wait().unwrap();
    wait_until("its folder is gone", || !folder.exists());
    assert_eq!(processes_of(&folder), Vec::<String>::new());
}

#[test]
fn a_server_leaves_nothing_in_whatever_state_it_is() {
    let states: [fn(&DurableServer); 3] = [|_| (), DurableServer::freeze, DurableServer::kill_9];
    for state in states {
        let server = DurableServer::start("");
        let folder = server.folder().to_path_buf();
        state(&server);
        drop(server);
        assert!(!folder.exists());
        assert_eq!(processes_of(&folder), Vec::<String>::new());
    }
}

/// The command lines that name the folder.
fn processes_of(folder: &std::path::Path) -> Vec<String> {
    let output = Command::new("ps").args(["-ww", "-A", "-o", "args="]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let name = folder.to_str().unwrap();
    text.lines().filter(|line| line.contains(name)).map(str::to_owned).collect()
}
