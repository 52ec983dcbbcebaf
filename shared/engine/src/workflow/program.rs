//! A compiled workflow: a flat list of steps, each of which knows where the next one is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::properties::Property;
use super::settings::Settings;
use crate::calendar::Duration;
use crate::condition::{Predicate, RingSpec};
use crate::contact::send::Class;
use crate::ids::{StepId, VersionId, WorkflowId};
use crate::react::Label;
use crate::steps::Step;
use crate::template::Template;
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
    /// What ends an enrollment early, or is counted as its goal.
    pub exits: Vec<Exit>,
    /// What the workflow is about for a person, such as a cart: the path of the entering event that names it.
    pub entity: Option<String>,
    /// How it behaves.
    pub settings: Settings,
    /// What must hold of everybody.
    pub properties: Vec<Property>,
    /// Where an enrollment begins; none if there is no step.
    pub start: Target,
    /// The steps.
    pub steps: Vec<StepDef>,
    /// The steps by id.
    pub index: BTreeMap<StepId, usize>,
    /// The steps from which a way leads back to themselves.
    pub repeats: BTreeSet<StepId>,
    /// The paths of the entering event that the steps read.
    pub event_paths: BTreeSet<String>,
    /// The paths of what came of earlier steps that later ones read: `news.clicked.url`, `check.body.price`.
    pub step_paths: BTreeSet<String>,
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
    /// Its number in the workflow, the same in all versions.
    pub number: u32,
    /// What it does.
    pub step: Arc<dyn Step>,
    /// What follows.
    pub next: Target,
    /// Where it is written.
    pub place: Place,
}

/// Whether a contact may enter a workflow more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reentry {
    /// Whether at all, after an enrollment ended.
    pub again: bool,
    /// When so much time has passed since the last entry.
    pub after: Option<Duration>,
    /// So often in all.
    pub at_most: Option<u32>,
    /// What an event does that comes while the person is inside.
    pub inside: Inside,
}

/// What an event does that would make somebody enter who is inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside {
    /// Nothing.
    Ignore,
    /// The enrollment ends, and another begins.
    Restart,
    /// Another begins when this one has ended; the first such event is kept.
    Queue,
}

/// What ends an enrollment early, sends it elsewhere, or is counted.
#[derive(Debug)]
pub struct Exit {
    /// What makes it.
    pub on: On,
    /// What it does.
    pub then: Then,
    /// The reason that is recorded.
    pub reason: String,
    /// Whether it is what the workflow is for.
    pub goal: bool,
    /// Whether somebody of whom it is true already does not even enter.
    pub refuses: bool,
    /// Where it is written.
    pub place: Place,
}

/// What makes an exit.
#[derive(Debug)]
pub enum On {
    /// An event.
    Event {
        /// Its type.
        kind: String,
        /// Which of that type.
        filter: Predicate,
        /// The ring that remembers the last such event, for people who enter by a late one.
        ring: RingSpec,
    },
    /// A condition that is true.
    Condition(Predicate),
}

/// What an exit does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// The enrollment ends.
    Exit,
    /// It goes to a step.
    GoTo(StepId),
    /// It is counted, once for each enrollment.
    Count,
}

impl On {
    /// Whether it is an event of that type.
    pub fn is_event(&self, wanted: &str) -> bool {
        matches!(self, Self::Event { kind, .. } if kind == wanted)
    }

    /// The condition, if it is one.
    pub fn condition(&self) -> Option<&Predicate> {
        if let Self::Condition(condition) = self { Some(condition) } else { None }
    }

    /// The condition that is asked, of the contact or of the event.
    pub fn predicate(&self) -> &Predicate {
        match self {
            Self::Event { filter, .. } => filter,
            Self::Condition(condition) => condition,
        }
    }
}

impl Program {
    /// The index of a step.
    pub fn step(&self, id: &StepId) -> Option<usize> {
        self.index.get(id).copied()
    }

