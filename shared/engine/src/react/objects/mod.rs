//! What events and steps do to what belongs to the contact: one file each. What an event says is completed by what is
//! known, so that workflows see both.

mod associations;
mod check;
mod conversions;
mod disturb;
mod documents;
mod groups;
mod imports;
mod labels;
mod lapses;
mod loyalty;
mod notes;
mod purchases;
mod quizzes;
mod records;

use std::sync::Arc;

use serde_json::{Map, Value};

pub use check::check_event;
pub use imports::{IMPORT, IMPORTED, UNDONE, Undo};
pub use labels::Label;
pub use records::Put;

use super::{Turn, Visit};
use crate::contact::record::{Is, Sort};
use crate::event::{Chain, Event, Trust};
use crate::ids::{StepId, WorkflowId, base32, digest};
use crate::time::Instant;
use crate::timeline::What;

/// Why something changes: by an event from outside, or by a step.
#[derive(Clone, Debug)]
pub struct Cause<'c> {
    /// The step; none for an event from outside.
    pub by: Option<(&'c WorkflowId, &'c StepId)>,
    /// When it happened.
    pub at: Instant,
    /// The workflows that led to it.
    pub chain: Chain,
    /// Who says so.
    pub source: Arc<str>,
}

/// What is said in an event.
type Data = Map<String, Value>;

impl Turn<'_> {
    /// What an event says of what belongs to the contact; its data, completed. None if it says nothing new, so that
    /// nothing follows from it.
    pub(super) fn apply_objects(&mut self, event: &Event, mut data: Data) -> Option<Data> {
        let Some((word, verb)) = event.kind.split_once('.').filter(|_| event.trust == Trust::Trusted) else {
            return Some(data);
        };
        let cause = Cause {
            by: None,
            at: event.begins_at(),
            chain: self.chain.clone(),
            source: event.source.clone(),
        };
        let sort = Sort::by_word(word);
        let ours = [
            "payment",
            "order",
            "product",
            "loyalty",
            "conversion",
            "note",
            "group",
            "dnd",
            "document",
            "association",
        ];
        if sort.is_some() || ours.contains(&word) {
            data.entry("at").or_insert_with(|| cause.at.to_string().into());
        }
        match word {
            "payment" | "order" | "product" => {
                self.apply_purchase(&cause, event, &mut data);
                Some(data)
            }
            "loyalty" => self.apply_loyalty(&cause, verb, &event.mark(), data),
            "conversion" => self.apply_conversion(&cause, verb, &event.mark(), data),
            "note" => {
                self.apply_note(&cause, verb, &data);
                Some(data)
            }
            "quiz" => {
                self.apply_quiz(&cause, verb, &data);
                Some(data)
            }
            "group" => self.apply_group(&cause, verb, data),
            "import" => self.apply_import(&cause, event, data),
            "tag" => self.apply_label(&cause, Label::Tag, verb, data),
            "list" => self.apply_label(&cause, Label::List, verb, data),
            "document" => self.apply_document(&cause, verb, data),
            "association" => self.apply_association(&cause, verb, data),
            "dnd" | "sms" | "whatsapp" => self.apply_disturb(&cause, word, verb, data),
            _ => match sort {
                Some(sort) => self.apply_record(&cause, sort, verb, &event.mark(), data),
                None => Some(data),
            },
        }
    }

    fn tell(&mut self, cause: &Cause<'_>, what: What) {
        let (workflow, step) = cause.by.unzip();
        self.log(workflow, step, what);
    }

    /// Has workflows see what a step did. What an event from outside says, they see as that event.
    fn follows(&mut self, cause: &Cause<'_>, kind: &str, data: Data) {
        if cause.by.is_some() {
            self.happen_at(kind, cause.at, data, cause.chain.clone());
        }
    }
}

impl<'v> Visit<'v, '_> {
    /// This step as the cause of what changes.
    pub fn cause(&self) -> Cause<'v> {
        Cause {
            by: Some((&self.program.workflow, &self.def.id)),
            at: self.turn.now,
            chain: self.enrollment.chain.clone(),
            source: format!("workflow:{}", self.program.workflow).into(),
        }
    }

    /// The id of what this visit makes: the same, however often it is done.
    pub fn made_id(&self, sort: Sort) -> String {
        let visit = self.enrollment.visit.to_string();
        let parts = ["made", self.id.as_str(), self.def.id.as_str(), &visit];
        format!("{}_{}", &sort.spec().word[..3], base32(&digest(&parts), 16))
    }

    /// Records why this step does nothing.
    pub fn skip(&mut self, reason: &str) {
        self.log(What::StepSkipped { reason: reason.to_owned() });
    }

    /// The ids of records that have not ended, the newest first.
    pub fn open_records(&self, sort: Sort) -> Vec<Arc<str>> {
        let records = &self.turn.contact.profile.objects.records;
        let mut open: Vec<_> = records.of(sort).filter(|(_, record)| !record.has_ended(sort)).collect();
        open.sort_by_key(|(id, record)| std::cmp::Reverse((record.created_at, (*id).clone())));
        open.into_iter().map(|(id, _)| id.clone()).collect()
    }
}

fn text(data: &Data, name: &str) -> Option<String> {
    let read = Is::Text.read(data.get(name)?).ok().flatten()?;
    read.as_str().map(str::to_owned)
}

fn whole(data: &Data, name: &str) -> Option<i64> {
    Is::Whole.read(data.get(name)?).ok().flatten()?.as_i64()
}

fn instant(data: &Data, name: &str) -> Option<Instant> {
    Is::Instant.read(data.get(name)?).ok().flatten()?.as_i64().map(Instant::from_millis)
}

/// The currency that is named, else the usual one.
fn currency(data: &Data) -> String {
    let named = data.get("currency").and_then(|value| Is::Currency.read(value).ok().flatten());
    named
        .and_then(|named| named.as_str().map(str::to_owned))
        .unwrap_or_else(|| crate::contact::purchase::CURRENCY.to_owned())
}
