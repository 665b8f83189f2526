//! Glob patterns as Redis reads them, byte by byte.

/// One step of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// This byte.
    Byte(u8),
    /// `?`: any one byte.
    Any,
    /// `*`: any bytes, or none.
    Many,
    /// `[…]`: one byte out of these ranges, or out of the others.
    Class { negated: bool, ranges: Vec<(u8, u8)> },
}

impl Step {
    /// Whether it takes this one byte.
    fn takes(&self, byte: u8) -> bool {
        match self {
            Self::Byte(wanted) => *wanted == byte,
            Self::Any => true,
            Self::Many => false,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&byte)) != *negated
            }
        }
    }
}

/// A pattern that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Step>);

impl Pattern {
    /// Reads a pattern. Every text is one: a bracket that is never closed ends with the text, as in Redis.
    pub(crate) fn parse(text: &str) -> Self {
        let mut steps = Vec::with_capacity(text.len());
        let mut rest = text.as_bytes();
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            steps.push(match (first, after) {
                (b'*', _) => Step::Many,
                (b'?', _) => Step::Any,
                (b'[', _) => {
                    let (class, after) = class(after);
                    rest = after;
                    class
                }
                (b'\\', [escaped, after @ ..]) => {
                    rest = after;
                    Step::Byte(*escaped)
                }
                (byte, _) => Step::Byte(*byte),
            });
        }
        steps.dedup_by(|next, step| *next == Step::Many && *step == Step::Many);
        Self(steps)
    }

    /// Whether the pattern takes the whole text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let (mut steps, mut text) = (self.0.as_slice(), text.as_bytes());
        // Where the latest star stands, and from where it has to take one byte more if the rest does not fit.
        let mut star: Option<(&[Step], &[u8])> = None;
        loop {
            match (steps, text) {
                ([Step::Many, later @ ..], _) => {
                    star = Some((later, text));
                    steps = later;
                }
                ([step, later @ ..], [byte, after @ ..]) if step.takes(*byte) => {
                    (steps, text) = (later, after);
                }
                ([], []) => return true,
                _ => match star {
                    Some((later, [_, after @ ..])) => {
                        star = Some((later, after));
                        (steps, text) = (later, after);
                    }
                    _ => return false,
                },
            }
        }
    }
}

/// The inside of a bracket, and what follows it.
fn class(inside: &[u8]) -> (Step, &[u8]) {
    let (negated, mut rest) = match inside {
        [b'^', after @ ..] => (true, after),
        _ => (false, inside),
    };
    let mut ranges = Vec::new();
    loop {
        rest = match rest {
            [b'\\', escaped, after @ ..] => {
                ranges.push((*escaped, *escaped));
                after
            }
            [b']', after @ ..] => return (Step::Class { negated, ranges }, after),
            [from, b'-', to, after @ ..] => {
                ranges.push((*from.min(to), *from.max(to)));
                after
            }
            [byte, after @ ..] => {
                ranges.push((*byte, *byte));
                after
            }
            [] => return (Step::Class { negated, ranges }, rest),
        };
    }
}

/// Whether the text holds nothing that a pattern gives a meaning to, so that it stands for itself.
pub(crate) fn is_literal(text: &str) -> bool {
    !text.contains(['*', '?', '['])
}

/// The beginning of a pattern that every text it matches begins with.
#[cfg(feature = "redis")]
pub(crate) fn literal_start(pattern: &str) -> &str {
    pattern.split(['*', '?', '[', '\\']).next().unwrap_or_default()
}

/// A pattern that matches this text and nothing else.
#[cfg(feature = "redis")]
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        if matches!(char, '*' | '?' | '[' | ']' | '\\') {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}
