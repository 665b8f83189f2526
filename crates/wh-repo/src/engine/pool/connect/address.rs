//! The addresses behind a connection string, each to be tried by itself.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, SocketAddr};
#[cfg(unix)]
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::timeout;
use tokio_postgres::Config;
use tokio_postgres::config::{Host as DriverHost, LoadBalanceHosts};

const DEFAULT_PORT: u16 = 5432;

/// How long an address that did not answer in time is tried after the others.
const DEMOTED: Duration = Duration::from_mins(1);

/// One entry of a connection string's list of hosts.
#[derive(Clone, Debug)]
pub(super) struct Host {
    place: Place,
    port: u16,
}

#[derive(Clone, Debug)]
enum Place {
    /// A name to look up, or an address.
    Name(String),
    /// The name is for certificates, the address to connect to.
    Known { name: String, ip: IpAddr },
    #[cfg(unix)]
    Socket(PathBuf),
}

/// Where one attempt goes.
#[derive(Clone, Debug)]
pub(super) enum Address {
    Ip {
        name: String,
        at: SocketAddr,
    },
    #[cfg(unix)]
    Socket {
        folder: PathBuf,
        port: u16,
    },
}

/// Reads the hosts of a connection string.
pub(super) fn hosts(driver: &Config) -> Result<Vec<Host>, String> {
    let (names, ips, ports) = (driver.get_hosts(), driver.get_hostaddrs(), driver.get_ports());
    let count = names.len().max(ips.len());
    if count == 0 {
        return Err("the connection string names no host".to_owned());
    }
    if !names.is_empty() && !ips.is_empty() && names.len() != ips.len() {
        return Err(format!(
            "host names {} servers and hostaddr {}: name as many in each",
            names.len(),
            ips.len()
        ));
    }
    if ports.len() > 1 && ports.len() != count {
        return Err(format!("port has {} entries for {count} hosts: give one, or one for each", ports.len()));
    }
    let host = |at: usize| {
        let port = ports.get(at).or(ports.first()).copied().unwrap_or(DEFAULT_PORT);
        let place = match (names.get(at), ips.get(at)) {
            (Some(DriverHost::Tcp(name)), Some(ip)) => Place::Known { name: name.clone(), ip: *ip },
            (Some(DriverHost::Tcp(name)), None) => Place::Name(name.clone()),
            #[cfg(unix)]
            (Some(DriverHost::Unix(folder)), _) => Place::Socket(folder.clone()),
            (None, Some(ip)) => Place::Known { name: ip.to_string(), ip: *ip },
            (None, None) => return None,
        };
        Some(Host { place, port })
    };
    Ok((0..count).filter_map(host).collect())
}

impl Host {
    /// True unless it is a Unix socket.
    pub(super) fn over_tcp(&self) -> bool {
        match self.place {
            Place::Name(_) | Place::Known { .. } => true,
            #[cfg(unix)]
            Place::Socket(_) => false,
        }
    }

    /// The addresses of this host, or why there are none.
    pub(super) async fn look_up(&self, patience: Duration) -> Result<Vec<Address>, String> {
        let name = match &self.place {
            Place::Name(name) => name,
            Place::Known { name, ip } => {
                return Ok(vec![Address::Ip { name: name.clone(), at: SocketAddr::new(*ip, self.port) }]);
            }
            #[cfg(unix)]
            Place::Socket(folder) => {
                return Ok(vec![Address::Socket { folder: folder.clone(), port: self.port }]);
            }
        };
        let found = match timeout(patience, tokio::net::lookup_host((name.as_str(), self.port))).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => return Err(format!("the name cannot be looked up: {error}")),
            Err(_) => return Err(format!("the name was not looked up within {} ms", patience.as_millis())),
        };
        let addresses: Vec<_> = found.map(|at| Address::Ip { name: name.clone(), at }).collect();
        if addresses.is_empty() { Err("the name has no address".to_owned()) } else { Ok(addresses) }
    }
}

impl Address {
    /// Points the driver at this address alone. The name stays, for the certificate.
    pub(super) fn aim(&self, template: &Config) -> Config {
        let mut driver = template.clone();
        match self {
            Self::Ip { name, at } => driver.host(name).hostaddr(at.ip()).port(at.port()),
            #[cfg(unix)]
            Self::Socket { folder, port } => driver.host_path(folder).port(*port),
        };
        driver
    }

    fn ip(&self) -> Option<SocketAddr> {
        match self {
            Self::Ip { at, .. } => Some(*at),
            #[cfg(unix)]
            Self::Socket { .. } => None,
        }
    }
}

/// Puts a list in another order each time, where `load_balance_hosts=random` asks for it.
pub(super) fn balance<T>(list: &mut [T], how: LoadBalanceHosts) {
    if how == LoadBalanceHosts::Random {
        let (state, mut count) = (RandomState::new(), 0_u64);
        list.sort_by_cached_key(|_| {
            count = count.wrapping_add(1);
            state.hash_one(count)
        });
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Name(name) | Place::Known { name, .. } => write_name(f, name, self.port),
            #[cfg(unix)]
            Place::Socket(folder) => write!(f, "{}/.s.PGSQL.{}", folder.display(), self.port),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip { name, at } if *name == at.ip().to_string() => write!(f, "{at}"),
            Self::Ip { name, at } => {
                write_name(f, name, at.port())?;
                write!(f, " ({})", at.ip())
            }
            #[cfg(unix)]
            Self::Socket { folder, port } => write!(f, "{}/.s.PGSQL.{port}", folder.display()),
        }
    }
}

fn write_name(f: &mut fmt::Formatter<'_>, name: &str, port: u16) -> fmt::Result {
    if name.contains(':') { write!(f, "[{name}]:{port}") } else { write!(f, "{name}:{port}") }
}

/// Addresses that took all their time lately. They are tried last, so that not every connection waits for a dead host.
#[derive(Clone, Debug, Default)]
pub(super) struct Slow(Arc<Mutex<HashMap<SocketAddr, Instant>>>);

impl Slow {
    pub(super) fn note(&self, address: &Address) {
        if let Some(ip) = address.ip() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(ip, Instant::now());
        }
    }

    pub(super) fn clear(&self, address: &Address) {
        if let Some(ip) = address.ip() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&ip);
        }
    }

    pub(super) fn contains(&self, address: &Address) -> bool {
        let Some(ip) = address.ip() else { return false };
        let mut slow = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slow.retain(|_, since| since.elapsed() < DEMOTED);
        slow.contains_key(&ip)
    }
}
