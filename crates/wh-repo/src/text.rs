//! Cleaning of text that workers and containers produce.

use std::borrow::Cow;

use crate::error::{Error, Result};

/// The text without NUL characters, which Postgres cannot store.
pub(crate) fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { Cow::Borrowed(text) }
}

/// Refuses a text that its column would refuse, before a statement fails and takes the transaction with it.
pub(crate) fn check(field: &'static str, text: &str, least: usize, most: usize) -> Result<()> {
    let given = text.chars().count();
    if !(least..=most).contains(&given) {
        return Err(Error::invalid(
            field,
            format!("it has {given} characters, {least} to {most} are allowed"),
        ));
    }
    if text.contains('\0') {
        return Err(Error::invalid(field, "it holds a NUL character, which Postgres cannot store"));
    }
    Ok(())
}
