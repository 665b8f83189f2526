//! A Redis or Valkey of a test's own, which can be stopped, killed and filled.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::fs::chown,
    time::Duration,
};

use crate::{
    StackError, choose,
    daemon::{Daemon, must},
    guard::{Guard, write_shared},
    postgres::{free_port, reachable_folder},
    shell::Program,
    start::only_pinned,
    user::User,
};

/// A private server on a port of its own, which it keeps over restarts. It ends with this value, whatever state it is in.
///
/// It asks for a password and keeps nothing on disk, unless its settings say otherwise.
#[derive(Debug)]
pub struct RedisServer {
    daemon: Daemon,
    port: u16,
    password: String,
}

impl RedisServer {
    /// Starts a server with the usual settings.
    ///
    /// # Panics
    /// As all of these: if the server cannot be had or does not do what it is told, for a test cannot go on then.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// Starts one with lines of configuration in addition, such as `cluster-enabled yes`, or `requirepass` with a password for several.
    #[must_use]
    pub fn start_with(settings: &str) -> Self {
        must(Self::try_start("", settings))
    }

    /// Starts a sentinel, with lines of configuration such as `sentinel monitor main 127.0.0.1 6379 1`. It has no password.
    #[must_use]
    pub fn start_sentinel(settings: &str) -> Self {
        must(Self::try_start("--sentinel", settings))
    }

    fn try_start(mode: &str, settings: &str) -> Result<Self, StackError> {
        let user = User::unprivileged()?;
        let binary = choose::redis(only_pinned(), &mut |_| {})?.binary;
        let guard = Guard::spawn(user, false)?;
        let bin = reachable_folder(&binary, guard.folder(), user)?;
        let program = binary.program.file_name().map_or_else(|| bin.clone(), |name| bin.join(name));
        let conf = guard.folder().join("redis.conf");
        let (port, folder) = (free_port()?, guard.folder().display());
        let sentinel = mode == "--sentinel";
        let given = settings.lines().find_map(|line| line.strip_prefix("requirepass "));
        let password = match given {
            Some(given) => given.to_owned(),
            None if sentinel => String::new(),
            None => uuid::Uuid::new_v4().simple().to_string(),
        };
        let own = if sentinel {
            format!("port {port}\nbind 127.0.0.1\ndir {folder}\n{settings}\n")
        } else {
            format!(
                "port {port}\nbind 127.0.0.1\ndir {folder}\nsave \"\"\nappendonly no\n\
                 requirepass {password}\nmasterauth {password}\n{settings}\n"
            )
        };
        write_shared(&conf, own)?;
        if let Some(user) = user {
            // Sentinels and clusters write into it.
            drop(chown(&conf, Some(user.uid), Some(user.gid)));
        }
        let program = Program::new(program).arg(&conf).args((!mode.is_empty()).then_some(mode));
        let server = Self { daemon: Daemon::new(guard, "redis", program), port, password };
        server.restart();
        Ok(server)
    }

    /// Where it is, with its password.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}", self.password, self.port)
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its password.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Stops its process with SIGSTOP: connections stay open, and nothing answers.
    pub fn freeze(&self) {
        self.daemon.freeze();
    }

    /// Lets it go on after [`freeze`](Self::freeze).
    pub fn thaw(&self) {
        self.daemon.thaw();
    }

    /// Ends it with SIGKILL, and returns when it is gone.
    pub fn kill(&self) {
        self.daemon.kill();
    }

    /// Starts it again on its port, with the same settings, and returns when it answers.
    pub fn restart(&self) {
        self.daemon.start(|| self.ask(&["PING"]).is_ok_and(|answer| answer == "PONG"));
    }

    /// Sends a command on a connection of its own, and returns the answer with the parts of an array on lines of their own.
    ///
    /// # Panics
    /// If it does not answer, or with an error.
    #[must_use = "an answer tells what happened; drop it on purpose"]
    pub fn command(&self, words: &[&str]) -> String {
        must(self.ask(words))
    }

    fn ask(&self, words: &[&str]) -> io::Result<String> {
        let stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut reader = BufReader::new(stream);
        if !self.password.is_empty() {
            send(&mut reader, &["AUTH", &self.password])?;
            receive(&mut reader)?;
        }
        send(&mut reader, words)?;
        receive(&mut reader)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // It keeps nothing, so there is no clean end to wait for.
        self.daemon.end();
    }
}

fn send(to: &mut BufReader<TcpStream>, words: &[&str]) -> io::Result<()> {
    let stream = to.get_mut();
    write!(stream, "*{}\r\n", words.len())?;
    words.iter().try_for_each(|word| write!(stream, "${}\r\n{word}\r\n", word.len()))
}

fn receive(from: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if from.read_line(&mut line)? == 0 {
        return Err(io::Error::other("it hung up"));
    }
    let line = line.trim_end();
    let (kind, rest) = line.split_at_checked(1).unwrap_or_default();
    let length = || rest.parse::<usize>().ok();
    match (kind, length()) {
        ("-", _) => Err(io::Error::other(rest.to_owned())),
        ("$", Some(length)) => {
            let mut bytes = vec![0; length + 2];
            from.read_exact(&mut bytes)?;
            bytes.truncate(length);
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        }
        ("*", Some(length)) => {
            let parts: io::Result<Vec<String>> = (0..length).map(|_| receive(from)).collect();
            Ok(parts?.join("\n"))
        }
        ("$" | "*", None) => Ok(String::new()),
        _ => Ok(rest.to_owned()),
    }
}
