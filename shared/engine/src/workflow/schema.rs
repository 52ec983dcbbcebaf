//! The JSON Schema (draft 2020-12) of a workflow's document, for editors: they complete from it, and check as one types.
//! Made of what each kind says of itself, so that there is no second list.

use serde_json::{Map, Value, json};

use super::shape::{Field, Shape};
use crate::contact::record::Is;
use crate::{condition, steps, triggers};

const WINDOW: &[Field] = &[
    Field::may("zone", Shape::Text, "On whose clock: contact (the default), account, or a zone."),
    Field::may("days", Shape::Texts, "On these days of the week, such as mon-fri."),
    Field::may("between", Shape::Texts, "Between these times, such as 09:00-18:00 …"),
    Field::may("at", Shape::Texts, "… or at these."),
    Field::may("quiet dates", Shape::Texts, "Nothing on these dates, such as --12-25."),
];
const SCOPES: Shape = Shape::Words(&["this workflow", "any message"]);
const JUMP: Shape = Shape::Map(&[Field::must("go to", Shape::Text, "The step.")]);
const EXIT: &[Field] = &[
    Field::may("on", Shape::Text, "An event …"),
    Field::may("when", Shape::Condition, "… or a condition."),
    Field::may("where", Shape::Condition, "Which of these events."),
    Field::may("scope", SCOPES, "Of a message of this workflow alone, or of any."),
    Field::may("reason", Shape::Text, "What is recorded."),
    Field::may(
        "then",
        Shape::Either(&[Shape::Words(&["exit", "count"]), JUMP]),
        "It ends here, goes elsewhere, or is counted.",
    ),
    Field::may(
        "at entry",
        Shape::Words(&["end", "stay out"]),
        "What is done with whoever it holds of already.",
    ),
];
const REENTRY: &[Field] = &[
    Field::may("after", Shape::Length, "Not before, counted from the last entry."),
    Field::may("at most", Shape::Whole, "So often in all."),
    Field::may(
        "while inside",
        Shape::Words(&["ignore", "restart", "queue"]),
        "What comes of an event of somebody inside.",
    ),
];
const CAP: Shape = Shape::Open(&Shape::Value);
const PACE: &[Field] = &[
    Field::must("messages", Shape::Whole, "How many."),
    Field::must("per", Shape::Length, "In which time: seconds, minutes or hours."),
];
pub(super) const SETTINGS: &[Field] = &[
    Field::may(
        "missing value",
        Shape::Words(&["skip", "empty"]),
        "What a merge field without a value does to its message.",
    ),
    Field::may("at most", Shape::Listed(&CAP), "Caps, such as `{ email: 2, per: 7 days }`."),
    Field::may(
        "over",
        Shape::Words(&["skip", "hold"]),
        "What is done with a message for which there is no room.",
    ),
    Field::may("lateness", Shape::Length, "How late a message may be; else 12 hours."),
    Field::may("pace", Shape::Map(PACE), "How many messages go to all people together."),
    Field::may("entries from", Shape::Text, "From when on people enter."),
    Field::may("entries until", Shape::Text, "From when on nobody enters any more."),
    Field::may("messages from", Shape::Text, "From when on messages go."),
    Field::may("messages until", Shape::Text, "From when on none goes any more."),
    Field::may("ends at", Shape::Text, "When whoever is inside leaves."),
];
const PROPERTY: &[Field] = &[
    Field::may("always", Shape::Text, "Such as `at most 2 emails per 24 hours`."),
    Field::may("never", Shape::Text, "Such as `send after order.completed`."),
    Field::may("ends within", Shape::Length, "Whoever enters has left by then."),
];
const CLASSES: Shape = Shape::Words(&["marketing", "service", "transactional", "internal"]);
pub(super) const WORKFLOW: &[Field] = &[
    Field::must("workflow", Shape::Text, "The id: a-z, digits and `-`."),
    Field::may("name", Shape::Text, "The name for people; renaming makes no new version."),
    Field::may("description", Shape::Text, "What it is for."),
    Field::may("labels", Shape::Texts, "Words under which it is found."),
    Field::may("kind", CLASSES, "The class of its messages; marketing, if nothing is said."),
    Field::may("triggers", Shape::Listed(&Shape::Trigger), "Any one of them makes a person enter."),
    Field::may("entity", Shape::Text, "What it is about, such as `event.cart_id`: inside once for each."),
    Field::may(
        "reentry",
        Shape::Either(&[Shape::Words(&["never", "always"]), Shape::Map(REENTRY)]),
        "Whether a person may enter again.",
    ),
    Field::may("exit", Shape::Listed(&Shape::Map(EXIT)), "What ends it early, also during a wait."),
    Field::may("goal", Shape::Map(EXIT), "What it is for: counted, and by default it ends here."),
    Field::may("send window", Shape::Window, "When its messages may go."),
    Field::may("recipients", Shape::Condition, "Who gets messages, asked anew at every message."),
    Field::may("settings", Shape::Map(SETTINGS), "How it behaves."),
    Field::may(
        "properties",
        Shape::Listed(&Shape::Map(PROPERTY)),
        "What must hold of everybody; it is checked.",
    ),
    Field::may("steps", Shape::Steps, "What is done, one after another."),
];

