//! Streaming standbys.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use super::DurableServer;
use crate::{
    daemon::must,
    error::{Context, Result},
    postgres::reachable_folder,
    shell::Program,
    sql,
};

impl DurableServer {
    /// Starts a streaming standby of this server, named `name` in `synchronous_standby_names`, with `settings` in addition. Returns
    /// when it streams. It answers reads, and has the password of this server.
    #[must_use]
    pub fn standby(&self, name: &str, settings: &str) -> Self {
        must(self.try_standby(name, settings))
    }

    fn try_standby(&self, name: &str, settings: &str) -> Result<Self> {
        let (user, guard) = Self::place()?;
        let bin = reachable_folder(&self.binary, guard.folder(), user)?;
        let data = guard.data_folder().join("postgres");
        let sockets = self.daemon.guard().folder();
        let copy = Program::new(companion(&bin, "pg_basebackup"))
            .args(["--checkpoint=fast", "--wal-method=stream", "--no-password", "--username=postgres"])
            .args(["--port", &self.port.to_string(), "--host"])
            .arg(sockets)
            .arg("--pgdata")
            .arg(&data);
        guard.run_to_end("pg_basebackup", &copy, Duration::from_mins(2))?;
        let mark = data.join("standby.signal");
        fs::write(&mark, "").context("write", &mark)?;
        let primary = format!(
            "host=''{}'' port={} user=postgres application_name=''{name}''",
            sockets.display(),
            self.port
        );
        let own = format!("primary_conninfo = '{primary}'\nsynchronous_standby_names = ''\n{settings}");
        let standby = Self::in_folder(guard, self.binary.clone(), &bin, self.password.clone(), &own)?;
        standby.restart();
        let streams = format!(
            "SELECT 1 FROM pg_stat_replication WHERE application_name = '{name}' AND state = 'streaming'"
        );
        standby.daemon.wait("it streams from its primary", || !self.value(&streams).is_empty());
        Ok(standby)
    }

    /// Waits until this standby has replayed all that `primary` has written.
    pub fn catch_up(&self, primary: &Self) {
        let position = primary.value("SELECT pg_current_wal_lsn()");
        let replayed = format!("SELECT pg_last_wal_replay_lsn() >= '{position}'");
        self.daemon.wait("it has caught up", || {
            sql::value(&self.url(), &replayed).is_ok_and(|found| found.as_deref() == Some("t"))
        });
    }

    /// Makes this standby a primary, and returns when it takes writes.
    pub fn promote(&self) {
        self.execute("SELECT pg_promote(true, 60)");
        self.daemon.wait("it takes writes", || {
            let read_only = sql::value(&self.url(), "SHOW transaction_read_only");
            read_only.is_ok_and(|found| found.as_deref() == Some("off"))
        });
    }

    /// Stops replay: the standby goes on receiving and confirming, and its reads stay as they are.
    pub fn pause_replay(&self) {
        self.execute("SELECT pg_wal_replay_pause()");
        self.daemon
            .wait("replay is paused", || self.value("SELECT pg_get_wal_replay_pause_state()") == "paused");
    }

    /// Continues replay.
    pub fn resume_replay(&self) {
        self.execute("SELECT pg_wal_replay_resume()");
    }
}

/// A program beside `postgres`, or beside the file that `postgres` links to.
fn companion(bin: &Path, name: &str) -> PathBuf {
    let real = bin.join("postgres").canonicalize().unwrap_or_default();
    let folders = [Some(bin), real.parent()];
    let mut beside = folders.into_iter().flatten().map(|folder| folder.join(name));
    beside.find(|program| program.is_file()).unwrap_or_else(|| bin.join(name))
}
