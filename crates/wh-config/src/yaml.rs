//! The configuration file: YAML, read with the line of every value and with its text as it stands there.
//!
//! A value is not guessed to be a number or a truth value: `password: 0123` is the text `0123`, as in quotes.

use granit_parser::{Event, Parser, ScalarStyle, ScanError};

use crate::catalogue::{Entry, look_up, names_under, unknown};
use crate::error::{Fault, Origin, Problem};
use crate::layers::Leaf;
use crate::setting::Raw;

/// How deep a file may be nested; a configuration needs four levels.
const MAX_DEPTH: usize = 16;

/// A value of the file.
struct Node {
    line: usize,
    kind: Kind,
}

enum Kind {
    Null,
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<(String, usize, Node)>),
    Alias,
}

/// A value that is not finished yet.
enum Open {
    List(usize, Vec<Node>),
    Map(usize, Vec<(String, usize, Node)>, Option<(String, usize)>),
}

/// What is wrong with the file as YAML, and in which line.
type Broken = (usize, String);

/// Reads a file: the settings it makes, and its faults.
pub(crate) fn read(path: &str, text: &str) -> (Vec<Leaf>, Vec<Fault>) {
    let mut walk = Walk { path, leaves: Vec::new(), faults: Vec::new() };
    match parse(text) {
        Ok(Some(root)) => walk.section("", root),
        Ok(None) => {}
        Err((line, problem)) => walk.fault(line, "", Problem::Syntax(problem)),
    }
    (walk.leaves, walk.faults)
}

/// Reads one value, as an environment variable may hold a list.
pub(crate) fn read_list(text: &str) -> Option<Vec<String>> {
    match parse(text).ok()??.kind {
        Kind::List(items) => items.into_iter().map(scalar).collect(),
        _ => None,
    }
}

fn scalar(node: Node) -> Option<String> {
    if let Kind::Scalar(text) = node.kind { Some(text) } else { None }
}

struct Walk<'a> {
    path: &'a str,
    leaves: Vec<Leaf>,
    faults: Vec<Fault>,
}

impl Walk<'_> {
    fn section(&mut self, path: &str, node: Node) {
        let entries = match node.kind {
            Kind::Map(entries) => entries,
            Kind::Null => return,
            Kind::Alias => return self.fault(node.line, path, alias()),
            Kind::Scalar(_) | Kind::List(_) => {
                let first = names_under(path).into_iter().next().unwrap_or_default();
                let problem = format!("is a section: write its settings under it, like `{first}: …`");
                return self.fault(node.line, path, Problem::Syntax(problem));
            }
        };
        let mut seen = Vec::new();
        for (key, line, value) in entries {
            let child = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            if seen.contains(&key) {
                self.fault(line, &child, Problem::Syntax("is written twice: keep one of them".to_owned()));
                continue;
            }
            if key.contains('.') {
                let problem =
                    "is written with a dot: write the section on a line of its own, and the setting under it";
                self.fault(line, &crate::error::shown(&child), invalid(problem));
                continue;
            }
            seen.push(key);
            match look_up(&child) {
                Entry::Section => self.section(&child, value),
                Entry::Field(spec) => self.field(&child, value, spec.shape.is_list()),
                Entry::Unknown => {
                    self.fault(line, &crate::error::shown(&child), unknown(&child, str::to_owned));
                }
            }
        }
    }

    fn field(&mut self, path: &str, node: Node, is_list: bool) {
        let line = node.line;
        let raw = match node.kind {
            Kind::Null => return,
            Kind::Scalar(text) if !is_list || text.is_empty() => Raw::Text(text),
            Kind::List(items) if is_list => match items.into_iter().map(scalar).collect() {
                Some(items) => Raw::List(items),
                None => {
                    return self.fault(
                        line,
                        path,
                        invalid("holds something else than texts: write a list of texts"),
                    );
                }
            },
            Kind::Alias => return self.fault(line, path, alias()),
            _ if is_list => {
                return self.fault(line, path, invalid("is not a list: write one like [first, second]"));
            }
            _ => {
                return self.fault(
                    line,
                    path,
                    invalid("is not one value: write a text, a number or true or false"),
                );
            }
        };
        self.leaves.push(Leaf { path: path.to_owned(), raw, origin: self.origin(line) });
    }

    fn origin(&self, line: usize) -> Origin {
        Origin::File { path: self.path.to_owned(), line }
    }

    fn fault(&mut self, line: usize, key: &str, problem: Problem) {
        self.faults.push(Fault::new(self.origin(line), key, problem));
    }
}

fn invalid(problem: &str) -> Problem {
    Problem::Invalid(problem.to_owned())
}

fn alias() -> Problem {
    invalid("is an alias (*…): write the value out, aliases are not followed here")
}

/// Builds the values of the one document, or none where the file is empty.
fn parse(text: &str) -> Result<Option<Node>, Broken> {
    let mut root = None;
    let mut open: Vec<Open> = Vec::new();
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| broken(&error))?;
        let line = span.start.line();
        let done = match event {
            Event::DocumentStart(..) => {
                documents += 1;
                if documents > 1 {
                    return Err((
                        line,
                        "begins a second document: a configuration is one document".to_owned(),
                    ));
                }
                continue;
            }
            Event::Scalar(text, style, ..) => Node { line, kind: scalar_kind(text.into_owned(), style) },
            Event::Alias(_) | Event::UnresolvedAlias(_) => Node { line, kind: Kind::Alias },
            Event::SequenceStart(..) => {
                push(&mut open, Open::List(line, Vec::new()), line)?;
                continue;
            }
            Event::MappingStart(..) => {
                push(&mut open, Open::Map(line, Vec::new(), None), line)?;
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(line, items)) => Node { line, kind: Kind::List(items) },
                Some(Open::Map(line, entries, _)) => Node { line, kind: Kind::Map(entries) },
                None => continue,
            },
            _ => continue,
        };
        match open.last_mut() {
            None => root = Some(done),
            Some(Open::List(_, items)) => items.push(done),
            Some(Open::Map(_, entries, key)) => match (key.take(), done.kind) {
                (Some((name, at)), kind) => entries.push((name, at, Node { line: done.line, kind })),
                (None, Kind::Scalar(name)) => *key = Some((name, done.line)),
                (None, _) => return Err((done.line, "has a key that is not a plain word".to_owned())),
            },
        }
    }
    Ok(root)
}

fn push(open: &mut Vec<Open>, value: Open, line: usize) -> Result<(), Broken> {
    if open.len() >= MAX_DEPTH {
        return Err((line, "is nested too deeply: a configuration needs four levels".to_owned()));
    }
    open.push(value);
    Ok(())
}

fn scalar_kind(text: String, style: ScalarStyle) -> Kind {
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" if style == ScalarStyle::Plain => Kind::Null,
        _ => Kind::Scalar(text),
    }
}

/// The parser's own words: they name the rule, and of the text at most one character.
fn broken(error: &ScanError) -> Broken {
    (
        error.marker().line(),
        format!("is not valid YAML: {} (column {})", error.info(), error.marker().col() + 1),
    )
}
