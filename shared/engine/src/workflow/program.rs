//! A compiled workflow: a flat list of steps, each of which knows where the next one is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::calendar::Duration;
use crate::condition::{Predicate, RingSpec};
use crate::contact::send::Class;
use crate::ids::{StepId, VersionId, WorkflowId};
use crate::steps::Step;
use crate::template::Missing;
use crate::triggers::Trigger;
use crate::yaml::Place;

/// A version of a workflow, ready to run.
#[derive(Debug)]
pub struct Program {
    /// The workflow's id.
    pub workflow: WorkflowId,
    /// The hash of its canonical source.
    pub version: VersionId,
    /// Its name for people.
    pub name: String,
    /// The class of its messages, where a step names none.
    pub class: Class,
    /// What makes a person enter; any one of them.
    pub triggers: Vec<TriggerDef>,
    /// Whether a person may enter again.
    pub reentry: Reentry,
    /// Events that end an enrollment.
    pub exits: Vec<Exit>,
    /// What a merge field without a value does to a message.
    pub missing: Missing,
    /// Where an enrollment begins; none if there is no step.
    pub start: Target,
    /// The steps.
    pub steps: Vec<StepDef>,
    /// The steps by id.
    pub index: BTreeMap<StepId, usize>,
    /// The paths of the entering event that the steps read.
    pub event_paths: BTreeSet<String>,
}

/// A step to go to; none is the end.
pub type Target = Option<usize>;

/// A trigger with its filter.
#[derive(Debug)]
pub struct TriggerDef {
    /// What it looks at.
    pub kind: Box<dyn Trigger>,
    /// What must hold besides.
    pub filter: Predicate,
    /// Where it is written.
    pub place: Place,
}

/// A step in its place.
#[derive(Debug)]
pub struct StepDef {
    /// Its stable id.
    pub id: StepId,
    /// What it does.
    pub step: Arc<dyn Step>,
    /// What follows.
    pub next: Target,
    /// Where it is written.
    pub place: Place,
}

/// Whether a contact may enter a workflow again after an enrollment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reentry {
    /// Once for ever.
    Never,
    /// Whenever not inside.
    Always,
    /// When so much time has passed since the last entry.
    After(Duration),
}

/// An event that ends an enrollment.
#[derive(Debug)]
pub struct Exit {
    /// The type of the event.
    pub kind: String,
    /// Which events of that type.
    pub filter: Predicate,
    /// The reason that is recorded.
    pub reason: String,
    /// The ring that remembers the last such event, for people who enter by a late one.
    pub ring: RingSpec,
    /// Where it is written.
    pub place: Place,
}

impl Program {
    /// The index of a step.
    pub fn step(&self, id: &StepId) -> Option<usize> {
        self.index.get(id).copied()
    }

    /// The rings that the version needs.
    pub fn rings(&self) -> Vec<RingSpec> {
        let filters = self.triggers.iter().map(|trigger| &trigger.filter);
        let conditions = self.steps.iter().flat_map(|def| def.step.conditions());
        let counted = filters.chain(conditions).flat_map(Predicate::rings);
        counted.chain(self.exits.iter().map(|exit| exit.ring.clone())).collect()
    }

    /// Whether a condition of a step asks what became of the message of this one.
    pub fn asks_about(&self, step: &StepId) -> bool {
        let conditions = self.steps.iter().flat_map(|def| def.step.conditions());
        conditions.flat_map(Predicate::steps).any(|named| named == step.as_str())
    }

    /// The steps' ids in the order of the document.
    pub fn step_ids(&self) -> Vec<StepId> {
        let mut steps: Vec<&StepDef> = self.steps.iter().collect();
        steps.sort_by_key(|def| def.place);
        steps.into_iter().map(|def| def.id.clone()).collect()
    }
}
