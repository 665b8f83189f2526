//! The rule that app names and subdomains share: a lower-case DNS label.

use crate::Invalid;
use crate::invalid::shown;

const ALLOWED: &str = "a-z, 0-9 and the hyphen are allowed";

/// Checks length, characters, hyphens and reserved names of a label, in this order.
pub(crate) fn check(what: &'static str, text: &str, min: usize, max: usize) -> Result<(), Invalid> {
    let given = text.chars().count();
    if !(min..=max).contains(&given) {
        return Err(Invalid::Length { what, given, min, max });
    }
    let wrong = |(_, found): &(usize, char)| !matches!(found, 'a'..='z' | '0'..='9' | '-');
    if let Some((index, found)) = text.chars().enumerate().find(wrong) {
        return Err(Invalid::Character { what, found, position: index + 1, allowed: ALLOWED });
    }
    let hyphen = |place| Err(Invalid::Hyphen { what, given: shown(text), place });
    if text.starts_with('-') {
        return hyphen("at its beginning");
    }
    if text.ends_with('-') {
        return hyphen("at its end");
    }
    if text.contains("--") {
        return hyphen("next to another");
    }
    if crate::reserved::is_reserved_label(text) {
        return Err(Invalid::Reserved { what, given: shown(text) });
    }
    Ok(())
}
