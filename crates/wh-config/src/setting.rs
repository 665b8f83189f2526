//! How the text of a setting becomes its value.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use wh_types::{
    Bandwidth, Cpu, Host, HttpUrl, LogFormat, LogLevel, MailTransport, Size, SmtpTls, SslMode, StoredForm,
    TargetSessionAttrs, UnknownWord, Vocabulary,
};

use crate::error::refuse;
use crate::shape::{LONGEST_MS, Shape};

/// A type that a setting can have.
pub(crate) trait Setting: Sized {
    /// The shape of its texts, where the declaration names no other.
    const SHAPE: Shape;
    /// True for a list.
    const LIST: bool = false;

    /// Reads a text that is not empty and has no blanks around it, or says what is wrong and what would be
    /// right.
    fn read(shape: Shape, text: &str) -> Result<Self, String>;

    /// Reads a list.
    fn read_list(_shape: Shape, _items: &[String]) -> Result<Self, String> {
        Err("is a list: write one value".to_owned())
    }

    /// The value without a text, and the stand-in for a faulty one until all faults are known.
    fn absent() -> Self;
}

impl Setting for String {
    const SHAPE: Shape = Shape::Text { max: 255 };

    fn read(shape: Shape, text: &str) -> Result<Self, String> {
        shape.text(text)
    }

    fn absent() -> Self {
        Self::new()
    }
}

impl Setting for SecretString {
    const SHAPE: Shape = Shape::Secret { min: 1 };

    fn read(shape: Shape, text: &str) -> Result<Self, String> {
        shape.text(text).map(Self::from)
    }

    fn absent() -> Self {
        Self::default()
    }
}

impl Setting for PathBuf {
    const SHAPE: Shape = Shape::Path;

    fn read(shape: Shape, text: &str) -> Result<Self, String> {
        shape.text(text).map(Self::from)
    }

    fn absent() -> Self {
        Self::new()
    }
}

impl<T: Setting> Setting for Option<T> {
    const SHAPE: Shape = T::SHAPE;

    fn read(shape: Shape, text: &str) -> Result<Self, String> {
        T::read(shape, text).map(Some)
    }

    fn absent() -> Self {
        None
    }
}

impl<T: Setting> Setting for Vec<T> {
    const SHAPE: Shape = T::SHAPE;
    const LIST: bool = true;

    fn read(_shape: Shape, _text: &str) -> Result<Self, String> {
        Err("is one value: write a list".to_owned())
    }

    fn read_list(shape: Shape, items: &[String]) -> Result<Self, String> {
        let read = |(index, item): (usize, &String)| {
            let checked = if item.is_empty() { Err("is empty".to_owned()) } else { shape.check_text(item) };
            let read = checked.and_then(|()| T::read(shape, item));
            // A refusal that shows the value needs no number.
            read.map_err(|problem| {
                if problem.starts_with('"') { problem } else { format!("number {} {problem}", index + 1) }
            })
        };
        items.iter().enumerate().map(read).collect()
    }

    fn absent() -> Self {
        Self::new()
    }
}

/// A whole number in digits, without sign and leading zeros.
pub(crate) fn whole(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain)
}

/// A TCP port.
impl Setting for u16 {
    const SHAPE: Shape = Shape::Port;

    fn read(_shape: Shape, text: &str) -> Result<Self, String> {
        let port = whole(text).and_then(|port| Self::try_from(port).ok()).filter(|port| *port > 0);
        port.map_or_else(|| refuse(text, "a port", "a number from 1 to 65535"), Ok)
    }

    fn absent() -> Self {
        0
    }
}

/// A count of something. Unless a setting says less, the largest is that of an `integer` column.
impl Setting for u32 {
    const SHAPE: Shape = Shape::Count { min: 0, max: i32::MAX.unsigned_abs() };

    fn read(shape: Shape, text: &str) -> Result<Self, String> {
        let (min, max) = if let Shape::Count { min, max } = shape { (min, max) } else { (0, Self::MAX) };
        let count = whole(text).filter(|count| (min..=max).contains(count));
        count.map_or_else(|| refuse(text, "a count", &format!("a number from {min} to {max}")), Ok)
    }

    fn absent() -> Self {
        0
    }
}

impl Setting for bool {
    const SHAPE: Shape = Shape::Bool;

