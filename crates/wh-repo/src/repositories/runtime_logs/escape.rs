//! Control characters and escape sequences (ECMA-48), as far as they change what stands in a row.

/// A character to print, or what a terminal is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Print(char),
    Tab,
    /// To the first column.
    Return,
    Left(usize),
    Right(usize),
    /// To this column, counted from 0.
    Column(usize),
    /// From here to the end of the row.
    EraseRight,
    /// From the begin of the row to here.
    EraseLeft,
    EraseAll,
    /// Up, down, or to a place of the screen.
    OtherRow,
}

impl Token {
    /// The tokens of a text. What has no effect on a row is left out.
    pub(super) fn all(text: &str) -> impl Iterator<Item = Self> + '_ {
        let mut rest = text;
        std::iter::from_fn(move || {
            while let Some(c) = rest.chars().next() {
                let (token, after) = Self::first(c, rest.get(c.len_utf8()..).unwrap_or_default());
                rest = after;
                if token.is_some() {
                    return token;
                }
            }
            None
        })
    }

    fn first(c: char, after: &str) -> (Option<Self>, &str) {
        let token = match c {
            '\u{1b}' => return escape(after),
            '\u{9b}' => return control_sequence(after),
            '\u{9d}' | '\u{90}' | '\u{98}' | '\u{9e}' | '\u{9f}' => {
                return (None, after_string(after, c == '\u{9d}'));
            }
            '\r' => Self::Return,
            '\t' => Self::Tab,
            '\u{8}' => Self::Left(1),
            '\n' | '\u{b}' | '\u{c}' | '\u{84}' | '\u{85}' => Self::OtherRow,
            c if c.is_control() => return (None, after),
            c => Self::Print(c),
        };
        (Some(token), after)
    }
}

/// What follows ESC: a control sequence (`[`), a string (`]`, `P`, `X`, `^`, `_`), or a short sequence.
fn escape(after: &str) -> (Option<Token>, &str) {
    let Some(c) = after.chars().next() else { return (None, after) };
    let behind = after.get(c.len_utf8()..).unwrap_or_default();
    match c {
        '[' => control_sequence(behind),
        ']' | 'P' | 'X' | '^' | '_' => (None, after_string(behind, c == ']')),
        _ => {
            let last = after.trim_start_matches(|c| matches!(c, ' '..='/'));
            (None, last.strip_prefix(|c| matches!(c, '0'..='~')).unwrap_or(last))
        }
    }
}

/// Parameters, intermediates and the final character of a control sequence. Without a final character it does nothing.
fn control_sequence(text: &str) -> (Option<Token>, &str) {
    let end = text.find(|c| !matches!(c, ' '..='?')).unwrap_or(text.len());
    let (parameters, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let Some(last) = rest.chars().next().filter(|c| matches!(c, '@'..='~')) else { return (None, rest) };
    let rest = rest.get(1..).unwrap_or_default();
    let first = parameters.split(';').next().unwrap_or_default();
    let token = match first {
        "" => token(last, None),
        number => number.parse().ok().and_then(|number| token(last, Some(number))),
    };
    (token, rest)
}

fn token(last: char, parameter: Option<usize>) -> Option<Token> {
    // 0 and none at all stand for 1, except in what erases.
    let count = parameter.unwrap_or(1).max(1);
    Some(match (last, parameter.unwrap_or(0)) {
        ('C' | 'a', _) => Token::Right(count),
        ('D', _) => Token::Left(count),
        ('G' | '`', _) => Token::Column(count - 1),
        ('K' | 'J', 0) => Token::EraseRight,
        ('K' | 'J', 1) => Token::EraseLeft,
        ('K', 2) | ('J', 2 | 3) => Token::EraseAll,
        ('A' | 'B' | 'E' | 'F' | 'H' | 'f' | 'd', _) => Token::OtherRow,
        _ => return None,
    })
}

/// What comes after a string, such as a title. A terminal waits for its end for ever; here a string that another sequence or the
/// end of the line cuts short is no string, and what it holds is printed.
fn after_string(text: &str, ends_with_bell: bool) -> &str {
    let end = text.find(|c| match c {
        '\u{7}' => ends_with_bell,
        '\u{1b}' | '\u{18}' | '\u{1a}' | '\u{80}'..='\u{9f}' => true,
        _ => false,
    });
    let Some(rest) = end.and_then(|end| text.get(end..)) else { return text };
    ["\u{7}", "\u{9c}", "\u{1b}\\"].into_iter().find_map(|end| rest.strip_prefix(end)).unwrap_or(text)
}
