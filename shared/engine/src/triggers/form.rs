//! `form: richiedi-guida-gratuita` fires when that form is sent; a list names several; `any` is every form. One with
//! double opt-in counts as sent when its sender has confirmed it; `form requested:` fires when it is to be confirmed.

use crate::workflow::shape::Shape;
use serde_json::{Map, Value};

use super::{Kind, Trigger};
use crate::condition::{Truth, value_at};
use crate::definitions::Definitions;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, closest, texts};
use crate::yaml::{Node, Place};

/// How it is written.
pub const KIND: Kind =
    Kind { key: "form", says: "That form is sent; `any` is every form.", shape: Shape::Texts, read };

/// How a form is written that is to be confirmed.
pub const ASKED: Kind = Kind {
    key: "form requested",
    says: "That form with double opt-in is sent, and is to be confirmed by `{{ confirm_url }}`.",
    shape: Shape::Texts,
    read: |node, _, problems| read_form(REQUESTED, node, problems),
};

/// The type of the event.
pub const SUBMITTED: &str = "form.submitted";
/// The type of the event of a form that its sender has to confirm.
pub const REQUESTED: &str = "form.requested";

#[derive(Debug)]
struct Form {
    kind: &'static str,
    /// None is any form.
    forms: Option<Vec<String>>,
}

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Trigger>> {
    read_form(SUBMITTED, node, problems)
}

fn read_form(kind: &'static str, node: &Node, problems: &mut Problems) -> Option<Box<dyn Trigger>> {
    let any = node.as_text() == Some("any");
    let forms = if any { None } else { Some(texts(node, "form", problems)?) };
    Some(Box::new(Form { kind, forms }))
}

impl Form {
    fn among<'f>(&'f self, definitions: &'f Definitions) -> Vec<&'f crate::definitions::Form> {
        match &self.forms {
            Some(names) => names
                .iter()
                .filter_map(|name| definitions.forms.get(name.as_str()).map(AsRef::as_ref))
                .collect(),
            None => definitions.forms.values().map(AsRef::as_ref).collect(),
        }
    }
}

impl Trigger for Form {
    fn listens(&self) -> &str {
        self.kind
    }

    fn fires(&self, data: &Map<String, Value>) -> Truth {
        let form = value_at(data, "form").and_then(Value::as_str);
        self.forms.as_ref().is_none_or(|forms| forms.iter().any(|name| Some(name.as_str()) == form)).into()
    }

    fn provides(&self, path: &str, definitions: &Definitions) -> Option<bool> {
        let name = path.split('.').next().unwrap_or(path);
        Some(name == "form" || self.among(definitions).iter().all(|form| form.provides(name)))
    }

    fn sample(&self) -> Map<String, Value> {
        let form = self.forms.as_ref().and_then(|forms| forms.first()).map_or("form", String::as_str);
        Map::from_iter([("form".to_owned(), form.into())])
    }

    fn grants_marketing(&self, definitions: &Definitions) -> bool {
        self.kind == SUBMITTED && self.among(definitions).iter().any(|form| form.grants_marketing())
    }

    fn check(&self, place: Place, definitions: &Definitions, problems: &mut Problems) {
        let known: Vec<&str> = definitions.forms.keys().map(AsRef::as_ref).collect();
        for name in self.forms.iter().flatten().filter(|name| !known.contains(&name.as_str())) {
            let hint = closest(name, &known).map_or_else(
                || "define it first, with PUT /v1/forms/…".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            problems.error(place, "form.unknown", format!("there is no form `{name}`; {hint}"));
        }
        let named = self
            .forms
            .iter()
            .flatten()
            .filter_map(|name| Some((name, definitions.forms.get(name.as_str())?)));
        for (name, _) in named.filter(|(_, form)| self.kind == REQUESTED && !form.double_opt_in) {
            let message = format!(
                "the form `{name}` has no double opt-in: nobody has to confirm it; write `form: {name}`"
            );
            problems.error(place, "form.not_confirmed", message);
        }
    }
}
