//! The JSON schema for editors, made from the same shapes that settings are read by.

mod pattern;

use serde_json::{Map, Value, json};
use wh_types::PlanId;

use crate::catalogue::{PLAN_FIELDS, PLANS, SECTIONS};
use crate::shape::Shape;
use crate::spec::{FieldSpec, Presence};

/// The text of `config.schema.json`: names, kinds, bounds, defaults and documentation of all settings, for an
/// editor to complete and check a configuration file with.
///
/// The schema takes each value that the configuration takes, and no other. It does not know how settings fit
/// together (`idle_timeout` and `max_lifetime`), nor that a required one is missing: that may come from the
/// environment.
#[must_use]
pub fn json_schema() -> String {
    let mut root = Map::new();
    for section in SECTIONS {
        let schema = object(section.doc, section.fields);
        match section.path.split_once('.') {
            None => drop(root.insert(section.path.to_owned(), schema)),
            Some((holder, name)) => {
                let holder = root.entry(holder).or_insert_with(
                    || json!({ "type": ["object", "null"], "additionalProperties": false, "properties": {} }),
                );
                if let Some(properties) = holder.get_mut("properties").and_then(Value::as_object_mut) {
                    properties.insert(name.to_owned(), schema);
                }
            }
        }
    }
    root.insert(PLANS.to_owned(), plans());
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "WiseHosting configuration",
        "type": "object",
        "additionalProperties": false,
        "properties": root,
    });
    format!("{schema:#}\n")
}

/// The built-in plans, of which some limits change, and new plans, which state every limit.
fn plans() -> Value {
    let changed = object(&[], PLAN_FIELDS);
    let built_in: Map<_, _> =
        PlanId::BUILT_IN.map(|name| (name.to_owned(), changed.clone())).into_iter().collect();
    let stated = |field: &FieldSpec| (field.name.to_owned(), property(field, false));
    let properties: Map<_, _> = PLAN_FIELDS.iter().map(stated).collect();
    let required: Vec<_> = PLAN_FIELDS.iter().map(|field| field.name).collect();
    json!({
        "description": "Changes to the plans free, pro and business, and plans of your own, which then state every limit.",
        "type": ["object", "null"],
        "propertyNames": { "pattern": "^[a-z][a-z0-9_-]{0,31}$" },
        "properties": built_in,
        "additionalProperties": {
            "type": "object",
            "additionalProperties": false,
            "properties": properties,
            "required": required,
        },
    })
}

fn object(doc: &[&str], fields: &[FieldSpec]) -> Value {
    let set = |field: &FieldSpec| !matches!(field.presence, Presence::Required(_));
    let properties: Map<_, _> =
        fields.iter().map(|field| (field.name.to_owned(), property(field, set(field)))).collect();
    let mut object =
        json!({ "type": ["object", "null"], "additionalProperties": false, "properties": properties });
    describe(&mut object, doc);
    object
}

/// The schema of a setting. `or_null` takes `null` too, which means that the setting is not set.
fn property(field: &FieldSpec, or_null: bool) -> Value {
    let empty = or_null && field.may_be_empty();
    let mut schema = if field.list {
        json!({ "type": ["array", "string", "null"], "items": value(field.shape, false, false), "maxLength": 0 })
    } else {
        value(field.shape, or_null, empty)
    };
    describe(&mut schema, field.doc);
    if let (Presence::Default(text), Some(schema)) = (field.presence, schema.as_object_mut()) {
        // Numbers and truth values as such, all else as text: what an editor would complete.
        let default = match field.shape {
            Shape::Port | Shape::Ports | Shape::Count { .. } | Shape::Bool => {
                serde_json::from_str(text).unwrap_or_else(|_| json!(text))
            }
            _ => json!(text),
        };
        schema.insert("default".to_owned(), default);
    }
    schema
}

fn describe(schema: &mut Value, doc: &[&str]) {
    let text = doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    if let (false, Some(schema)) = (text.is_empty(), schema.as_object_mut()) {
        schema.insert("description".to_owned(), Value::String(text));
    }
}

/// The values of a shape. YAML has no types here: `5` and `"5"` are the same text, so numbers and truth
/// values are texts as well.
fn value(shape: Shape, or_null: bool, or_empty: bool) -> Value {
    let text = |more: &[&str], pattern: &str, rest: Value| {
        let mut types = vec!["string"];
        types.extend(more);
        types.extend(or_null.then_some("null"));
        let empty = if or_empty { "?" } else { "" };
        // Python's `$` stands before a last line end as well.
        let mut schema = json!({ "type": types, "pattern": format!(r"^(?:{pattern}){empty}(?!\n)$") });
        if let (Some(schema), Value::Object(rest)) = (schema.as_object_mut(), rest) {
            schema.extend(rest);
        }
        schema
    };
    let words = |mut words: Vec<Value>| {
        words.extend(or_null.then_some(Value::Null));
        words.extend(or_empty.then(|| json!("")));
        json!({ "enum": words })
    };
    match shape {
        Shape::Words(list) => words(list.iter().map(|word| json!(word)).collect()),
        Shape::Bool => words(vec![json!(true), json!(false), json!("true"), json!("false")]),
        Shape::Port | Shape::Ports => {
            text(&["integer"], &pattern::of(shape), json!({ "minimum": 1, "maximum": 65535 }))
        }
        Shape::Count { min, max } => {
            text(&["integer"], &pattern::of(shape), json!({ "minimum": min, "maximum": max }))
        }
        Shape::Cpu => {
            let bounds = json!({ "exclusiveMinimum": 0, "maximum": 2_147_483.647, "multipleOf": 0.001 });
            text(&["number"], &pattern::of(shape), bounds)
        }
        Shape::Text { max } | Shape::Ascii { max } => {
            text(&["number", "boolean"], &pattern::of(shape), json!({ "maxLength": max }))
        }
        Shape::Path | Shape::Secret { min: 0 | 1 } => {
            text(&["number", "boolean"], &pattern::of(shape), json!({}))
        }
        // A number is as long as its digits: this is the least of sixteen.
        Shape::Secret { .. } => {
            text(&["number"], &pattern::of(shape), json!({ "minimum": 1_000_000_000_000_000_u64 }))
        }
        // `true` is a name like any other.
        Shape::Host | Shape::Hosts | Shape::Domain => text(&["boolean"], &pattern::of(shape), json!({})),
        Shape::Url => text(&[], &pattern::of(shape), json!({ "maxLength": wh_types::HttpUrl::MAX })),
        Shape::Email => text(&[], &pattern::of(shape), json!({ "maxLength": wh_types::EmailAddress::MAX })),
        _ => text(&[], &pattern::of(shape), json!({})),
    }
}
