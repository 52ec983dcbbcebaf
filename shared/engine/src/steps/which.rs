//! Which of the contact's deals or tasks a step means: `newest open`, `all open`, or `trigger`, the one of which the
//! event speaks that made the person enter.

use std::sync::Arc;

use serde_json::Value;

use super::StepReader;
use crate::condition::value_at;
use crate::contact::record::Sort;
use crate::react::Visit;
use crate::template::Template;
use crate::yaml::Node;

/// Which.
#[derive(Debug)]
pub(super) enum Which {
    /// The one that was made last and has not ended.
    NewestOpen,
    /// Every one that has not ended.
    AllOpen,
    /// The event's. The template has the event's value kept and checked.
    Trigger(Template),
}

impl Which {
    /// By its name.
    pub(super) fn parse(name: &str, sort: Sort) -> Option<Self> {
        match name {
            "newest open" => Some(Self::NewestOpen),
            "all open" => Some(Self::AllOpen),
            "trigger" => {
                let source = format!("{{{{ event.{} }}}}", sort.spec().word);
                Template::compile(&source).ok().map(Self::Trigger)
            }
            _ => None,
        }
    }

    /// Reads it; without one it is the newest that is open.
    pub(super) fn read(node: Option<&Node>, sort: Sort, reader: &mut StepReader<'_, '_, '_>) -> Option<Self> {
        let Some(node) = node else { return Some(Self::NewestOpen) };
        let which = node.as_text().and_then(|name| Self::parse(name, sort));
        if which.is_none() {
            let message = format!("which {}: `newest open`, `all open` or `trigger`", sort.spec().word);
            reader.problems().error(node.place, "which.unknown", message);
        }
        which
    }

    /// Their ids at this moment.
    pub(super) fn among(&self, sort: Sort, visit: &Visit<'_, '_>) -> Vec<Arc<str>> {
        match self {
            Self::NewestOpen => visit.open_records(sort).into_iter().take(1).collect(),
            Self::AllOpen => visit.open_records(sort),
            Self::Trigger(_) => {
                let id = value_at(&visit.enrollment.event, sort.spec().word).and_then(Value::as_str);
                let known = |id: &&str| visit.turn.contact.profile.objects.records.get(sort, id).is_some();
                id.filter(known).map(Arc::from).into_iter().collect()
            }
        }
    }

    /// The template that has the event's value kept.
    pub(super) fn template(&self) -> Option<&Template> {
        if let Self::Trigger(template) = self { Some(template) } else { None }
    }
}
