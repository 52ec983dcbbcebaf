//! The OpenAPI document in docs/ is the one that the routes make (`UPDATE=1` rewrites it), and it says enough to ask by.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;

use serde_json::Value;

#[test]
fn the_document_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let made = flusso_entrypoints::openapi();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, made).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == made,
        "docs/openapi.json is behind the routes; run: make openapi, and read the difference"
    );
}

fn document() -> Value {
    serde_json::from_str(&flusso_entrypoints::openapi()).unwrap()
}

/// Each operation, with what it is called.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, verbs)| {
        let verbs = verbs.as_object().unwrap().iter();
        verbs.map(move |(verb, operation)| (format!("{} {path}", verb.to_uppercase()), operation))
    });
    operations.collect()
}

/// What a schema leads to.
fn followed<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(to) => followed(document, document.pointer(to.trim_start_matches('#')).unwrap()),
        None => schema,
    }
}

/// Whether a schema shows what may be sent: by an example, by the examples of its members, or because it says exactly
/// what there is to choose from.
fn is_shown(document: &Value, schema: &Value) -> bool {
    let schema = followed(document, schema);
    let has = |name: &str| schema.get(name).is_some_and(|value| !value.is_null());
    if has("example") || has("examples") || has("enum") || has("const") {
        return true;
    }
    if let Some(ways) = schema["oneOf"].as_array() {
        return ways.iter().all(|way| way["type"] == "null" || is_shown(document, way));
    }
    let plain = |kind: &str| {
        schema["type"] == kind || schema["type"].as_array().is_some_and(|all| all.contains(&kind.into()))
    };
    if plain("boolean") {
        return true;
    }
    if plain("array") {
        return is_shown(document, &schema["items"]);
    }
    let members = schema["properties"].as_object();
    members.is_some_and(|members| !members.is_empty() && members.values().all(|one| is_shown(document, one)))
}

#[test]
fn every_body_is_shown_by_an_example() {
    let document = document();
    let mut missing = Vec::new();
    let mut bodies = 0;
    for (name, operation) in operations(&document) {
        for (kind, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
            bodies += 1;
            if !is_shown(&document, content) && !is_shown(&document, &content["schema"]) {
                missing.push(format!("{name} {kind}"));
            }
        }
    }
    assert!(bodies > 40, "only {bodies} bodies were found");
    assert!(missing.is_empty(), "without an example: {missing:#?}");
}

#[test]
fn every_text_in_an_address_is_shown_by_an_example() {
    let document = document();
    let mut missing = Vec::new();
    for (name, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let shown = parameter.get("example").is_some() || is_shown(&document, &parameter["schema"]);
            if parameter["in"] == "path" && !shown {
                missing.push(format!("{name}: {}", parameter["name"]));
            }
        }
    }
    assert!(missing.is_empty(), "without an example: {missing:#?}");
}

#[test]
fn no_two_types_have_one_name() {
    let document = document();
    let names: Vec<&String> = document["components"]["schemas"].as_object().unwrap().keys().collect();
    assert!(names.len() > 100, "only {} schemas were found", names.len());
    let twice: Vec<_> = names.iter().filter(|name| name.contains(' ')).collect();
    assert!(twice.is_empty(), "rename one of the two: {twice:?}");
}