/// The schema of a document: a workflow, or a list of them.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A workflow of Flusso",
        "oneOf": [reference("workflow"), { "type": "array", "items": reference("workflow") }],
        "$defs": {
            "workflow": shape(&Shape::Map(WORKFLOW)),
            "trigger": trigger(),
            "step": step(),
            "condition": condition(),
            "tests": tests(),
            "window": shape(&Shape::Map(WINDOW)),
            "waited": waited(),
            "length": { "type": "string", "pattern": "^ *[0-9]+ *(second|minute|hour|day|week|month|year)s? *$" },
            "value": { "type": ["string", "number", "boolean"] },
            "texts": shape(&Shape::Several(&Shape::Text)),
        },
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn shape(what: &Shape) -> Value {
    match what {
        Shape::Text => json!({ "type": "string" }),
        Shape::Texts => reference("texts"),
        Shape::Value => reference("value"),
        Shape::Whole => json!({ "type": "integer" }),
        Shape::Number => json!({ "type": "number" }),
        Shape::Any => json!({}),
        Shape::Nothing => json!({ "type": "null" }),
        Shape::Length => reference("length"),
        Shape::YesNo => json!({ "enum": [true, false, "yes", "no"] }),
        Shape::Words(words) => json!({ "enum": words }),
        Shape::Tests => reference("tests"),
        Shape::Condition => reference("condition"),
        Shape::Trigger => reference("trigger"),
        Shape::Waited => reference("waited"),
        Shape::Window => reference("window"),
        Shape::Steps => json!({ "type": ["array", "null"], "items": reference("step") }),
        Shape::Map(fields) => map(fields),
        Shape::Open(inner) => {
            json!({ "type": "object", "minProperties": 1, "additionalProperties": shape(inner) })
        }
        Shape::Several(inner) => {
            let inner = shape(inner);
            json!({ "anyOf": [inner, { "type": "array", "items": inner, "minItems": 1 }] })
        }
        Shape::Listed(inner) => {
            let inner = shape(inner);
            json!({ "anyOf": [inner, { "type": "array", "items": inner }] })
        }
        Shape::Either(shapes) => json!({ "anyOf": shapes.iter().map(shape).collect::<Vec<_>>() }),
        Shape::Beside(inner, _) => shape(inner),
        Shape::Happened(spec) => {
            let fields: Map<String, Value> =
                spec.keys.iter().map(|key| ((*key).to_owned(), reference("tests"))).collect();
            let asked = json!({ "type": "object", "minProperties": 1, "properties": fields, "additionalProperties": false });
            if spec.main.is_empty() {
                json!({ "anyOf": [{ "const": "any" }, asked] })
            } else {
                json!({ "anyOf": [words(), asked] })
            }
        }
        Shape::Owned(sort) => {
            let spec = sort.spec();
            let names = spec.attributes.iter().map(|(name, is)| (*name, *is)).chain([(spec.word, Is::Text)]);
            let fields: Map<String, Value> =
                names.map(|(name, _)| (name.to_owned(), reference("tests"))).collect();
            let asked = json!({ "type": "object", "minProperties": 1, "properties": fields, "additionalProperties": false });
            json!({ "anyOf": [words(), asked] })
        }
    }
}

/// A value, or several.
fn words() -> Value {
    json!({ "anyOf": [reference("value"), { "type": "array", "items": reference("value"), "minItems": 1 }] })
}

fn map(fields: &[Field]) -> Value {
    let needed: Vec<&str> = fields.iter().filter(|field| field.needed).map(|field| field.name).collect();
    json!({ "type": "object", "properties": properties(fields), "required": needed, "additionalProperties": false })
}

fn properties(fields: &[Field]) -> Map<String, Value> {
    fields.iter().map(|field| (field.name.to_owned(), told(field.says, shape(&field.shape)))).collect()
}

/// With its meaning, which editors show.
fn told(says: &str, mut schema: Value) -> Value {
    schema["description"] = says.into();
    schema
}

/// One map of several kinds, each introduced by its key, and what may stand beside that.
struct Kinds {
    properties: Map<String, Value>,
    one_of: Vec<Value>,
    /// Keys that stand beside others, and beside which.
    beside: Map<String, Value>,
}

