//! How the text of a setting becomes its value.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use wh_types::{Bandwidth, Cpu, Size};

use crate::error::shown;
use crate::words::{LogFormat, LogLevel, MailTransport, SmtpTls, SslMode, StoredForm};

/// What a source says: a text, or a list of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Raw {
    Text(String),
    List(Vec<String>),
}

/// What a setting looks like, for the JSON schema and for those who read a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    Secret,
    Port,
    Count,
    Bool,
    Words(&'static [&'static str]),
    Duration,
    Size,
    Cpu,
    Bandwidth,
    Url,
    Path,
    TextList,
    SecretList,
}

impl Shape {
    pub(crate) const fn is_list(self) -> bool {
        matches!(self, Self::TextList | Self::SecretList)
    }
}

/// A type that a setting can have.
pub(crate) trait Setting: Sized {
    const SHAPE: Shape;

    /// Reads a text that is not empty, or says what is wrong and what would be right.
    fn read(text: &str) -> Result<Self, String>;

    /// Reads a list.
    fn read_list(_items: &[String]) -> Result<Self, String> {
        Err("is a list: write one value".to_owned())
    }

    /// What an empty text means, and what stands in for a faulty value until all faults are known.
    fn absent() -> Self;
}

fn refuse<T>(text: &str, what: &str, right: &str) -> Result<T, String> {
    Err(format!("{:?} is not {what}: write {right}", shown(text)))
}

impl Setting for String {
    const SHAPE: Shape = Shape::Text;

    fn read(text: &str) -> Result<Self, String> {
        no_nul(text).map(|()| text.to_owned())
    }

    fn absent() -> Self {
        Self::new()
    }
}

impl Setting for SecretString {
    const SHAPE: Shape = Shape::Secret;

    fn read(text: &str) -> Result<Self, String> {
        no_nul(text).map(|()| text.to_owned().into())
    }

    fn absent() -> Self {
        Self::default()
    }
}

/// The one thing that is wrong with a text; it never shows the text, which may be secret.
fn no_nul(text: &str) -> Result<(), String> {
    if text.contains('\0') {
        Err("holds a NUL byte, which has no place in a text".to_owned())
    } else {
        Ok(())
    }
}

impl Setting for PathBuf {
    const SHAPE: Shape = Shape::Path;

    fn read(text: &str) -> Result<Self, String> {
        no_nul(text).map(|()| Self::from(text))
    }

    fn absent() -> Self {
        Self::new()
    }
}

impl<T: Setting> Setting for Option<T> {
    const SHAPE: Shape = T::SHAPE;

    fn read(text: &str) -> Result<Self, String> {
        T::read(text).map(Some)
    }

    fn absent() -> Self {
        None
    }
}

impl Setting for Vec<String> {
    const SHAPE: Shape = Shape::TextList;

    fn read(_text: &str) -> Result<Self, String> {
        Err("is one value: write a list".to_owned())
    }

    fn read_list(items: &[String]) -> Result<Self, String> {
        items.iter().map(|item| String::read(item)).collect()
    }

    fn absent() -> Self {
        Self::new()
    }
}

impl Setting for Vec<SecretString> {
    const SHAPE: Shape = Shape::SecretList;

    fn read(_text: &str) -> Result<Self, String> {
        Err("is one value: write a list".to_owned())
    }

    fn read_list(items: &[String]) -> Result<Self, String> {
        items.iter().map(|item| SecretString::read(item)).collect()
    }

    fn absent() -> Self {
        Self::new()
    }
}

/// A TCP port.
impl Setting for u16 {
    const SHAPE: Shape = Shape::Port;

    fn read(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(port) if port > 0 => Ok(port),
            _ => refuse(text, "a port", "a number from 1 to 65535"),
        }
    }

    fn absent() -> Self {
        0
    }
}

/// A count of something; the largest is what an `integer` column holds.
impl Setting for u32 {
    const SHAPE: Shape = Shape::Count;

    fn read(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(count) if count <= i32::MAX.unsigned_abs() => Ok(count),
            _ => refuse(text, "a count", "a number from 0 to 2147483647"),
        }
    }

    fn absent() -> Self {
        0
    }
}

impl Setting for bool {
    const SHAPE: Shape = Shape::Bool;

    fn read(text: &str) -> Result<Self, String> {
        match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => refuse(text, "a truth value", "true or false"),
        }
    }

    fn absent() -> Self {
        false
    }
}

impl Setting for Duration {
    const SHAPE: Shape = Shape::Duration;