    fn read(_shape: Shape, text: &str) -> Result<Self, String> {
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
    const SHAPE: Shape = Shape::Duration { max_ms: LONGEST_MS };

    fn read(shape: Shape, text: &str) -> Result<Self, String> {
        let Some(duration) = crate::duration::parse_duration(text) else {
            return refuse(text, "a duration", "one like 500ms, 5s, 10m or 1h30m");
        };
        match shape {
            Shape::Duration { max_ms } if duration > Self::from_millis(max_ms) => {
                let most = crate::duration::write(Self::from_millis(max_ms));
                Err(format!("{:?} is too long: write at most {most}", crate::error::shown(text)))
            }
            _ => Ok(duration),
        }
    }

    fn absent() -> Self {
        Self::ZERO
    }
}

macro_rules! quantities {
    ($($name:ident $from:ident $to:ident;)+) => {$(
        impl Setting for $name {
            const SHAPE: Shape = Shape::$name;

            fn read(_shape: Shape, text: &str) -> Result<Self, String> {
                // The most that an `integer` column holds.
                const MOST: $name = $name::$from(i32::MAX.unsigned_abs());
                let quantity: Self = text.parse().map_err(|error: wh_types::Invalid| error.to_string())?;
                if quantity.$to() > MOST.$to() {
                    return Err(format!("{:?} is too large: write at most {MOST}", crate::error::shown(text)));
                }
                Ok(quantity)
            }

            fn absent() -> Self {
                Self::UNLIMITED
            }
        }
    )+};
}

quantities! {
    Size from_mib mib;
    Cpu from_milli milli;
    Bandwidth from_kbit kbit;
}

macro_rules! words {
    ($($name:ident: $absent:ident;)+) => {$(
        impl Setting for $name {
            const SHAPE: Shape = Shape::Words(<Self as Vocabulary>::WORDS);

            fn read(_shape: Shape, text: &str) -> Result<Self, String> {
                text.parse().or_else(|error: UnknownWord| {
                    refuse(text, &error.kind(), &format!("one of {}", error.expected.join(", ")))
                })
            }

            fn absent() -> Self {
                Self::$absent
            }
        }
    )+};
}

words! {
    SslMode: Prefer;
    TargetSessionAttrs: Any;
    StoredForm: V1;
    LogLevel: Info;
    LogFormat: Text;
    SmtpTls: StartTls;
    MailTransport: Smtp;
}

impl Setting for HttpUrl {
    const SHAPE: Shape = Shape::Url;

    fn read(_shape: Shape, text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|error| error.problem())
    }

    fn absent() -> Self {
        Self::of_server(false, &Host::absent(), 1)
    }
}

impl Setting for Host {
    const SHAPE: Shape = Shape::Host;

    fn read(_shape: Shape, text: &str) -> Result<Self, String> {
        Self::parse(text).map_err(|error| error.problem())
    }

    fn absent() -> Self {
        Self::localhost()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Setting>(text: &str) -> Result<T, String> {
        T::read(T::SHAPE, text)
    }

    #[test]
    fn ports_and_counts_end_where_they_should() {
        assert_eq!((read("1"), read("65535")), (Ok(1_u16), Ok(65535_u16)));
        for bad in ["0", "65536", "-1", "80a", "0x50", "080", "+80"] {
            let problem = format!("{bad:?} is not a port: write a number from 1 to 65535");
            assert_eq!(read::<u16>(bad), Err(problem));
        }
        assert_eq!((read("0"), read("2147483647")), (Ok(0_u32), Ok(2_147_483_647_u32)));
        assert!(read::<u32>("2147483648").is_err());
    }

    #[test]
    fn words_are_taken_as_they_are_written_and_no_others() {
        assert_eq!(read("verify-full"), Ok(SslMode::VerifyFull));
        insta::assert_snapshot!(read::<SslMode>("on").unwrap_err(), @r#""on" is not an sslmode: write one of disable, prefer, require, verify-ca, verify-full"#);
        insta::assert_snapshot!(read::<bool>("yes").unwrap_err(), @r#""yes" is not a truth value: write true or false"#);
    }

    #[test]
    fn durations_end_where_the_server_does() {
        let shape = Shape::Duration { max_ms: crate::shape::POSTGRES_MS };
        let most = Duration::from_millis(2_147_483_647);
        assert_eq!(Duration::read(shape, "2147483647ms"), Ok(most));
        assert_eq!(Duration::read(shape, "24d20h31m23s647ms"), Ok(most));
        for long in ["2147483648ms", "30d", "25d", "597h", "300000d"] {
            let problem = format!("{long:?} is too long: write at most 24d20h31m23s647ms");
            assert_eq!(Duration::read(shape, long), Err(problem));
        }
        assert_eq!(read::<Duration>("300000d").unwrap_err(), "\"300000d\" is too long: write at most 3650d");
    }

    #[test]
    fn a_quantity_fits_into_its_column() {
        assert_eq!(read::<Size>("2147483647MiB").unwrap().mib(), 2_147_483_647);
        insta::assert_snapshot!(read::<Size>("2147483648MiB").unwrap_err(), @r#""2147483648MiB" is too large: write at most 2147483647 MiB"#);
        assert!(read::<Cpu>("2147484").is_err() && read::<Bandwidth>("2148gbit").is_err());
    }

    #[test]
    fn a_faulty_item_of_a_list_is_named_by_its_number() {
        let items = ["0123456789abcdef".to_owned(), "short".to_owned()];
        let problem = Vec::<SecretString>::read_list(Shape::Secret { min: 16 }, &items).unwrap_err();
        assert_eq!(
            problem,
            "number 2 is too short: at least 16 characters are needed, better 32 random ones"
        );
    }
}
