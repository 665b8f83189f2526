//! The texts, and what may come of each.

use wh_repo::MAX_LINE_BYTES;
use wh_types::{AppName, Hostname, Subdomain};

/// Texts that break what is not built to hold them.
pub(super) fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        " \t\r\n\u{a0}\u{3000} ",
        "'",
        "''''\"\"``$$",
        "'; DROP TABLE users; --",
        "$1 ${HOME} %s %n {0} {}",
        "\\",
        "\\' \\\" \\x00 \\u0000 \\000",
        "\0",
        "be\0fore",
        "\u{1}\u{8}\u{7f}\u{85}",
        "\u{202e}gpj.exe\u{202c}\u{2066}x\u{2069}",
        "\u{feff}\u{200b}\u{200d}\u{fffd}\u{ffff}\u{10ffff}",
        "Z\u{351}\u{32b}\u{343}a\u{327}\u{301}l\u{328}g\u{30a}o\u{321}",
        "e\u{301} is not \u{e9}",
        "🦀👩‍👩‍👧‍👦𝕏𠜎",
        "{\"a\": \"\\u0000\", \"b\": [1, }",
        "</script><!-- ]]> &amp; \r\nSet-Cookie: x",
        "v1:AAAA",
        "v2:bm90IG91cnM",
        "NULL",
        "{1,2,NULL,\"x\"}",
        "(1,2)",
        "-1",
        "2026-02-30T25:61:61Z",
        "dashboard",
        "ordinary-shop",
    ]
    .map(str::to_owned)
    .into();
    texts.push("\u{300}".repeat(300));
    texts
}

/// What a field does with a text.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    /// Keeps so many characters, refuses fewer, more, and NUL.
    Chars(usize, usize),
    /// Drops NUL and keeps so many characters of the rest.
    Cut(usize),
    /// Drops NUL.
    WithoutNul,
    /// Keeps everything; so many bytes are tried, since enciphering takes its time.
    Whole(usize),
    /// Keeps everything but refuses the empty text.
    Something,
    /// Drops control characters and keeps so many bytes as a log line has.
    Line,
    /// Keeps what is a built-in plan's name.
    Plan,
    /// Keeps an IP address, of which there is none among the texts, and a blank text as an unknown one.
    NoIp,
    /// Keeps an e-mail address, of which there is none among the texts.
    NoEmail,
    /// Keeps what is an app's name.
    AppName,
    /// Keeps what is a label.
    Subdomain,
    /// Keeps what is a host name in its DNS form.
    Hostname,
    /// Looks something up under a text that nothing has.
    Lookup,
}

impl Rule {
    /// The texts to try: the hostile ones, and those at both ends of the rule, in characters of one byte and of four.
    pub(super) fn texts(self) -> Vec<String> {
        let mut texts = hostile();
        let (most, long) = match self {
            Self::Chars(_, most) | Self::Cut(most) => (most, 1 << 20),
            Self::Line => (MAX_LINE_BYTES, 1 << 20),
            Self::Whole(long) => (1, long),
            _ => (1, 1 << 16),
        };
        texts.extend(["🦀".repeat(long / 4), format!("{}\0", "'".repeat(long))]);
        for character in ["x", "ä", "🦀"] {
            texts.extend([character.repeat(most), character.repeat(most + 1)]);
        }
        if matches!(self, Self::Line) {
            // Characters that move a terminal's cursor have tests of their own, beside a terminal emulator.
            texts.retain(|text| !text.chars().any(|c| c.is_control() && c != '\t' && c != '\0'));
        }
        texts
    }

    /// What is stored of a text; nothing where it is refused.
    pub(super) fn stored(self, text: &str) -> Option<String> {
        let plain = || text.replace('\0', "");
        let kept = |fits: bool| fits.then(|| text.to_owned());
        match self {
            Self::Chars(least, most) => {
                kept((least..=most).contains(&text.chars().count()) && !text.contains('\0'))
            }
            Self::Cut(most) => Some(plain().chars().take(most).collect()),
            Self::WithoutNul => Some(plain()),
            Self::Whole(_) => Some(text.to_owned()),
            Self::Something => kept(!text.is_empty()),
            Self::Line => {
                let mut line: String = text.chars().filter(|c| !c.is_control() || *c == '\t').collect();
                line.truncate(line.floor_char_boundary(MAX_LINE_BYTES));
                Some(line)
            }
            Self::Plan => kept(["free", "pro", "business"].contains(&text)),
            Self::NoIp => text.trim().is_empty().then(String::new),
            Self::NoEmail => None,
            Self::AppName => kept(AppName::parse(text).is_ok()),
            Self::Subdomain => kept(Subdomain::parse(text).is_ok()),
            Self::Hostname => kept(Hostname::parse(text).is_ok_and(|name| name == text)),
            Self::Lookup => Some("nothing".to_owned()),
        }
    }
}
