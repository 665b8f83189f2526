//! `cargo xtask erd`

mod catalogue;
mod domains;
mod mermaid;
mod svg;

use std::fs;
use std::process::ExitCode;

use wh_stack::Stack;

use crate::failure::{Failure, Outcome};
use crate::generate::ensure_file_contents;
use crate::{child, gen_schema, stack};

/// The page with the diagrams, between two marks.
const PAGE: &str = "docs/schema.md";
const PICTURE: &str = "docs/schema.svg";
const MARKS: [&str; 2] = ["<!-- erd -->\n", "<!-- /erd -->"];

/// Draw the tables of the live schema into docs/schema.md and docs/schema.svg
///
/// Migrates a throw-away database from zero, and reads its tables, columns and foreign keys out of Postgres' own catalogue.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Change nothing; fail if a committed file differs
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let stack = stack::start(Stack::builder().private())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("could not start the runtime: {error}")))?;
    let tables = runtime.block_on(async {
        gen_schema::migrate_from_zero(&stack).await?;
        catalogue::read(stack.database_url()).await
    });
    drop(stack);
    let domains = domains::sorted(tables?)?;
    let path = child::root().join(PAGE);
    let page = fs::read_to_string(&path).map_err(|error| Failure::io("read", &path, &error))?;
    let page = between_marks(&page, &mermaid::blocks(&domains))?;
    for (file, text) in [(PAGE, page), (PICTURE, svg::picture(&domains))] {
        let repair = "`cargo xtask erd`, and commit the file";
        if ensure_file_contents(&child::root().join(file), &text, arguments.check, repair)? {
            note!("wrote {file}");
        } else {
            note!("{file} is up to date");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The page with this text between its marks.
fn between_marks(page: &str, text: &str) -> Outcome<String> {
    let [begin, end] = MARKS;
    let parts = page.split_once(begin).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let (before, after) =
        parts.ok_or_else(|| Failure::new(format!("{PAGE} has no lines {} and {end}", begin.trim())))?;
    Ok(format!("{before}{begin}{text}{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::between_marks;

    #[test]
    fn only_what_is_between_the_marks_changes() {
        let page = "a\n<!-- erd -->\nold\n<!-- /erd -->\nb\n";
        assert_eq!(between_marks(page, "new\n").unwrap(), "a\n<!-- erd -->\nnew\n<!-- /erd -->\nb\n");
        assert!(between_marks("a\n<!-- erd -->\nold\n", "new\n").is_err());
    }
}