    fn read(text: &str) -> Result<Self, String> {
        crate::duration::parse(text)
            .map_or_else(|| refuse(text, "a duration", "one like 500ms, 5s, 10m or 1h30m"), Ok)
    }

    fn absent() -> Self {
        Self::ZERO
    }
}

macro_rules! quantities {
    ($($name:ident),+) => {$(
        impl Setting for $name {
            const SHAPE: Shape = Shape::$name;

            fn read(text: &str) -> Result<Self, String> {
                text.parse().map_err(|error: wh_types::Invalid| error.to_string())
            }

            fn absent() -> Self {
                Self::UNLIMITED
            }
        }
    )+};
}

quantities!(Size, Cpu, Bandwidth);

macro_rules! vocabularies {
    ($($name:ident: $what:literal, $absent:ident;)+) => {$(
        impl Setting for $name {
            const SHAPE: Shape = Shape::Words(Self::WORDS);

            fn read(text: &str) -> Result<Self, String> {
                let found = Self::ALL.iter().find(|word| word.as_str() == text);
                found.copied().map_or_else(|| refuse(text, $what, &format!("one of {}", Self::WORDS.join(", "))), Ok)
            }

            fn absent() -> Self {
                Self::$absent
            }
        }
    )+};
}

vocabularies! {
    SslMode: "an sslmode", Prefer;
    StoredForm: "a stored form", V1;
    LogLevel: "a log level", Info;
    LogFormat: "a log format", Text;
    SmtpTls: "a TLS mode", StartTls;
    MailTransport: "a transport of mail", Smtp;
}

/// An `http` or `https` URL without user, password, query and fragment, and without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HttpUrl(String);

impl HttpUrl {
    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) const fn new(url: String) -> Self {
        Self(url)
    }
}

impl std::fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

impl Setting for HttpUrl {
    const SHAPE: Shape = Shape::Url;

    fn read(text: &str) -> Result<Self, String> {
        // A password may be in it, so the value is not shown.
        let wrong = || {
            Err("is not a URL: write one like https://panel.acme.dev, without user, query and fragment"
                .to_owned())
        };
        let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
            return wrong();
        };
        let host = rest.split('/').next().unwrap_or_default();
        let odd = |c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, '@' | '?' | '#' | '\\' | '"' | '<' | '>')
        };
        if host.trim_start_matches(':').is_empty() || host.starts_with(':') || rest.contains(odd) {
            return wrong();
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    fn absent() -> Self {
        Self(String::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_counts_end_where_they_should() {
        assert_eq!((u16::read("1"), u16::read("65535")), (Ok(1), Ok(65535)));
        for bad in ["0", "65536", "-1", "80a", "0x50", " 80"] {
            assert_eq!(u16::read(bad), Err(format!("{bad:?} is not a port: write a number from 1 to 65535")));
        }
        assert_eq!((u32::read("0"), u32::read("2147483647")), (Ok(0), Ok(2_147_483_647)));
        assert!(u32::read("2147483648").is_err());
    }

    #[test]
    fn urls_are_taken_without_their_last_slash_and_without_credentials() {
        assert_eq!(HttpUrl::read("https://a.b:8443/x/").unwrap().as_str(), "https://a.b:8443/x");
        assert_eq!(HttpUrl::read("http://localhost").unwrap().to_string(), "http://localhost");
        for bad in [
            "a.b",
            "ftp://a.b",
            "https://",
            "https:///x",
            "https://u:hunter2@a.b",
            "https://a.b?x=1",
            "https://a.b#x",
            "https://a b",
            "http://:80",
        ] {
            let problem = HttpUrl::read(bad).unwrap_err();
            assert!(problem.starts_with("is not a URL") && !problem.contains("hunter2"), "{bad}: {problem}");
        }
    }

    #[test]
    fn words_are_taken_as_they_are_written_and_no_others() {
        assert_eq!(SslMode::read("verify-full"), Ok(SslMode::VerifyFull));
        insta::assert_snapshot!(SslMode::read("on").unwrap_err(), @r#""on" is not an sslmode: write one of disable, prefer, require, verify-ca, verify-full"#);
        insta::assert_snapshot!(bool::read("yes").unwrap_err(), @r#""yes" is not a truth value: write true or false"#);
    }

    #[test]
    fn a_nul_is_refused_without_showing_the_text() {
        assert_eq!(String::read("hunter2\0").unwrap_err(), "holds a NUL byte, which has no place in a text");
        assert!(SecretString::read("hunter2\0").is_err() && PathBuf::read("a\0").is_err());
    }
}
