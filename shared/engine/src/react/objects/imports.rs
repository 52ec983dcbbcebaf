//! What an import says of a contact besides its fields: the tags and the lists that all of its rows get; and what undoing
//! that import gives back, as far as it is still as the import left it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Cause, Data, Label};
use crate::event::{Chain, Event};
use crate::react::Turn;
use crate::timeline::What;

/// The event of a row of an import.
pub const IMPORTED: &str = "import.applied";
/// The event that takes a row of an import back.
pub const UNDONE: &str = "import.undone";
/// How the sources of imports begin: `import:<id>`.
pub const IMPORT: &str = "import:";

/// What an import changed of a contact: its labels, and each field as it was and as the import left it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// The source of the import's events.
    pub source: Arc<str>,
    /// Fields, each with what stood there before and what the import put there; null is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<(Arc<str>, Value, Value)>,
    /// Tags that were new.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Arc<str>>,
    /// Lists that were new.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<Arc<str>>,
}

impl Undo {
    /// What the lines of an import's reaction say that it did.
    pub fn of<'l>(source: Arc<str>, lines: impl IntoIterator<Item = &'l What>) -> Self {
        let mut undo = Self { source, ..Self::default() };
        for what in lines {
            match what {
                What::FieldSet { field, from, to } => {
                    let (from, to) = (from.clone().unwrap_or_default(), to.clone().unwrap_or_default());
                    undo.fields.push((field.clone(), from, to));
                }
                What::TagAdded { tag } => undo.tags.push(tag.clone()),
                What::ListJoined { list } => undo.lists.push(list.clone()),
                _ => {}
            }
        }
        undo
    }
}

impl Turn<'_> {
    pub(super) fn apply_import(&mut self, cause: &Cause<'_>, event: &Event, data: Data) -> Option<Data> {
        match &*event.kind {
            IMPORTED => {
                for (label, name) in [(Label::Tag, "tags"), (Label::List, "lists")] {
                    for name in names(&data, name) {
                        self.label(cause, label, &name, true);
                    }
                }
                Some(data)
            }
            UNDONE => {
                let undo = data.get("undo").cloned().unwrap_or_default();
                if let Ok(undo) = serde_json::from_value::<Undo>(undo) {
                    self.undo(cause, &undo);
                }
                None
            }
            _ => Some(data),
        }
    }

    /// Puts a label on, or takes it off, and has workflows see it as they see it by hand.
    fn label(&mut self, cause: &Cause<'_>, label: Label, name: &str, on: bool) {
        if self.set_label(cause, label, name, on) {
            let (kind, word) = label.event(on);
            let data = Data::from_iter([(word.to_owned(), name.into())]);
            self.happen_at(kind, cause.at, data, cause.chain.clone());
        }
    }

    fn undo(&mut self, cause: &Cause<'_>, undo: &Undo) {
        for (name, was, is) in &undo.fields {
            if self.contact.profile.field(name).unwrap_or(&Value::Null) == is {
                self.put_field(None, name, was.clone(), cause.at, Chain::quiet(self.now));
            } else {
                let what = What::FieldKept { field: name.clone(), reason: "changed_since".to_owned() };
                self.log(None, None, what);
            }
        }
        for (label, names) in [(Label::Tag, &undo.tags), (Label::List, &undo.lists)] {
            for name in names {
                self.label(cause, label, name, false);
            }
        }
        // What the import claimed that they agreed to, nobody claims any more.
        let given = self.contact.profile.consents.iter().filter(|consent| consent.source == undo.source);
        let given: Vec<_> = given.map(|consent| (consent.channel, consent.purpose.clone())).collect();
        for (channel, purpose) in given {
            let consents = &mut self.profile().consents;
            consents.retain(|known| (known.channel, &known.purpose) != (channel, &purpose));
            self.log(None, None, What::ConsentWithdrawn { channel, purpose });
        }
    }
}

fn names(data: &Data, name: &str) -> Vec<String> {
    let names = data.get(name).and_then(Value::as_array).into_iter().flatten();
    names.filter_map(Value::as_str).map(str::to_owned).collect()
}
