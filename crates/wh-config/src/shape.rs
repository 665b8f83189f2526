//! The kinds of values: the one catalogue that settings are read by and that the JSON schema is made from.

use wh_types::{Domain, EmailAddress, Host, HostPort, Mailbox, Origin, RedisUrl, is_blank};

use crate::error::refuse;

/// The kind of values that a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One line of at most so many characters.
    Text { max: usize },
    /// One line of at most so many printable ASCII characters.
    Ascii { max: usize },
    /// A text that is never shown, of at least so many characters.
    Secret { min: usize },
    /// A file or a folder.
    Path,
    /// A TCP port.
    Port,
    /// TCP ports, with commas between them.
    Ports,
    /// A whole number from `min` to `max`.
    Count { min: u32, max: u32 },
    /// `true` or `false`.
    Bool,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A duration of at least a millisecond and at most so many.
    Duration { max_ms: u64 },
    /// Memory or disk.
    Size,
    /// An amount of CPU.
    Cpu,
    /// A bandwidth.
    Bandwidth,
    /// A web address.
    Url,
    /// The origin of a web page.
    Origin,
    /// A host name or an IP address.
    Host,
    /// Hosts and folders of Unix sockets, with commas between them.
    Hosts,
    /// A domain in its DNS form.
    Domain,
    /// A host with its port.
    HostPort,
    /// An e-mail address.
    Email,
    /// A sender of mail.
    Mailbox,
    /// The URL of a Redis, which is secret.
    RedisUrl,
}

/// Postgres keeps its time-outs as milliseconds in 32 bits.
pub(crate) const POSTGRES_MS: u64 = 2_147_483_647;
/// The longest duration of all others: ten years.
pub(crate) const LONGEST_MS: u64 = 3_650 * 86_400_000;

impl Shape {
    /// True for a value that no message may show.
    pub(crate) const fn is_secret(self) -> bool {
        matches!(self, Self::Secret { .. } | Self::RedisUrl)
    }

    /// True for what is a text to a person: empty, it is a text that was forgotten.
    pub(crate) const fn is_text(self) -> bool {
        matches!(self, Self::Text { .. } | Self::Ascii { .. } | Self::Host | Self::Hosts)
    }

    /// Checks that hold for texts of every shape. No message shows the text.
    pub(crate) fn check_text(self, text: &str) -> Result<(), String> {
        if text.contains('\0') {
            return Err("holds a NUL byte, which has no place in a text".to_owned());
        }
        if !text.is_empty() && text.chars().all(is_blank) {
            return Err("is blank: write a value".to_owned());
        }
        if text.starts_with(is_blank) || text.ends_with(is_blank) {
            return Err(
                "has white space or an invisible character at its beginning or end: remove it".to_owned()
            );
        }
        if !self.is_secret() && text.contains(|c: char| c.is_control()) {
            return Err("holds a line end or a control character: write it on one line".to_owned());
        }
        Ok(())
    }

    /// Reads a setting that is kept as a text, by the parser of its kind.
    pub(crate) fn text(self, text: &str) -> Result<String, String> {
        let problem = |error: wh_types::Invalid| error.problem();
        match self {
            Self::Text { max } if text.chars().count() > max => {
                Err(format!("has {} characters: at most {max} are allowed", text.chars().count()))
            }
            Self::Ascii { max }
                if text.len() > max || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) =>
            {
                refuse(
                    text,
                    &format!("a name of at most {max} printable ASCII characters"),
                    "one like wh-data",
                )
            }
            Self::Secret { min } => check_secret(text, min).map(|()| text.to_owned()),
            Self::Origin => Origin::parse(text).map(Origin::into_string).map_err(problem),
            Self::Domain => Domain::parse(text).map(Domain::into_string).map_err(problem),
            Self::Host => Host::parse(text).map(Host::into_string).map_err(problem),
            Self::HostPort => HostPort::parse(text).map(|address| address.to_string()).map_err(problem),
            Self::Email => EmailAddress::parse(text).map(EmailAddress::into_string).map_err(problem),
            Self::Mailbox => Mailbox::parse(text).map(Mailbox::into_string).map_err(problem),
            Self::RedisUrl => {
                use secrecy::ExposeSecret;
                let password = RedisUrl::parse(text).map_err(problem)?.password();
                let published = password.is_some_and(|password| is_published(password.expose_secret()));
                if published { Err(PUBLISHED.to_owned()) } else { Ok(text.to_owned()) }
            }
            _ => Ok(text.to_owned()),
        }
    }
}

/// How the secrets of the example file and of this documentation begin, in lower case.
pub(crate) const PUBLISHED_BEGIN: &str = "change-me";

const PUBLISHED: &str = "is the secret of the example, which everybody knows: write one of your own";

fn is_published(secret: &str) -> bool {
    secret.get(..PUBLISHED_BEGIN.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(PUBLISHED_BEGIN))
}

fn check_secret(secret: &str, min: usize) -> Result<(), String> {
    if is_published(secret) {
        return Err(PUBLISHED.to_owned());
    }
    if secret.chars().count() < min {
        return Err(format!("is too short: at least {min} characters are needed, better 32 random ones"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: Shape = Shape::Secret { min: 16 };

    #[test]
    fn blanks_around_a_text_are_refused_without_showing_it() {
        for text in [
            " hunter2",
            "hunter2\n",
            "\thunter2",
            "hunter2\u{a0}",
            "\u{feff}hunter2",
            "hunter2\u{200b}",
            "hunter2\r\n",
        ] {
            for shape in [SECRET, Shape::Text { max: 255 }, Shape::Host] {
                let problem = shape.check_text(text).unwrap_err();
                assert!(
                    problem.starts_with("has white space") && !problem.contains("hunter2"),
                    "{text:?}: {problem}"
                );
            }
        }
        for text in [" ", "\u{3000}\u{200b}", "                ", "\u{2800}"] {
            assert_eq!(SECRET.check_text(text).unwrap_err(), "is blank: write a value");
        }
        assert!(SECRET.check_text("two words\tand a tab").is_ok());
        assert!(Shape::Text { max: 255 }.check_text("two\nlines").is_err());
        let nul = SECRET.check_text("hunter2\0").unwrap_err();
        assert_eq!(nul, "holds a NUL byte, which has no place in a text");
    }

    #[test]
    fn a_published_or_short_secret_is_refused() {
        for secret in ["change-me-to-32-random-characters", "Change-Me", "CHANGE-ME-0123456789"] {
            assert_eq!(SECRET.text(secret).unwrap_err(), PUBLISHED);
        }
        assert_eq!(
            SECRET.text("0123456789abcde").unwrap_err(),
            "is too short: at least 16 characters are needed, better 32 random ones"
        );
        assert!(SECRET.text("0123456789abcdéf").is_ok() && Shape::Secret { min: 1 }.text("x").is_ok());
        assert_eq!(Shape::RedisUrl.text("redis://:change%2Dme@h").unwrap_err(), PUBLISHED);
    }
}
