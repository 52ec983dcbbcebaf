//! The JSON Schema of workflows: every document that compiles passes it, and what an author mistypes does not.
#![allow(clippy::unwrap_used, reason = "what goes wrong in a test ends it")]

use flusso_engine::workflow::{compile, schema};
use flusso_engine::yaml::{self, Limits};
use flusso_tests::documents;
use flusso_tests::drawn::{self, Tape};
use flusso_tests::sim::rng::Rng;
use serde_json::{Value, json};

/// The part of JSON Schema that ours uses; any other word of a schema is a mistake of this test.
fn valid(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let Value::Object(words) = schema else { panic!("no schema: {schema}") };
    for (word, said) in words {
        let holds = match word.as_str() {
            "$schema" | "title" | "description" | "$defs" => true,
            "$ref" => {
                let name = said.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                valid(root, &root["$defs"][name], value)?;
                true
            }
            "type" => {
                let types = said.as_array().cloned().unwrap_or_else(|| vec![said.clone()]);
                types.iter().any(|name| is(name.as_str().unwrap(), value))
            }
            "enum" => said.as_array().unwrap().contains(value),
            "const" => said == value,
            "pattern" => value.as_str().is_none_or(|text| looks_like(said.as_str().unwrap(), text)),
            "minItems" => value.as_array().is_none_or(|items| !items.is_empty()),
            "minProperties" => value.as_object().is_none_or(|map| map.len() as u64 >= said.as_u64().unwrap()),
            "required" => value.as_object().is_none_or(|map| {
                said.as_array().unwrap().iter().all(|key| map.contains_key(key.as_str().unwrap()))
            }),
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    valid(root, said, item)?;
                }
                true
            }
            "properties" => {
                for (key, schema) in said.as_object().unwrap() {
                    if let Some(inner) = value.get(key) {
                        valid(root, schema, inner).map_err(|why| format!("{key}: {why}"))?;
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = words.get("properties").and_then(Value::as_object);
                for (key, inner) in value.as_object().into_iter().flatten() {
                    if known.is_some_and(|known| known.contains_key(key)) {
                        continue;
                    }
                    if said == &json!(false) {
                        return Err(format!("{key} is not known"));
                    }
                    valid(root, said, inner).map_err(|why| format!("{key}: {why}"))?;
                }
                true
            }
            "propertyNames" => {
                for key in value.as_object().into_iter().flatten().map(|(key, _)| key) {
                    valid(root, said, &json!(key))?;
                }
                true
            }
            "dependentSchemas" => {
                for (key, schema) in said.as_object().unwrap() {
                    if value.get(key).is_some() {
                        valid(root, schema, value).map_err(|_| format!("{key} stands beside nothing"))?;
                    }
                }
                true
            }
            "anyOf" | "oneOf" => {
                let tried: Vec<_> =
                    said.as_array().unwrap().iter().map(|one| valid(root, one, value)).collect();
                let count = tried.iter().filter(|one| one.is_ok()).count();
                if count == 0 || word == "oneOf" && count > 1 {
                    let whys: Vec<String> = tried.into_iter().filter_map(Result::err).collect();
                    return Err(format!(
                        "{count} of {word}: {}",
                        whys.join(" / ").chars().take(300).collect::<String>()
                    ));
                }
                true
            }
            other => panic!("this test does not know `{other}`"),
        };
        if !holds {
            return Err(format!("{word} {said} does not hold of {value}"));
        }
    }
    Ok(())
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("no type: {other}"),
    }
}

/// The two patterns of the schema.
fn looks_like(pattern: &str, text: &str) -> bool {
    match pattern {
        "^[a-z]" => text.starts_with(|c: char| c.is_ascii_lowercase()),
        pattern if pattern.contains("second") => {
            let text = text.trim();
            let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
            let units = ["second", "minute", "hour", "day", "week", "month", "year"];
            text.len() > unit.len() && units.contains(&unit.trim_start().trim_end_matches('s'))
        }
        other => panic!("this test does not know {other}"),
    }
}

fn check(source: &str) -> Vec<Result<(), String>> {
    let schema = schema::schema();
    let nodes = yaml::parse(source, &Limits::default()).unwrap();
    nodes
        .iter()
        .filter(|node| !node.is_null())
        .map(|node| valid(&schema, &schema, &yaml::to_json(node)))
        .collect()
}

#[test]
fn every_document_of_the_tree_passes() {
    let mut rng = Rng::new(7);
    let drawn = (0..200).flat_map(|number| {
        let choices: Vec<u16> = (0..400).map(|_| u16::try_from(rng.below(2_520)).unwrap()).collect();
        let documents = drawn::workflows(&mut Tape::new(&choices), drawn::SEGMENTS);
        documents.into_iter().map(move |document| (format!("drawn {number}"), document.to_string()))
    });
    let all = documents::catalog().into_iter().chain(documents::scenarios()).chain(drawn);
    let compiles = |source: &str| compile(source).iter().all(|compiled| compiled.program.is_some());
    let all: Vec<_> = all.filter(|(_, source)| compiles(source)).collect();
    assert!(all.len() > 200, "only {} documents", all.len());
    for (name, source) in all {
        for outcome in check(&source) {
            assert_eq!(outcome, Ok(()), "{name}\n{source}");
        }
    }
}

#[test]
fn what_is_mistyped_does_not_pass() {
    let wrong = |lines: &str| {
        let source = format!("workflow: a\n{lines}\n");
        assert!(check(&source).iter().all(Result::is_err), "it passes:\n{source}");
        assert!(compile(&source).iter().all(|compiled| compiled.program.is_none()), "it compiles:\n{source}");
    };
    for lines in [
        "trigger: []",
        "kind: ads",
        "reentry: sometimes",
        "triggers: [{ form: [] }]",
        "triggers: [{ tag addde: vip }]",
        "triggers: [{ tag added: vip, tag removed: vip }]",
        "triggers: [{ deal created: { pipelin: x } }]",
        "triggers: [{ cart abandoned: { after: soon } }]",
        "steps: [{ wait: one day }]",
        "steps: [{ add tag: 5 }]",
        "steps: [{ add tag: x, then: [] }]",
        "steps: [{ add tag: x, wait: 1 day }]",
        "steps: [{ create task: { due: 1 day } }]",
        "steps: [{ decide: [{ when: { tag: x } }] }]",
        "steps: [{ wait until: { event: a.b } }]",
        "steps: [{ send email: { subject: x, bdy: y } }]",
        "recipients: {}",
        "recipients: { consent: { email: maybe } }",
        "settings: { lateness: 5 }",
        "send window: { dayz: mon }",
    ] {
        wrong(lines);
    }
}