impl Kinds {
    fn of(kinds: impl Iterator<Item = (&'static str, &'static str, Shape)>) -> Self {
        let mut made = Self { properties: Map::new(), one_of: Vec::new(), beside: Map::new() };
        for (key, says, what) in kinds {
            made.properties.insert(key.to_owned(), told(says, shape(&what)));
            made.one_of.push(json!({ "required": [key] }));
            if let Shape::Beside(_, fields) = what {
                for (name, property) in properties(fields) {
                    made.properties.entry(name.clone()).or_insert(property);
                    let other = made.beside.entry(name).or_insert_with(|| json!({ "anyOf": [] }));
                    if let Some(any_of) = other["anyOf"].as_array_mut() {
                        any_of.push(json!({ "required": [key] }));
                    }
                }
            }
        }
        made
    }
}

fn trigger() -> Value {
    let mut kinds = Kinds::of(triggers::KINDS.iter().map(|kind| (kind.key, kind.says, kind.shape)));
    kinds.properties.insert("where".to_owned(), told("What must hold besides.", reference("condition")));
    json!({
        "type": "object", "properties": kinds.properties, "additionalProperties": false, "oneOf": kinds.one_of,
        "dependentSchemas": kinds.beside,
    })
}

fn step() -> Value {
    let mut kinds = Kinds::of(steps::KINDS.iter().map(|kind| (kind.key, kind.says, kind.shape)));
    let own = [
        Field::may("id", Shape::Text, "Its name: a-z, digits, `-` and `_`."),
        Field::may("after", Shape::Length, "A wait before it."),
    ];
    kinds.properties.extend(properties(&own));
    json!({
        "type": "object", "properties": kinds.properties, "additionalProperties": false, "oneOf": kinds.one_of,
        "dependentSchemas": kinds.beside,
    })
}

/// Every kind of condition with what may stand beside it; any other key is a field of the contact, or of the event.
fn conditions() -> Map<String, Value> {
    let mut kinds = Kinds::of(condition::KINDS.iter().map(|kind| (kind.key, kind.says, kind.shape)));
    let list = shape(&Shape::Several(&Shape::Condition));
    kinds.properties.insert("all".to_owned(), told("All of them hold.", list.clone()));
    kinds.properties.insert("any".to_owned(), told("One of them holds.", list));
    kinds.properties.insert("not".to_owned(), told("It does not hold.", reference("condition")));
    kinds.properties
}

fn condition() -> Value {
    json!({
        "type": "object", "minProperties": 1, "properties": conditions(), "additionalProperties": reference("tests"),
        "propertyNames": { "pattern": "^[a-z]" },
    })
}

fn waited() -> Value {
    let mut properties = conditions();
    properties.insert("at most".to_owned(), told("How long at most.", reference("length")));
    json!({
        "type": "object", "minProperties": 2, "properties": properties, "required": ["at most"],
        "additionalProperties": reference("tests"), "propertyNames": { "pattern": "^[a-z]" },
    })
}

const NUMBER_OR_DATE: Shape = Shape::Either(&[Shape::Number, Shape::Text]);

/// A value, several of which one is enough, or comparisons.
fn tests() -> Value {
    let asked = [
        ("is", "It is that, or one of these.", words()),
        ("is not", "It is none of these.", words()),
        ("at least", "It is a number or a date, and at least that.", shape(&NUMBER_OR_DATE)),
        ("at most", "It is a number or a date, and at most that.", shape(&NUMBER_OR_DATE)),
        ("starts with", "It begins so.", shape(&Shape::Text)),
        ("contains", "It has that in it.", shape(&Shape::Text)),
        ("is known", "It has a value, or has none.", shape(&Shape::YesNo)),
    ];
    let properties: Map<String, Value> =
        asked.into_iter().map(|(name, says, schema)| (name.to_owned(), told(says, schema))).collect();
    let asked = json!({ "type": "object", "minProperties": 1, "properties": properties, "additionalProperties": false });
    json!({ "anyOf": [reference("value"), { "type": "array", "items": reference("value"), "minItems": 1 }, asked] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::{compile, settings};

    #[test]
    fn the_schema_has_every_setting_that_is_read() {
        let names = |fields: &[Field]| {
            let mut names: Vec<&str> = fields.iter().map(|field| field.name).collect();
            names.sort_unstable();
            names
        };
        let sorted = |keys: &[&'static str]| {
            let mut keys = keys.to_vec();
            keys.sort_unstable();
            keys
        };
        assert_eq!(names(WORKFLOW), sorted(compile::KEYS));
        assert_eq!(names(SETTINGS), sorted(settings::KEYS));
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_kind_is_told() {
        let schema = schema();
        let text = schema.to_string();
        for (_, behind) in text.match_indices("#/$defs/").map(|(at, found)| (at, &text[at + found.len()..])) {
            let name = behind.split('"').next().unwrap_or_default();
            assert!(schema["$defs"][name].is_object(), "{name}");
        }
        let told = |of: &str, key: &str| schema["$defs"][of]["properties"][key]["description"].is_string();
        assert!(triggers::KINDS.iter().all(|kind| told("trigger", kind.key)));
        assert!(steps::KINDS.iter().all(|kind| told("step", kind.key)));
        assert!(condition::KINDS.iter().all(|kind| told("condition", kind.key)));
    }
}
