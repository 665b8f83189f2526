//! Files that are generated, committed and compared.

use std::{fs, path::Path};

use crate::failure::{Failure, Outcome};

/// Writes `text` to `path` if it differs; with `check`, complains about the difference instead. `repair` is the command that
/// writes the file. Returns whether the file was changed.
pub(crate) fn ensure_file_contents(path: &Path, text: &str, check: bool, repair: &str) -> Outcome<bool> {
    let current = fs::read_to_string(path).unwrap_or_default();
    if current == text {
        return Ok(false);
    }
    if check {
        let changes = difference(&current, text);
        return Err(Failure::new(format!(
            "{} is not what would be generated:\n{changes}\nTo repair it: {repair}",
            path.display()
        )));
    }
    fs::write(path, text).map_err(|error| Failure::io("write", path, &error))?;
    Ok(true)
}

/// The lines between the first and the last difference, at most thirty of each side.
fn difference(current: &str, wanted: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (current.lines().collect(), wanted.lines().collect());
    let same_start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same_start;
    let same_end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let middle = |lines: &[&str], sign: char| {
        let changed = lines.get(same_start..lines.len() - same_end).unwrap_or_default();
        let mut out: Vec<String> = changed.iter().take(30).map(|line| format!("{sign} {line}")).collect();
        if changed.len() > 30 {
            out.push(format!("{sign} … and {} lines more", changed.len() - 30));
        }
        out
    };
    let lines = [vec![format!("@ line {}", same_start + 1)], middle(&old, '-'), middle(&new, '+')].concat();
    if lines.len() == 1 { "(only the end of the last line differs)".to_owned() } else { lines.join("\n") }
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn a_changed_line_is_shown_with_its_number_and_both_sides() {
        assert_eq!(difference("a\nb\nc\n", "a\nx\nc\n"), "@ line 2\n- b\n+ x");
        assert_eq!(difference("", "a\n"), "@ line 1\n+ a");
        assert_eq!(difference("a\na\na\n", "a\na\n"), "@ line 3\n- a");
        assert_eq!(difference("a", "a\n"), "(only the end of the last line differs)");
    }
}
