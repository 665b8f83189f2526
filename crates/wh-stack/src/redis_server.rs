//! A Redis or Valkey of a test's own, which can be stopped, killed and filled.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::fs::chown,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    StackError,
    private::{Guard, Program, User, choose_redis, free_port, reachable_folder, write_shared},
};

const NAME: &str = "redis";
const PATIENCE: Duration = Duration::from_secs(20);

/// A private server on a port of its own, which it keeps over restarts. It ends with this value, whatever state it is in.
///
/// It asks for a password and keeps nothing on disk, unless its settings say otherwise.
#[derive(Debug)]
pub struct RedisServer {
    guard: Guard,
    program: Program,
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
        let binary = choose_redis()?;
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
        let server = Self { guard, program, port, password };
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
        self.signal(Signal::STOP);
    }

    /// Lets it go on after [`freeze`](Self::freeze).
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Ends it with SIGKILL, and returns when it is gone.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
        wait("it is gone", || self.guard.exit_code(NAME).is_some());
    }

    /// Starts it again on its port, with the same settings, and returns when it answers.
    pub fn restart(&self) {
        // Or the end of the last run would be taken for that of the next.
        drop(fs::remove_file(self.guard.folder().join(format!("{NAME}.exit"))));
        must(self.guard.run(NAME, &self.program));
        wait("it answers", || {
            if let Some(code) = self.guard.exit_code(NAME) {
                let log = self.guard.log_tail(NAME);
                must::<(), _>(Err(io::Error::other(format!("the server ended with status {code}:\n{log}"))));
            }
            self.ask(&["PING"]).is_ok_and(|answer| answer == "PONG")
        });
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

    fn pid(&self) -> Option<Pid> {
        let text = fs::read_to_string(self.guard.folder().join(format!("{NAME}.server"))).ok()?;
        Pid::from_raw(text.trim().parse().ok()?)
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid() {
            must(kill_process(pid, signal));
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // A frozen process hears nothing else, and the guard would wait for it.
        if let Some(pid) = self.pid().filter(|_| self.guard.exit_code(NAME).is_none()) {
            let _ = kill_process(pid, Signal::KILL);
        }
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

fn wait(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        if begin.elapsed() > PATIENCE {
            must::<(), _>(Err(format!("the server of this test: {what} did not come true in time")));
        }
        thread::sleep(Duration::from_millis(2));
    }
}

#[expect(clippy::panic, reason = "a test kit may end the test that it cannot serve")]
fn must<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}
