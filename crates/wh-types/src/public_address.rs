//! Addresses that a message to a stranger's endpoint may be sent to.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use crate::IpAddress;

/// An IP address of the public internet. Everything inside the operator's network is none: loopback, private, link-local with the
/// metadata services of clouds, shared, unique local, multicast, reserved and documentation addresses.
///
/// A guard against requests forged by a server (SSRF). Resolve the host of the endpoint once, pass each address through
/// [`of`](Self::of), and connect to one that it gives: a second resolution may answer differently (DNS rebinding). Do the same
/// for each redirect, or follow none.
///
/// IPv4 inside of IPv6 is judged as IPv4 where it is mapped (`::ffff:0:0/96`), and by what it leads to in NAT64
/// (`64:ff9b::/96`). 6to4, Teredo and other tunnels are refused.
///
/// ```
/// use wh_types::{IpAddress, PublicAddress};
///
/// assert!(PublicAddress::of(IpAddress::parse("1.1.1.1")?).is_some());
/// assert!(PublicAddress::of(IpAddress::parse("::ffff:169.254.169.254")?).is_none());
/// # Ok::<(), wh_types::Invalid>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicAddress(IpAddr);

impl PublicAddress {
    /// The address, if it is one of the public internet.
    #[must_use]
    pub fn of(address: IpAddress) -> Option<Self> {
        let public = match address.get() {
            IpAddr::V4(v4) => is_public_v4(v4),
            IpAddr::V6(v6) => is_public_v6(v6),
        };
        public.then_some(Self(address.get()))
    }

    /// The address, never an IPv4-mapped one.
    #[must_use]
    pub const fn get(self) -> IpAddr {
        self.0
    }
}

impl fmt::Display for PublicAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// IPv4 networks that are not public: the special-purpose registry of IANA (RFC 6890), multicast, and Azure's metadata service.
const NOT_PUBLIC: [(Ipv4Addr, u32); 16] = [
    // This network.
    (Ipv4Addr::UNSPECIFIED, 8),
    // Private.
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    // Shared by customers of a provider (RFC 6598). Alibaba's metadata service is in it.
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    // Loopback.
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link-local. The metadata services of most clouds are in it.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    // Azure answers its machines here.
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    // Protocol assignments.
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    // Documentation.
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // The former relays of 6to4.
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    // Benchmarks.
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    // Multicast.
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    // Reserved, and broadcast.
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let inside = |&(network, prefix): &(Ipv4Addr, u32)| {
        let mask = u32::MAX << (32 - prefix);
        address.to_bits() & mask == network.to_bits()
    };
    !NOT_PUBLIC.iter().any(inside)
}

/// Only `2000::/3` is assigned to the public internet (RFC 4291), and NAT64 leads to it.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        // Protocol assignments with Teredo, benchmarks and ORCHID (2001::/23), documentation, 6to4.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [0x2000..=0x3fff, ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<PublicAddress> {
        PublicAddress::of(IpAddress::parse(text).unwrap())
    }

    // First and last addresses of the blocks in IANA's special-purpose registries, and metadata services of clouds.
    #[test]
    fn an_address_inside_a_network_is_refused() {
        for inside in [
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "168.63.129.16",
            "169.254.0.0",
            "169.254.169.254",
            "169.254.255.255",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.0.0",
            "192.0.0.255",
            "192.0.2.0",
            "192.0.2.255",
            "192.88.99.1",
            "192.168.0.0",
            "192.168.255.255",
            "198.18.0.0",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.0",
            "239.255.255.255",
            "240.0.0.0",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::1.1.1.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:a9fe:a9fe",
            "::ffff:0:127.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::1.1.1.1",
            "100::1",
            "2001::1",
            "2001:0:53aa:64c:0:0:fefe:fefe",
            "2001:1ff:ffff::",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:101:101::",
            "3fff::1",
            "3fff:fff:ffff::",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fdff:ffff::",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "ffff::1",
        ] {
            assert_eq!(of(inside), None, "{inside}");
        }
    }

    #[test]
    fn an_address_beside_each_block_is_public() {
        for outside in [
            "1.0.0.0",
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "168.63.129.15",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.88.98.255",
            "192.88.100.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "198.51.101.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "2000::1",
            "2001:200::1",
            "2001:db7::1",
            "2001:db9::1",
            "2003::1",
            "2606:4700:4700::1111",
            "3ffe::1",
            "3fff:1000::1",
            "64:ff9b::1.1.1.1",
        ] {
            let address = of(outside).unwrap_or_else(|| panic!("{outside} is public"));
            assert_eq!(address.get(), IpAddress::parse(outside).unwrap().get());
        }
        assert_eq!(of("::ffff:1.1.1.1").unwrap().to_string(), "1.1.1.1");
    }
}
