//! Counting statements: just enough of Postgres' lexer to tell where one ends.

/// How many statements a file holds; comments, quotes and dollar quotes hide semicolons.
pub(super) fn count(sql: &str) -> usize {
    let mut rest = sql;
    let (mut statements, mut begun) = (0, false);
    while let Some(c) = rest.chars().next() {
        rest = if rest.starts_with("--") {
            after(rest, "\n")
        } else if let Some(comment) = rest.strip_prefix("/*") {
            after_comment(comment)
        } else if c == ';' {
            statements += usize::from(begun);
            begun = false;
            after(rest, ";")
        } else if let Some(quoted) = rest.strip_prefix(c).filter(|_| c == '\'' || c == '"') {
            begun = true;
            // A doubled quote ends one string here and begins the next: the count is the same.
            after(quoted, if c == '"' { "\"" } else { "'" })
        } else if let Some(tag) = dollar_tag(rest) {
            begun = true;
            after(rest.strip_prefix(tag).unwrap_or_default(), tag)
        } else {
            begun |= !c.is_whitespace();
            rest.strip_prefix(c).unwrap_or_default()
        };
    }
    statements + usize::from(begun)
}

/// The text after the first `end`; empty without one.
fn after<'a>(text: &'a str, end: &str) -> &'a str {
    text.split_once(end).map_or("", |(_, rest)| rest)
}

/// The text after a block comment, given the text after its beginning. Comments nest.
fn after_comment(mut text: &str) -> &str {
    let mut depth = 1;
    while depth > 0 && !text.is_empty() {
        if let Some(rest) = text.strip_prefix("/*") {
            depth += 1;
            text = rest;
        } else if let Some(rest) = text.strip_prefix("*/") {
            depth -= 1;
            text = rest;
        } else {
            let mut chars = text.chars();
            chars.next();
            text = chars.as_str();
        }
    }
    text
}

/// The opening `$tag$`, if the text begins with one; `$1` is none.
fn dollar_tag(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let (name, _) = name.split_once('$')?;
    let good = name.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if good { text.get(..name.len() + 2) } else { None }
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn only_semicolons_between_statements_count() {
        assert_eq!(count(""), 0);
        assert_eq!(count("-- only; a comment\n ; ;"), 0);
        assert_eq!(count("create index concurrently a on b (c)"), 1);
        assert_eq!(count("-- wh: no-transaction\ncreate index a on b (c);\n"), 1);
        assert_eq!(count("select 1; select 2"), 2);
        assert_eq!(count("select ';', 'it''s; one', \";\" from a"), 1);
        assert_eq!(count("/* a; /* b; */ c; */ select 1;"), 1);
        assert_eq!(count("do $x$ begin a; $$; end $x$; select $1"), 2);
        assert_eq!(count("select 'open; string"), 1);
    }

    #[test]
    fn every_embedded_file_holds_something() {
        for migration in crate::migrations::all() {
            assert!(count(migration.up) > 0, "{}", migration.slug);
            assert!(count(migration.down) > 0, "{}", migration.slug);
        }
    }
}