    /// Every condition, and where it is written.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = (&Predicate, Place)> {
        let triggers = self.triggers.iter().flat_map(|trigger| {
            let becomes = trigger.kind.becomes().map(|(_, condition)| condition);
            [&trigger.filter].into_iter().chain(becomes).map(|condition| (condition, trigger.place))
        });
        let exits = self.exits.iter().map(|exit| (exit.on.predicate(), exit.place));
        let steps = self.steps.iter();
        let steps =
            steps.flat_map(|def| def.step.conditions().into_iter().map(|condition| (condition, def.place)));
        let recipients = self.settings.recipients.iter();
        let recipients = recipients.map(|condition| (condition, Place { line: 1, column: 1 }));
        triggers.chain(exits).chain(steps).chain(recipients)
    }

    /// The fields of the contact that it names, each with the part that does so: `trigger`, `condition`, `text`, `step`.
    pub fn fields(&self) -> Vec<(&str, &'static str)> {
        let dates = self.triggers.iter().filter_map(|trigger| trigger.kind.date());
        let dates = dates.map(|date| (date.field.as_str(), "trigger"));
        let asked = self.conditions().flat_map(|(condition, _)| condition.fields());
        let steps = || self.steps.iter().map(|def| &def.step);
        let set = steps().flat_map(|step| step.sets().into_iter().chain(step.fields()));
        let written = steps().flat_map(|step| step.templates()).flat_map(Template::contact_fields);
        let asked = asked.map(|name| (name, "condition"));
        dates
            .chain(asked)
            .chain(set.map(|name| (name, "step")))
            .chain(written.map(|name| (name, "text")))
            .collect()
    }

    /// The tags and lists that it names, each with the part that does so: `trigger`, `condition`, `step`.
    pub fn labels(&self) -> Vec<(Label, &str, &'static str)> {
        let triggers = self.triggers.iter().flat_map(|trigger| trigger.kind.labels());
        let conditions = self.conditions().flat_map(|(condition, _)| condition.labels());
        let steps = self.steps.iter().flat_map(|def| def.step.labels());
        let by = |part| move |(label, name)| (label, name, part);
        triggers
            .map(by("trigger"))
            .chain(conditions.map(by("condition")))
            .chain(steps.map(by("step")))
            .collect()
    }

    /// The rings that the version needs.
    pub fn rings(&self) -> Vec<RingSpec> {
        let filters = self.triggers.iter().map(|trigger| &trigger.filter);
        let conditions = self.steps.iter().flat_map(|def| def.step.conditions());
        let becomes = self.triggers.iter().filter_map(|trigger| trigger.kind.becomes());
        let exits = self.exits.iter().filter_map(|exit| exit.on.condition());
        let others = becomes.map(|(_, condition)| condition).chain(exits).chain(&self.settings.recipients);
        let counted = filters.chain(conditions).chain(others).flat_map(Predicate::rings);
        let remembered = self.exits.iter().filter_map(|exit| match &exit.on {
            On::Event { ring, .. } => Some(ring.clone()),
            On::Condition(_) => None,
        });
        counted.chain(remembered).collect()
    }

    /// Every condition of the steps, the exits and the recipients: those that are asked for an enrollment.
    pub fn asked_inside(&self) -> impl Iterator<Item = &Predicate> {
        let steps = self.steps.iter().flat_map(|def| def.step.conditions());
        let exits = self.exits.iter().map(|exit| exit.on.predicate());
        steps.chain(exits).chain(&self.settings.recipients)
    }

    /// The steps to which a step may lead.
    pub(super) fn ways(&self, at: usize) -> Vec<usize> {
        let def = &self.steps[at];
        match def.step.names() {
            Some(named) => self.step(named).into_iter().collect(),
            None => def.step.targets(def.next).into_iter().flatten().collect(),
        }
    }

    /// The steps from which a way leads back to themselves.
    pub(super) fn find_repeats(&self) -> BTreeSet<StepId> {
        let mut jumps: BTreeSet<usize> = BTreeSet::new();
        for exit in &self.exits {
            if let Then::GoTo(step) = &exit.then {
                jumps.extend(self.step(step));
            }
        }
        let leads_back = |from: usize| {
            let mut reached = vec![false; self.steps.len()];
            let ways = |at: usize| self.ways(at).into_iter();
            let mut open: Vec<usize> = ways(from).chain(jumps.iter().copied()).collect();
            while let Some(at) = open.pop() {
                if at == from {
                    return true;
                }
                if !std::mem::replace(&mut reached[at], true) {
                    open.extend(ways(at));
                }
            }
            false
        };
        // Without a jump every way leads forward.
        let loops = !jumps.is_empty() || self.steps.iter().any(|def| def.step.names().is_some());
        let steps = (0..self.steps.len()).filter(|at| loops && leads_back(*at));
        steps.map(|at| self.steps[at].id.clone()).collect()
    }

    /// The step that is the same as one of another version. A delay before a step that has none any more is the step.
    pub fn same_step(&self, other: &StepDef) -> Option<usize> {
        let of = |number: u32| self.steps.iter().position(|def| def.number == number);
        of(other.number).or_else(|| of(other.number & !1))
    }

    /// A step, and all to which a way leads from there.
    pub(crate) fn reached_from(&self, from: usize) -> BTreeSet<usize> {
        let mut reached = BTreeSet::new();
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            if reached.insert(at) {
                open.extend(self.ways(at));
            }
        }
        reached
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
