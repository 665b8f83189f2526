//! Several servers in one setting, as libpq writes them: `host: db1,db2` and `port: 5432,5433`.

use std::fmt;

use wh_types::Host;

use crate::error::refuse;
use crate::setting::{Setting, whole};
use crate::shape::Shape;

/// The hosts of a database in the order in which they are tried: names, addresses, or folders of Unix
/// sockets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hosts(Vec<String>);

impl Hosts {
    /// Each host: a name, an IP address without brackets, or a folder, which begins with a slash.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// How many hosts there are: at least one.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is always a host")]
    pub const fn len(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.join(","))
    }
}

impl Setting for Hosts {
    const SHAPE: Shape = Shape::Hosts;

    fn read(_shape: Shape, text: &str) -> Result<Self, String> {
        let read = |host: &str| {
            if host.starts_with('/') { Ok(host.to_owned()) } else { Host::parse(host).map(Host::into_string) }
        };
        let hosts = text.split(',').map(read).collect::<Result<_, _>>();
        hosts.map(Self).map_err(|error| error.problem())
    }

    fn absent() -> Self {
        Self(vec![Host::localhost().into_string()])
    }
}

/// The TCP ports of those hosts: one for all, or one for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ports(Vec<u16>);

impl Ports {
    /// Each port as it was written.
    pub fn iter(&self) -> impl Iterator<Item = u16> {
        self.0.iter().copied()
    }

    /// The ports of so many hosts, or none where their number does not fit.
    pub(crate) fn of(&self, hosts: usize) -> Option<Vec<u16>> {
        match self.0.as_slice() {
            [one] => Some(vec![*one; hosts]),
            many => (many.len() == hosts).then(|| many.to_vec()),
        }
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.iter().map(u16::to_string).collect::<Vec<_>>().join(","))
    }
}

impl Setting for Ports {
    const SHAPE: Shape = Shape::Ports;

    fn read(_shape: Shape, text: &str) -> Result<Self, String> {
        let port =
            |text: &str| whole(text).and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
        let ports = text.split(',').map(port).collect::<Option<Vec<_>>>();
        ports.map_or_else(
            || refuse(text, "a port", "a number from 1 to 65535, or one for each host"),
            |ports| Ok(Self(ports)),
        )
    }

    fn absent() -> Self {
        Self(vec![5432])
    }
}
