//! Cleaning of text that workers and containers produce.

use std::borrow::Cow;

use serde_json::Value;
use wh_types::IpAddress;

use crate::error::{Error, Result};

/// The text without NUL characters, which Postgres cannot store.
pub(crate) fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "")) } else { Cow::Borrowed(text) }
}

/// False for a text that no row can hold, so that nothing is to be found under it. Sent all the same, it would fail the
/// statement, and with it the caller's transaction.
pub(crate) fn storable(text: &str) -> bool {
    !text.contains('\0')
}

/// A text that a machine made, as its column can hold it: without NUL, and cut after `most` characters.
pub(crate) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    let end = |text: &str| text.char_indices().nth(most).map_or(text.len(), |(end, _)| end);
    match without_nul(text) {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..end(text)).unwrap_or(text)),
        Cow::Owned(mut text) => {
            text.truncate(end(&text));
            Cow::Owned(text)
        }
    }
}

/// Most levels of a JSON value. `serde_json` reads back 127 of them, and a row that cannot be read would take every list
/// with it.
const MAX_JSON_DEPTH: usize = 100;

/// The value as a `jsonb` column can hold it and give it back: without NUL.
pub(crate) fn storable_json(field: &'static str, value: &Value) -> Result<Value> {
    let mut level: Vec<&Value> = vec![value];
    for _ in 0..=MAX_JSON_DEPTH {
        if level.is_empty() {
            return Ok(json_without_nul(value));
        }
        level = level.into_iter().flat_map(children).collect();
    }
    Err(Error::invalid(field, format!("it is nested too deeply: {MAX_JSON_DEPTH} levels are allowed")))
}

/// The arrays and objects inside a value.
fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    let nested = |value: &&Value| value.is_array() || value.is_object();
    match value {
        Value::Array(items) => Box::new(items.iter().filter(nested)),
        Value::Object(fields) => Box::new(fields.values().filter(nested)),
        _ => Box::new(std::iter::empty()),
    }
}

/// The value without NUL characters, which JSON in Postgres cannot hold, in keys as in texts.
pub(crate) fn json_without_nul(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(without_nul(text).into_owned()),
        Value::Array(items) => Value::Array(items.iter().map(json_without_nul).collect()),
        Value::Object(fields) => {
            let clean =
                |(key, value): (&String, &Value)| (without_nul(key).into_owned(), json_without_nul(value));
            Value::Object(fields.iter().map(clean).collect())
        }
        other => other.clone(),
    }
}

/// An IP address in its canonical form; an empty text, where it is unknown, stays empty.
pub(crate) fn ip_address(text: &str) -> Result<String> {
    if text.trim().is_empty() {
        return Ok(String::new());
    }
    Ok(IpAddress::parse(text)?.to_string())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_copied_only_where_it_must_be() {
        assert_eq!(cut("läuft 🦀", 7), "läuft 🦀");
        assert_eq!(cut("läuft 🦀", 6), "läuft ");
        assert_eq!(cut("l\0ä\0uft", 2), "lä");
        assert_eq!(cut("", 0), "");
        assert!(matches!(cut("läuft", 2), Cow::Borrowed("lä")));
    }
}
