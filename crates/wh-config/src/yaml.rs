//! The configuration file: YAML, read with the line of every value and with its text as it stands there.
//!
//! A value is not guessed to be a number or a truth value: `password: 0123` is the text `0123`, as in quotes.

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use crate::catalogue::{Entry, PLANS, look_up, names_under, nearest, unknown};
use crate::error::{Fault, Origin, Problem, shown_path};
use crate::layers::{Found, Leaf, Raw};

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
    /// A value with a tag (`!…`) or an anchor (`&…`). Its text may be a part of a secret that begins with
    /// such a sign.
    Marked,
}

/// A value that is not finished yet.
enum Open {
    List(usize, bool, Vec<Node>),
    Map(usize, bool, Vec<(String, usize, Node)>, Option<(String, usize)>),
}

/// The line of a fault of the YAML itself, and what is wrong.
type Broken = (usize, String);

/// Reads a file: the settings it makes, and its faults.
pub(crate) fn read(path: &str, text: &str) -> Found {
    let mut walk = Walk { path, found: Found::default() };
    match parse(text) {
        Ok(Some(root)) => walk.section("", root),
        Ok(None) => {}
        Err((line, problem)) => walk.fault(line, "", Problem::Syntax(problem)),
    }
    walk.found
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
    found: Found,
}

impl Walk<'_> {
    fn section(&mut self, path: &str, node: Node) {
        if let Some(plan) = path.strip_prefix(PLANS).and_then(|rest| rest.strip_prefix('.')) {
            self.found.plans.push((plan.to_owned(), self.origin(node.line)));
        }
        let entries = match node.kind {
            Kind::Map(entries) => entries,
            Kind::Null => return,
            Kind::Alias => return self.fault(node.line, path, alias()),
            Kind::Marked => return self.fault(node.line, path, marked()),
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
                let problem = Problem::Syntax("is written twice: keep one of them".to_owned());
                self.fault(line, &shown_path(&child), problem);
                continue;
            }
            seen.push(key.clone());
            if key.is_empty() {
                let problem = "has an empty key: write the name of a setting before the colon";
                self.fault(line, path, Problem::Syntax(problem.to_owned()));
            } else if key.contains(':') {
                let problem =
                    "has a key with a colon in it: write a blank after the colon, like `password: …`";
                self.fault(line, path, Problem::Syntax(problem.to_owned()));
            } else if key.contains('.') {
                let problem =
                    "is written with a dot: write the section on a line of its own, and the setting under it";
                self.fault(line, &shown_path(&child), invalid(problem));
            } else {
                self.entry(&child, line, value);
            }
        }
    }

    fn entry(&mut self, path: &str, line: usize, value: Node) {
        match look_up(path) {
            Entry::Section => self.section(path, value),
            Entry::Field(spec) => self.field(path, value, spec.list),
            Entry::Unknown => {
                // What it was meant to be is not missing.
                self.found.doubts.extend(nearest(path));
                let fault = Fault::new(self.origin(line), shown_path(path), unknown(path, str::to_owned));
                self.found.faults.push(fault);
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
                        invalid("holds something other than plain texts: write a list of texts, in quotes"),
                    );
                }
            },
            Kind::Alias => return self.fault(line, path, alias()),
            Kind::Marked => return self.fault(line, path, marked()),
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
        self.found.leaves.push(Leaf { path: path.to_owned(), raw, origin: self.origin(line) });
    }

    fn origin(&self, line: usize) -> Origin {
        Origin::File { path: self.path.to_owned(), line }
    }

    /// Adds a fault that leaves open what stands under its key.
    fn fault(&mut self, line: usize, key: &str, problem: Problem) {
        self.found.doubts.push(key.to_owned());
        self.found.faults.push(Fault::new(self.origin(line), key, problem));
    }
}

fn invalid(problem: &str) -> Problem {
    Problem::Invalid(problem.to_owned())
}

fn marked() -> Problem {
    invalid("begins with ! or &, which YAML takes for a tag or an anchor: put the value in quotes")
}

fn alias() -> Problem {
    invalid("begins with *, which YAML takes for an alias: put the value in quotes, or write it out")
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
            Event::Scalar(text, style, anchor, tag) => {
                let kind = if is_marked(anchor, tag.as_deref()) {
                    Kind::Marked
                } else {
                    scalar_kind(text.into_owned(), style)
                };
                Node { line, kind }
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => Node { line, kind: Kind::Alias },
            Event::SequenceStart(_, anchor, tag) => {
                push(&mut open, Open::List(line, is_marked(anchor, tag.as_deref()), Vec::new()), line)?;
                continue;
            }
            Event::MappingStart(_, anchor, tag) => {
                push(&mut open, Open::Map(line, is_marked(anchor, tag.as_deref()), Vec::new(), None), line)?;
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(line, true, _) | Open::Map(line, true, ..)) => {
                    Node { line, kind: Kind::Marked }
                }
                Some(Open::List(line, _, items)) => Node { line, kind: Kind::List(items) },
                Some(Open::Map(line, _, entries, _)) => Node { line, kind: Kind::Map(entries) },
                None => continue,
            },
            _ => continue,
        };
        match open.last_mut() {
            None => root = Some(done),
            Some(Open::List(_, _, items)) => items.push(done),
            Some(Open::Map(_, _, entries, key)) => match (key.take(), done.kind) {
                (Some((name, at)), kind) => entries.push((name, at, Node { line: done.line, kind })),
                (None, Kind::Scalar(name)) => *key = Some((name, done.line)),
                (None, Kind::Null) => *key = Some((String::new(), done.line)),
                (None, _) => return Err((done.line, "has a key that is not a plain word".to_owned())),
            },
        }
    }
    Ok(root)
}

fn is_marked(anchor: usize, tag: Option<&Tag>) -> bool {
    anchor != 0 || tag.is_some()
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
