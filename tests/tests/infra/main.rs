//! infra/template.yaml and the program agree: functions, their environment, queues, the stream, routes, names of keys. Every
//! check is a function from the template to complaints, so that a second test can show it a template that is wrong.
#![expect(clippy::unwrap_used, reason = "a test")]

mod functions;
mod people;
mod queues;
mod routes;
mod table;
mod yaml;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// The template.
struct Template(Value);

impl Template {
    fn of_the_repository() -> Self {
        Self(yaml::parse(&std::fs::read_to_string(root().join("infra/template.yaml")).unwrap()))
    }

    /// What stands at a path such as `Globals.Function`; null if nothing does.
    fn at(&self, path: &str) -> &Value {
        path.split('.').fold(&self.0, |value, part| &value[part])
    }

    /// Every resource of a type: its name, and its properties.
    fn all<'t>(&'t self, kind: &'t str) -> impl Iterator<Item = (&'t str, &'t Value)> {
        let resources = self.0["Resources"].as_object().unwrap().iter();
        let of_kind = resources.filter(move |(_, resource)| resource["Type"] == kind);
        of_kind.map(|(name, resource)| (name.as_str(), &resource["Properties"]))
    }

    /// The properties of a resource; null if there is none.
    fn properties(&self, name: &str) -> &Value {
        &self.0["Resources"][name]["Properties"]
    }

    /// Every function: what it is called after `flusso-${Stage}-`, the name of its resource, and its properties.
    fn functions(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        self.all("AWS::Serverless::Function").map(|(resource, properties)| {
            (after_stage(&properties["FunctionName"]).unwrap_or_default(), resource, properties)
        })
    }

    /// With another value at a path; null takes away what stands there.
    fn with(mut self, path: &str, value: Value) -> Self {
        let (parent, last) = path.rsplit_once('.').unwrap();
        let parent = parent.split('.').fold(&mut self.0, |place, part| match place {
            Value::Array(items) => &mut items[part.parse::<usize>().unwrap()],
            place => place.get_mut(part).unwrap_or_else(|| panic!("{path}: there is no {part}")),
        });
        match parent {
            Value::Array(items) => items[last.parse::<usize>().unwrap()] = value,
            Value::Object(entries) if value.is_null() => {
                assert!(entries.remove(last).is_some(), "{path}: there is no {last}");
            }
            place => place[last] = value,
        }
        self
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// What a name has after the stage: `!Sub flusso-${Stage}-steps` is `steps`.
fn after_stage(name: &Value) -> Option<&str> {
    name["Fn::Sub"].as_str()?.strip_prefix("flusso-${Stage}-")
}

/// `!GetAtt NAME.Arn`.
fn arn(resource: &str) -> Value {
    json!({ "Fn::GetAtt": format!("{resource}.Arn") })
}

/// `!Ref NAME`.
fn reference(name: &str) -> Value {
    json!({ "Ref": name })
}

/// The items of a list, or the one thing that stands where a list might.
fn listed(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |items| items.iter().collect())
}

/// Fails with every complaint at once.
#[track_caller]
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n\n{}\n", complaints.join("\n"));
}

/// Fails unless the check complains of this once the template has that value at that path.
#[track_caller]
fn assert_caught(check: impl Fn(&Template) -> Vec<String>, planted: &[(&str, Value, &str)]) {
    for (path, value, expected) in planted {
        let complaints = check(&Template::of_the_repository().with(path, value.clone()));
        assert!(
            complaints.iter().any(|complaint| complaint.contains(expected)),
            "{path} = {value}: expected a complaint with `{expected}`, got {complaints:#?}"
        );
    }
}
