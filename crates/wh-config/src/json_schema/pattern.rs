//! Regular expressions of the shapes, in the dialect that JSON Schema, Python and Rust share.

use crate::shape::{PUBLISHED_BEGIN, Shape};

/// Characters that no text begins or ends with: white space, control characters, and those that show nothing.
const BLANK: &str = r"\s\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb";
const CONTROL: &str = r"\u0000-\u001f\u007f-\u009f";

const OCTET: &str = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const LABEL: &str = "[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?";
const LOWER_LABEL: &str = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
/// A label of a name that may be international.
const ANY_LABEL: &str =
    r"[A-Za-z0-9_\u0080-\uffff](?:[A-Za-z0-9_\u0080-\uffff-]{0,61}[A-Za-z0-9_\u0080-\uffff])?";
/// Not before a name whose last label is a number: that is an address, or a broken one.
const NO_NUMBER: &str = r"(?!(?:[^.,:/@?]*\.)*(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?(?:[,:/?>]|$))";
const ATOM: &str = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";

/// The texts of a shape, without anchors.
pub(super) fn of(shape: Shape) -> String {
    match shape {
        Shape::Secret { min } => {
            let published: String = PUBLISHED_BEGIN.chars().map(either_case).collect();
            format!(r"(?!{published})(?=[\s\S]{{{min}}})[^{BLANK}](?:[^\u0000]*[^{BLANK}])?")
        }
        Shape::Ascii { .. } => "[!-~](?:[ -~]*[!-~])?".to_owned(),
        Shape::Port => up_to(65535),
        Shape::Ports => format!("{0}(?:,{0})*", up_to(65535)),
        Shape::Count { min, max } => {
            let zero = if min == 0 { "0|" } else { "" };
            format!("{zero}{}", up_to(max.into()))
        }
        Shape::Duration { max_ms } => duration(max_ms),
        Shape::Size => format!(
            "0*{}\\s*MiB|0*{}\\s*GiB|0*{}\\s*TiB|unlimited",
            up_to(2_147_483_647),
            up_to(2_097_151),
            up_to(2047)
        ),
        Shape::Bandwidth => {
            format!(
                "0*{}\\s*kbit|0*{}\\s*mbit|0*{}\\s*gbit|unlimited",
                up_to(2_147_483_647),
                up_to(2_147_483),
                up_to(2147)
            )
        }
        Shape::Cpu => {
            let last = r"2147483(?:\.(?:[0-5][0-9]{0,2}|6(?:[0-3][0-9]?|4[0-7]?)?))?";
            let whole = format!(r"0*(?:(?:0|{})(?:\.[0-9]{{1,3}})?|{last})", up_to(2_147_482));
            format!(r"(?=.*[1-9]){whole}(?:\s*CPUs?)?|0*{}\s*m|unlimited", up_to(2_147_483_647))
        }
        Shape::Host => host(),
        Shape::Hosts => {
            let folder = format!("/(?:[^,{CONTROL}]*[^,{BLANK}])?");
            format!("(?:{0}|{folder})(?:,(?:{0}|{folder}))*", host())
        }
        Shape::HostPort => format!("{}:{}", host_of(&name(LABEL), ""), up_to(65535)),
        Shape::Domain => format!(r"(?=.{{1,253}}$){NO_NUMBER}{LOWER_LABEL}(?:\.{LOWER_LABEL})*"),
        Shape::Url => {
            format!(
                "https?://{}(?::{})?(?:/[A-Za-z0-9._~/%-]*)?",
                host_of(&name(ANY_LABEL), ""),
                up_to(65535)
            )
        }
        Shape::Origin => {
            let host = host_of(&name("[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"), "");
            format!("(?:https://{host}(?!:443$)|http://{host}(?!:80$))(?::{})?", up_to(65535))
        }
        Shape::Email => email(),
        Shape::Mailbox => format!("(?:(?:[^{BLANK}<>]| ){{0,120}})<{0}>|{0}", email()),
        Shape::RedisUrl => redis_url(),
        Shape::Text { .. } | Shape::Path | Shape::Bool | Shape::Words(_) => {
            format!("[^{BLANK}](?:[^{CONTROL}]*[^{BLANK}])?")
        }
    }
}

fn either_case(c: char) -> String {
    if c.is_ascii_alphabetic() { format!("[{}{c}]", c.to_ascii_uppercase()) } else { c.to_string() }
}

fn name(label: &str) -> String {
    format!(r"{NO_NUMBER}{label}(?:\.{label})*\.?")
}

