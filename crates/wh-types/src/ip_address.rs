//! The IP address of a person or a machine.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use crate::Invalid;

/// An IP address in its canonical form: IPv4-mapped IPv6 (`::ffff:203.0.113.7`) is IPv4, and IPv6 is written
/// as RFC 5952 says. Two spellings of one address are equal and give the same text, so they count as one
/// device.
///
/// ```
/// use wh_types::IpAddress;
///
/// assert_eq!(IpAddress::parse("2001:DB8:0::7")?.to_string(), "2001:db8::7");
/// assert_eq!(IpAddress::parse("::ffff:203.0.113.7")?, IpAddress::parse("203.0.113.7")?);
/// # Ok::<(), wh_types::Invalid>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpAddress(IpAddr);

impl IpAddress {
    /// Reads an address. White space around it is ignored.
    ///
    /// # Errors
    /// [`Invalid::IpAddress`] for everything else: an empty text, a port, brackets, a zone (`%eth0`), octets
    /// with leading zeros.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        text.trim().parse::<IpAddr>().map(Self::from).map_err(|_| Invalid::IpAddress)
    }

    /// The address, never an IPv4-mapped one.
    #[must_use]
    pub const fn get(self) -> IpAddr {
        self.0
    }
}

impl From<IpAddr> for IpAddress {
    fn from(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }
}

impl From<Ipv4Addr> for IpAddress {
    fn from(address: Ipv4Addr) -> Self {
        IpAddr::from(address).into()
    }
}

impl From<Ipv6Addr> for IpAddress {
    fn from(address: Ipv6Addr) -> Self {
        IpAddr::from(address).into()
    }
}

impl FromStr for IpAddress {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for IpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_one_spelling() {
        // The IPv6 texts are those of RFC 5952, sections 1, 2 and 4.
        for (given, written) in [
            ("203.0.113.7", "203.0.113.7"),
            (" 203.0.113.7\r\n", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("::FFFF:cb00:7107", "203.0.113.7"),
            ("0:0:0:0:0:ffff:203.0.113.7", "203.0.113.7"),
            ("2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"),
            ("2001:DB8:0:0:1::1", "2001:db8::1:0:0:1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:db8:aaaa:bbbb:cccc:dddd:eeee:AAAA", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa"),
            ("0:0:0:0:0:0:0:1", "::1"),
            ("0000::0", "::"),
        ] {
            assert_eq!(IpAddress::parse(given).unwrap().to_string(), written, "{given}");
        }
        let socket: std::net::SocketAddr = "[::ffff:203.0.113.7]:443".parse().unwrap();
        assert_eq!(IpAddress::from(socket.ip()).to_string(), "203.0.113.7");
    }

    #[test]
    fn everything_else_is_refused_and_not_repeated() {
        for given in [
            "",
            " ",
            "<script>",
            "localhost",
            "203.0.113",
            "203.0.113.256",
            "203.0.113.07",
            "0xcb007107",
            "3405803783",
            "203.0.113.7:443",
            "203.0.113.7, 10.0.0.1",
            "203.0.113.7/32",
            "[2001:db8::7]",
            "fe80::1%eth0",
            "2001:db8::1::7",
            "203.0.113.7\0",
            "２０３.0.113.7",
        ] {
            assert_eq!(IpAddress::parse(given), Err(Invalid::IpAddress), "{given:?}");
        }
        insta::assert_snapshot!(
            Invalid::IpAddress,
            @"not an IP address: write it like 203.0.113.7 or 2001:db8::7, without port, brackets or zone"
        );
    }
}
