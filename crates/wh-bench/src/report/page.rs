//! The part of docs/performance that this program writes.

use std::path::{Path, PathBuf};

use crate::contender::Outcome;

const BEGIN: &str = "<!-- begin: cargo xtask bench --write -->\n";
const END: &str = "\n<!-- end -->";

/// Where the page is.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/performance")
}

/// The page with another part between its two marks.
pub(super) fn replaced(page: &str, part: &str) -> Outcome<String> {
    let marks = || format!("docs/performance/README.md lacks `{}` or `{}`", BEGIN.trim(), END.trim());
    let (before, rest) = page.split_once(BEGIN).ok_or_else(marks)?;
    let (_, after) = rest.split_once(END).ok_or_else(marks)?;
    Ok(format!("{before}{BEGIN}{part}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let page = |part: &str| format!("before\n{BEGIN}{part}{END}\nafter\n");
        assert_eq!(replaced(&page("old\nlines"), "new").unwrap(), page("new"));
        assert!(replaced("no marks", "new").is_err());
    }

    #[test]
    fn the_page_has_its_marks() {
        let text = std::fs::read_to_string(folder().join("README.md")).unwrap();
        replaced(&text, "new").unwrap();
    }
}
