//! YAML as CloudFormation writes it: a tag is the function of that name, `!GetAtt A.B` an object `{"Fn::GetAtt": "A.B"}`.

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value, json};

/// The only document of a text.
pub fn parse(text: &str) -> Value {
    let mut events = Parser::new_from_str(text).map(|event| event.unwrap().0);
    loop {
        let event = events.next().unwrap();
        if !matches!(event, Event::StreamStart | Event::DocumentStart(_)) {
            return node(event, &mut events);
        }
    }
}

fn node<'t>(event: Event<'t>, events: &mut impl Iterator<Item = Event<'t>>) -> Value {
    match event {
        Event::Scalar(text, style, _, tag) => tagged(tag.as_deref(), scalar(&text, style)),
        Event::SequenceStart(_, tag) => {
            let mut items = Vec::new();
            loop {
                match events.next().unwrap() {
                    Event::SequenceEnd => return tagged(tag.as_deref(), Value::Array(items)),
                    item => items.push(node(item, events)),
                }
            }
        }
        Event::MappingStart(_, tag) => {
            let mut entries = Map::new();
            loop {
                match events.next().unwrap() {
                    Event::MappingEnd => return tagged(tag.as_deref(), Value::Object(entries)),
                    Event::Scalar(key, ..) => {
                        let value = events.next().unwrap();
                        let before = entries.insert(key.to_string(), node(value, events));
                        assert_eq!(before, None, "`{key}` stands there twice");
                    }
                    other => panic!("a key is text: {other:?}"),
                }
            }
        }
        other => panic!("the template has no such thing: {other:?}"),
    }
}

fn tagged(tag: Option<&Tag>, value: Value) -> Value {
    match tag.map(|tag| tag.suffix.as_str()) {
        None => value,
        Some(name @ ("Ref" | "Condition")) => json!({ name: value }),
        Some(name) => json!({ format!("Fn::{name}"): value }),
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    match text {
        _ if style != ScalarStyle::Plain => text.into(),
        "true" => true.into(),
        "false" => false.into(),
        "" | "~" | "null" => Value::Null,
        _ => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
    }
}

#[test]
fn tags_are_functions() {
    let text = "a: !Ref B\nc: [!GetAtt D.E, 'off', off, 5]\nf: !If [G, !Sub '${H}-i', !Ref AWS::NoValue]\n";
    let expected = json!({
        "a": { "Ref": "B" },
        "c": [{ "Fn::GetAtt": "D.E" }, "off", "off", 5],
        "f": { "Fn::If": ["G", { "Fn::Sub": "${H}-i" }, { "Ref": "AWS::NoValue" }] },
    });
    assert_eq!(parse(text), expected);
}
