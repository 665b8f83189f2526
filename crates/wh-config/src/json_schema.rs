//! The JSON schema for editors, generated from the sections.

use serde_json::{Map, Value, json};

use crate::catalogue::{FieldSpec, PLAN_FIELDS, PLANS, Presence, SECTIONS};
use crate::setting::Shape;

/// The text of `config.schema.json`: names, kinds, defaults and documentation of all settings, for an editor to
/// complete and check a configuration file with.
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
    let plans = json!({
        "description": "Changes to the plans free, pro and business, and plans of your own, which then state every limit.",
        "type": ["object", "null"],
        "propertyNames": { "pattern": "^[a-z][a-z0-9_-]{0,31}$" },
        "additionalProperties": object(&[], PLAN_FIELDS),
    });
    root.insert(PLANS.to_owned(), plans);
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "WiseHosting configuration",
        "type": "object",
        "additionalProperties": false,
        "properties": root,
    });
    format!("{schema:#}\n")
}

fn object(doc: &[&str], fields: &[FieldSpec]) -> Value {
    let properties: Map<_, _> = fields.iter().map(|field| (field.name.to_owned(), property(field))).collect();
    let mut object =
        json!({ "type": ["object", "null"], "additionalProperties": false, "properties": properties });
    describe(&mut object, doc);
    object
}

fn property(field: &FieldSpec) -> Value {
    let mut schema = shape(field.shape);
    describe(&mut schema, field.doc);
    if let (Presence::Default(text), Some(schema)) = (field.presence, schema.as_object_mut()) {
        // Numbers and truth values as such, all else as text: what an editor would complete.
        let value = match field.shape {
            Shape::Port | Shape::Count | Shape::Bool => {
                serde_json::from_str(text).unwrap_or_else(|_| json!(text))
            }
            _ => json!(text),
        };
        schema.insert("default".to_owned(), value);
    }
    schema
}

fn describe(schema: &mut Value, doc: &[&str]) {
    let text = doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    if let (false, Some(schema)) = (text.is_empty(), schema.as_object_mut()) {
        schema.insert("description".to_owned(), Value::String(text));
    }
}

fn shape(shape: Shape) -> Value {
    let pattern = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    match shape {
        Shape::Text | Shape::Path | Shape::Secret => {
            json!({ "type": ["string", "number", "boolean", "null"] })
        }
        Shape::Port => json!({ "type": "integer", "minimum": 1, "maximum": 65535 }),
        Shape::Count => json!({ "type": "integer", "minimum": 0, "maximum": i32::MAX }),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Words(words) => json!({ "type": "string", "enum": words }),
        Shape::Duration => pattern("^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$"),
        Shape::Size => pattern("^([0-9]+ *[MGT]iB|unlimited)$"),
        Shape::Cpu => {
            json!({ "type": ["string", "number"], "pattern": "^([0-9]+m|[0-9]+([.][0-9]{1,3})?( *CPUs?)?|unlimited)$" })
        }
        Shape::Bandwidth => pattern("^([0-9]+ *[kmg]bit|unlimited)$"),
        Shape::Url => pattern("^https?://[^@?#]+$"),
        Shape::TextList | Shape::SecretList => {
            json!({ "type": ["array", "null"], "items": { "type": ["string", "number"] } })
        }
    }
}
