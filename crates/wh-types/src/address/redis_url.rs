//! Where a Redis is, in one text.

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};

use super::{HostPort, refuse};
use crate::Invalid;

/// The URL of a Redis or Valkey: one server, a cluster, or a group behind sentinels. `Debug` does not show
/// it.
///
/// Schemes are `redis`, `rediss`, `valkey` and `valkeys`, each with `-cluster` or `-sentinel` behind it where
/// it is one.
#[derive(Debug, Clone)]
pub struct RedisUrl(SecretString);

impl RedisUrl {
    /// The schemes without what the servers are.
    pub const SCHEMES: [&str; 4] = ["redis", "rediss", "valkey", "valkeys"];

    /// Reads a URL by the rules of the client: hosts with ports from 1 to 65535, a database from 0 to 255,
    /// which is 0 in a cluster.
    ///
    /// # Errors
    /// [`Invalid::Form`], which never shows the text.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const WHAT: &str = "URL of a Redis";
        let no_url = "is no address of a Redis: write one like rediss://user:password@host:6379/0, with the scheme redis, \
                      rediss, valkey or valkeys, and -cluster or -sentinel behind it where it is one";
        let Some((scheme, rest)) = text.split_once("://") else { return refuse(WHAT, no_url) };
        let (family, kind) = scheme.split_once('-').unwrap_or((scheme, ""));
        if !Self::SCHEMES.contains(&family) || !matches!(kind, "" | "cluster" | "sentinel") {
            return refuse(WHAT, no_url);
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) || text.contains('#') {
            return refuse(WHAT, "holds white space or a #: write them as %20 and %23");
        }
        let (before, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = before.split_once('/').unwrap_or((before, ""));
        let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        if user.contains('@') || !is_escaped(user) {
            return refuse(
                WHAT,
                "has a sign in its user or password that must be escaped: write @ as %40, / as %2F, % as %25",
            );
        }
        let own_port = if kind == "sentinel" { 26379 } else { 6379 };
        if HostPort::parse_with_default(host, own_port).is_none() {
            return refuse(
                WHAT,
                "has no host, or a port that is not from 1 to 65535: write one like redis://host:6379/0",
            );
        }
        let whole = path.len() <= 3 && path.bytes().all(|byte| byte.is_ascii_digit());
        match path.parse::<u8>() {
            _ if path.is_empty() => {}
            Ok(0) if whole => {}
            Ok(_) if whole && kind != "cluster" => {}
            Ok(_) => {
                return refuse(
                    WHAT,
                    "names a database of a cluster, which has none but 0: leave the number out",
                );
            }
            Err(_) => {
                return refuse(
                    WHAT,
                    "names a database that is not a number from 0 to 255: write one like redis://host:6379/0",
                );
            }
        }
        let pairs = || query.split('&').filter_map(|pair| pair.split_once('='));
        if pairs().any(|(name, value)| name == "node" && !is_node(value)) {
            return refuse(WHAT, "names a node that is not host:port: write one like ?node=host2:6379");
        }
        if kind == "sentinel"
            && !pairs().any(|(name, value)| name == "sentinelServiceName" && !value.is_empty())
        {
            return refuse(
                WHAT,
                "does not say which service its sentinels watch: add ?sentinelServiceName=NAME",
            );
        }
        Ok(Self(text.into()))
    }

    /// The URL.
    #[must_use]
    pub const fn as_secret(&self) -> &SecretString {
        &self.0
    }

    /// The password in it, as it was before it was escaped; none where there is none.
    #[must_use]
    pub fn password(&self) -> Option<SecretString> {
        let text = self.0.expose_secret();
        let (_, rest) = text.split_once("://")?;
        let (user, _) = rest.split(['/', '?']).next()?.rsplit_once('@')?;
        let (_, password) = user.split_once(':')?;
        Some(percent_decode_str(password).decode_utf8_lossy().into_owned().into())
    }
}

/// True where each `%` begins an escape, and the escapes make UTF-8.
fn is_escaped(text: &str) -> bool {
    let hex = |rest: &str| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    text.split('%').skip(1).all(hex) && percent_decode_str(text).decode_utf8().is_ok()
}

/// The client splits a node at its one colon: no IPv6 address fits.
fn is_node(value: &str) -> bool {
    let value = percent_decode_str(value).decode_utf8_lossy();
    value.matches(':').count() == 1 && HostPort::parse(&value).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_clusters_and_sentinels_are_taken() {
        for url in [
            "redis://h",
            "redis://h:6379/",
            "rediss://app:hunter2@h:6379/15",
            "redis://:p%40ss@[::1]:6379/0",
            "valkey-cluster://h:6379?node=h2:6379&node=h3:6379",
            "valkeys-cluster://h/0",
            "redis-sentinel://h/1?sentinelServiceName=main&node=h2:26379",
        ] {
            assert_eq!(RedisUrl::parse(url).unwrap().as_secret().expose_secret(), url);
        }
        assert_eq!(RedisUrl::parse("redis://:p%40ss@h").unwrap().password().unwrap().expose_secret(), "p@ss");
        assert!(RedisUrl::parse("redis://h:1/0?x=a:b@c").unwrap().password().is_none());
    }

    #[test]
    fn what_the_client_would_refuse_is_refused_and_not_shown() {
        for url in [
            "hunter2",
            "http://:hunter2@h",
            "redis://",
            "redis://hunter2@/",
            "unix:///hunter2",
            "redis-x://hunter2",
            "redis://h:99999/0",
            "redis://h:0",
            "redis://h:",
            "redis://h/256",
            "redis://h/hunter2",
            "redis://h/1/2",
            "redis://u:hun@ter2@h",
            "redis://u:hunter2%@h",
            "redis://u:hunter2%ff@h",
            "redis://u:hunter2#@h",
            "redis://h h",
            "redis-cluster://h/1",
            "redis-cluster://h?node=hunter2",
            "redis-cluster://h?node=[::1]:6379",
            "redis-sentinel://h",
            "redis-sentinel://h?sentinelServiceName=",
            " redis://h",
        ] {
            let problem = RedisUrl::parse(url).unwrap_err().to_string();
            assert!(!problem.contains("hun"), "{url}: {problem}");
        }
    }
}
