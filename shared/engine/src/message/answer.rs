//! What is kept of what a webhook answered: only what later steps read, and of that no more than fits.

use serde_json::{Map, Value};

use crate::condition::value_at;
use crate::definitions::Definitions;
use crate::ids::StepId;
use crate::limits;
use crate::workflow::program::Program;

/// The part of an answer's body that the workflow reads of this step: of JSON the values that it names, in the answer's
/// shape; of anything else the text. Null if it reads nothing of it, or that is too large to keep.
pub fn kept(definitions: &Definitions, program: &Program, step: &StepId, body: &[u8]) -> Value {
    let paths = definitions.step_paths(program);
    let read: Vec<&str> = paths
        .into_iter()
        .filter_map(|path| path.strip_prefix(step.as_str())?.strip_prefix('.')?.strip_prefix("body"))
        .collect();
    if read.is_empty() {
        return Value::Null;
    }
    let text = String::from_utf8_lossy(body);
    let whole = serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::from(limits::cut(text.trim().to_owned(), limits::ANSWER_KEPT_BYTES - 2)));
    let kept = match &whole {
        Value::Object(map) if !read.contains(&"") => {
            let mut kept = Map::new();
            for path in read.iter().filter_map(|path| path.strip_prefix('.')) {
                if let Some(value) = value_at(map, path) {
                    insert(&mut kept, path, value.clone());
                }
            }
            Value::Object(kept)
        }
        _ => whole,
    };
    if kept.to_string().len() <= limits::ANSWER_KEPT_BYTES { kept } else { Value::Null }
}

/// Puts a value at a path; an item of a list stands under its number.
fn insert(map: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((first, rest)) = path.split_once('.') else {
        map.insert(path.to_owned(), value);
        return;
    };
    if let Value::Object(inner) = map.entry(first).or_insert_with(|| Value::Object(Map::new())) {
        insert(inner, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kept_of(text: &str, body: &str) -> Value {
        let document = json!({
            "workflow": "w", "triggers": [{ "event": "a.b" }],
            "steps": [
                { "id": "check", "webhook": { "url": "https://x.example/" } },
                { "send sms": { "text": text } },
            ],
        });
        let compiled = crate::workflow::compile(&document.to_string()).remove(0);
        let program = compiled.program.unwrap_or_else(|| panic!("{:?}", compiled.problems));
        kept(&Definitions::empty(), &program, &StepId::new("check"), body.as_bytes())
    }

    #[test]
    fn only_what_is_read_is_kept_of_an_answer() {
        let body =
            r#"{"limit": {"now": 7, "max": 9}, "list": [{"a": 1}, {"a": 2}], "secret": "x", "none": null}"#;
        assert_eq!(kept_of("{{ steps.check.status }}", body), Value::Null);
        assert_eq!(kept_of("{{ steps.check.body.limit.now }}", body), json!({ "limit": { "now": 7 } }));
        let items = kept_of("{% for one in steps.check.body.list %}{{ one.a }}{% endfor %}", body);
        assert_eq!(items, json!({ "list": [{ "a": 1 }, { "a": 2 }] }));
        assert_eq!(kept_of("{{ steps.check.body.other }}", body), json!({}));
        assert_eq!(kept_of("{{ steps.other.body.limit }}", body), Value::Null);
        assert_eq!(kept_of("{{ steps.check.body.x }}", "[1]"), json!([1]));
        assert_eq!(kept_of("{{ steps.check.body }}", " not JSON\n"), json!("not JSON"));
    }

    #[test]
    fn what_does_not_fit_is_not_kept() {
        let long = "x".repeat(2 * limits::ANSWER_KEPT_BYTES);
        assert_eq!(kept_of("{{ steps.check.body.a }}", &json!({ "a": long }).to_string()), Value::Null);
        let cut = kept_of("{{ steps.check.body }}", &long);
        assert!(cut.to_string().len() <= limits::ANSWER_KEPT_BYTES, "{cut}");
        assert!(cut.as_str().is_some_and(|text| text.starts_with("xxx") && text.ends_with('…')));
    }
}
