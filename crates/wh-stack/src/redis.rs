//! A private Redis or Valkey in the folder of a guard.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{
    binaries::Binary,
    error::{Result, StackError},
    guard::{Guard, write_shared},
    postgres::{free_port, reachable_folder},
    reach::ask_redis,
    shell::Program,
    user::User,
};

const PATIENCE: Duration = Duration::from_secs(20);

/// Starts a server that keeps nothing, and returns its URL.
pub(crate) fn start(guard: &Guard, binary: &Binary, user: Option<User>) -> Result<String> {
    let folder = guard.folder();
    let bin = reachable_folder(binary, folder, user)?;
    let program = binary.program.file_name().map_or_else(|| bin.clone(), |name| bin.join(name));
    let password = uuid::Uuid::new_v4().simple().to_string();
    let conf = folder.join("redis.conf");
    for _ in 0..5 {
        let port = free_port()?;
        let settings = format!(
            "bind 127.0.0.1\nport {port}\nunixsocket {folder}/redis.sock\nunixsocketperm 700\ndir {folder}\n\
             save \"\"\nappendonly no\ndaemonize no\nrequirepass {password}\n",
            folder = folder.display()
        );
        write_shared(&conf, settings)?;
        guard.run("redis", &Program::new(&program).arg(&conf))?;
        let address = format!("127.0.0.1:{port}");
        if wait_until_ready(guard, &address, &password, binary)? {
            return Ok(format!("redis://:{password}@{address}"));
        }
    }
    Err(failure(guard, binary, "five free ports in a row were taken before it could bind them".to_owned()))
}

/// Whether it answers; false if its port was taken.
fn wait_until_ready(guard: &Guard, address: &str, password: &str, binary: &Binary) -> Result<bool> {
    let begin = Instant::now();
    loop {
        if let Some(code) = guard.exit_code("redis") {
            if guard.log_tail("redis").contains("bind") {
                return Ok(false);
            }
            return Err(failure(guard, binary, format!("it ended with status {code}")));
        }
        match ask_redis(address, Some(password), Duration::from_secs(5)) {
            Ok(()) => return Ok(true),
            Err(cause) if begin.elapsed() > PATIENCE => {
                return Err(failure(
                    guard,
                    binary,
                    format!("it did not answer within {} s: {cause}", PATIENCE.as_secs()),
                ));
            }
            Err(_) => thread::sleep(Duration::from_millis(10)),
        }
    }
}

fn failure(guard: &Guard, binary: &Binary, problem: String) -> StackError {
    StackError::DidNotStart { program: binary.to_string(), problem, log: guard.log_tail("redis") }
}
