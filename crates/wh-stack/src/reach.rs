//! Whether a server answers.

use std::{
    io::{Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

use tokio_postgres::{
    NoTls,
    config::{Host, SslMode},
};

use super::{
    error::{Result, StackError},
    process::wait_for,
};

/// How long a server that somebody named has for its answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a Postgres says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PostgresFacts {
    pub(crate) version: String,
    pub(crate) tls: bool,
}

/// Logs in and asks for version and TLS.
pub(crate) fn ask_postgres(url: &str, patience: Duration) -> std::result::Result<PostgresFacts, String> {
    let mut config: tokio_postgres::Config = url.parse().map_err(|error| chain(&error))?;
    config.connect_timeout(patience);
    if config.get_ssl_mode() == SslMode::Require {
        // We speak no TLS here: that somebody listens is as much as can be told.
        return listens(&config, patience)
            .map(|()| PostgresFacts { version: "unknown".to_owned(), tls: true });
    }
    let talk = async {
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        let row = client
            .query_one("SELECT current_setting('server_version'), current_setting('ssl_library', true)", &[])
            .await?;
        let library: Option<String> = row.try_get(1)?;
        Ok(PostgresFacts { version: row.try_get(0)?, tls: library.is_some_and(|name| !name.is_empty()) })
    };
    let limited = async { tokio::time::timeout(patience, talk).await };
    match wait_for(limited) {
        Ok(Ok(answer)) => answer.map_err(|error: tokio_postgres::Error| chain(&error)),
        Ok(Err(_)) => Err(format!("it did not answer within {} s", patience.as_secs())),
        Err(error) => Err(error.to_string()),
    }
}

/// The hosts and ports of a Postgres URL, for people; never its password.
#[must_use]
pub fn postgres_address(url: &str) -> String {
    let Ok(config) = url.parse::<tokio_postgres::Config>() else {
        return "an address that cannot be read".to_owned();
    };
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate().map(|(index, host)| {
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        match host {
            Host::Tcp(name) => format!("{name}:{port}"),
            Host::Unix(path) => format!("{}/.s.PGSQL.{port}", path.display()),
        }
    });
    let all: Vec<String> = hosts.collect();
    if all.is_empty() { "localhost:5432".to_owned() } else { all.join(", ") }
}

/// Fails unless the Postgres that `origin` names answers within five seconds.
///
/// # Errors
/// [`StackError::Unreachable`] with the address that was tried, and [`StackError::Setting`] if the URL cannot be read.
pub fn require_postgres(url: &str, origin: &'static str) -> Result<()> {
    postgres_facts(url, origin).map(drop)
}

pub(crate) fn postgres_facts(url: &str, origin: &'static str) -> Result<PostgresFacts> {
    if let Err(error) = url.parse::<tokio_postgres::Config>() {
        return Err(StackError::Setting {
            variable: origin,
            value: "(not shown, it may hold a password)".to_owned(),
            problem: format!(
                "that is no Postgres URL like postgres://user:password@host:5432/database: {}",
                chain(&error)
            ),
        });
    }
    ask_postgres(url, PATIENCE).map_err(|cause| StackError::Unreachable {
        server: "Postgres",
        address: postgres_address(url),
        origin: origin.to_owned(),
        cause,
    })
}

/// Greets a Redis or Valkey with its password, if there is one.
pub(crate) fn ask_redis(
    address: &str,
    password: Option<&str>,
    patience: Duration,
) -> std::result::Result<(), String> {
    let fail = |error: std::io::Error| error.to_string();
    let target = address.to_socket_addrs().map_err(fail)?.next().ok_or("its host name has no address")?;
    let mut stream = TcpStream::connect_timeout(&target, patience).map_err(fail)?;
    stream.set_read_timeout(Some(patience)).map_err(fail)?;
    let greeting = password.map_or_else(String::new, |password| format!("AUTH {password}\r\n")) + "PING\r\n";
    stream.write_all(greeting.as_bytes()).map_err(fail)?;
    let mut answer = String::new();
    let mut buffer = [0; 256];
    while !answer.contains("PONG\r\n") {
        let read = stream.read(&mut buffer).map_err(fail)?;
        let bytes = buffer.get(..read).filter(|bytes| !bytes.is_empty()).ok_or("it hung up")?;
        answer.push_str(&String::from_utf8_lossy(bytes));
        if answer.starts_with("-NOAUTH") || answer.starts_with("-LOADING") || answer.starts_with("-WRONGPASS")
        {
            return Err(answer.trim().to_owned());
        }
    }
    Ok(())
}

/// Fails unless the Redis that `REDIS_URL` names can be connected to. Its scheme decides what it speaks, so nothing is said.
pub(crate) fn require_redis(url: &str) -> Result<()> {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = after_scheme.split(['/', '?']).next().unwrap_or(after_scheme);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let named_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let address = if named_port { host.to_owned() } else { format!("{host}:6379") };
    let tried = address
        .to_socket_addrs()
        .and_then(|mut all| all.next().ok_or_else(|| std::io::Error::other("its host name has no address")))
        .and_then(|target| TcpStream::connect_timeout(&target, PATIENCE));
    tried.map(drop).map_err(|cause| StackError::Unreachable {
        server: "Redis",
        address,
        origin: "REDIS_URL".to_owned(),
        cause: cause.to_string(),
    })
}

fn listens(config: &tokio_postgres::Config, patience: Duration) -> std::result::Result<(), String> {
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let Some(Host::Tcp(name)) = config.get_hosts().first() else {
        return Ok(());
    };
    let mut addresses = (name.as_str(), port).to_socket_addrs().map_err(|error| error.to_string())?;
    let first = addresses.next().ok_or("its host name has no address")?;
    TcpStream::connect_timeout(&first, patience).map(drop).map_err(|error| error.to_string())
}

/// An error with its causes, which the driver's own message leaves out.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let more = cause.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_never_shows_the_password() {
        assert_eq!(postgres_address("postgres://me:geheim@db.example:6000/x"), "db.example:6000");
        assert_eq!(postgres_address("host=/run/pg port=5433 password=geheim"), "/run/pg/.s.PGSQL.5433");
        assert_eq!(postgres_address("geheim"), "an address that cannot be read");
    }

    #[test]
    fn a_postgres_that_is_not_there_is_named_with_host_and_port() {
        let error =
            require_postgres("postgres://me:geheim@127.0.0.1:1/x", "DATABASE_URL").unwrap_err().to_string();
        assert!(error.contains("127.0.0.1:1") && error.contains("DATABASE_URL"), "{error}");
        assert!(!error.contains("geheim"), "{error}");
    }

    #[test]
    fn a_redis_that_is_not_there_is_named_with_host_and_port() {
        let error = require_redis("redis://:geheim@127.0.0.1:1/0").unwrap_err().to_string();
        assert!(error.contains("127.0.0.1:1") && !error.contains("geheim"), "{error}");
    }
}