fn host() -> String {
    host_of(&name(LABEL), &format!("|{}", v6()))
}

/// A name, an IPv4 address, an IPv6 address in brackets, and more.
fn host_of(name: &str, more: &str) -> String {
    format!(r"(?:{OCTET}(?:\.{OCTET}){{3}}|\[{}\]{more}|{name})", v6())
}

/// An IPv6 address: eight groups, or fewer around one `::`; the last two may be an IPv4 address.
fn v6() -> String {
    const GROUP: &str = "[0-9A-Fa-f]{1,4}";
    let v4 = format!(r"{OCTET}(?:\.{OCTET}){{3}}");
    let mut forms = vec![format!("(?:{GROUP}:){{7}}{GROUP}"), format!("(?:{GROUP}:){{6}}{v4}")];
    for before in 0..=7_usize {
        let head = if before == 0 { ":".to_owned() } else { format!("(?:{GROUP}:){{{before}}}") };
        let after = 7 - before;
        let tail = match after {
            0 => String::new(),
            1 => format!("(?:{GROUP})?"),
            _ => {
                let with_v4 =
                    if after >= 2 { format!("|(?:{GROUP}:){{0,{}}}{v4}", after - 2) } else { String::new() };
                format!("(?:(?:{GROUP}:){{0,{}}}{GROUP}{with_v4})?", after - 1)
            }
        };
        forms.push(format!("{head}:{tail}"));
    }
    format!("(?:{})", forms.join("|"))
}

fn email() -> String {
    let label = r"[A-Za-z0-9\u0080-\uffff](?:[A-Za-z0-9\u0080-\uffff-]{0,61}[A-Za-z0-9\u0080-\uffff])?";
    format!(r"(?=[^@]{{1,64}}@){ATOM}(?:\.{ATOM})*@{NO_NUMBER}{label}(?:\.{label})*")
}

fn redis_url() -> String {
    let user = r"(?:(?:[^@/?#\s%]|%[0-9A-Fa-f]{2})*@)?";
    let server = format!("{}(?::{})?", host_of(&name(LABEL), ""), up_to(65535));
    let (database, query) = ("(?:/(?:[01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5])?)?", r"(?:\?[^#\s]*)?");
    let published: String = PUBLISHED_BEGIN.chars().map(either_case).collect();
    let plain = format!("(?:redis|rediss|valkey|valkeys)://{user}{server}{database}{query}");
    let cluster = format!("(?:redis|rediss|valkey|valkeys)-cluster://{user}{server}(?:/0{{0,3}})?{query}");
    let service = r"(?=[^?]*\?(?:.*&)?sentinelServiceName=[^&])";
    let sentinel =
        format!("(?:redis|rediss|valkey|valkeys)-sentinel://{service}{user}{server}{database}{query}");
    format!("(?![^/]*//[^@/?]*:{published})(?:{plain}|{cluster}|{sentinel})")
}

/// A duration of at most so many milliseconds, and above zero. The largest unit is bounded; what stands
/// behind it may add a little.
fn duration(max_ms: u64) -> String {
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
    let led_by = |(index, (unit, millis)): (usize, &(&str, u64))| {
        let rest: String = units
            .iter()
            .skip(index + 1)
            .map(|(unit, _)| format!("(?:[0-9]+{unit})?"))
            .collect::<Vec<_>>()
            .concat();
        format!("(?:0+|0*{}){unit}{rest}", up_to((max_ms / millis).max(1)))
    };
    let forms = units.iter().enumerate().map(led_by).collect::<Vec<_>>().join("|");
    format!("(?=.*[1-9])(?:{forms})")
}

/// The whole numbers from 1 to `max`, without leading zeros.
fn up_to(max: u64) -> String {
    let digits = max.to_string();
    let mut forms = Vec::new();
    if digits.len() > 1 {
        forms.push(format!("[1-9][0-9]{{0,{}}}", digits.len() - 2));
    }
    for (index, digit) in digits.char_indices() {
        let least = if index == 0 { '1' } else { '0' };
        let below = char::from_u32(u32::from(digit) - 1).filter(|below| *below >= least);
        if let Some(below) = below {
            let same = digits.get(..index).unwrap_or_default();
            forms.push(format!("{same}[{least}-{below}][0-9]{{{}}}", digits.len() - index - 1));
        }
    }
    forms.push(digits);
    format!("(?:{})", forms.join("|"))
}
