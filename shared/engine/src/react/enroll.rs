//! Entering a workflow: every event that a workflow looks at leaves one line, enrolled or ignored with its reason.

use super::Turn;
use crate::calendar;
use crate::condition::{Scope, Truth, value_at};
use crate::contact::enrollment::{Enrollment, Waiting};
use crate::contact::state::Work;
use crate::definitions::Active;
use crate::event::Occurrence;
use crate::ids::{EnrollmentId, WorkflowId};
use crate::limits;
use crate::timeline::What;
use crate::workflow::program::Reentry;
use serde_json::{Map, Value};
use std::sync::Arc;

impl Turn<'_> {
    /// Offers an occurrence to the workflows that look at its type, from the one named on.
    /// What it `started` runs when all of them have seen it.
    pub(super) fn trigger(
        &mut self,
        occurrence: Occurrence,
        from: Option<&WorkflowId>,
        mut started: Vec<EnrollmentId>,
    ) {
        let definitions = self.definitions;
        let listeners = definitions.listeners.get(&occurrence.kind).into_iter().flatten();
        for workflow in listeners.filter(|workflow| from.is_none_or(|from| *workflow >= from)) {
            if self.spent.is_out() {
                self.work.push_back(Work::Trigger { occurrence, workflow: workflow.clone(), started });
                return;
            }
            let Some(active) = definitions.workflows.get(workflow) else { continue };
            match self.admits(workflow, active, &occurrence) {
                Ok(()) => started.extend(self.enroll(workflow, active, &occurrence)),
                Err("loop") => {
                    self.count(workflow, &active.version, None, "halted");
                    self.log(Some(workflow), None, What::Halted);
                }
                Err(reason) => self.log(Some(workflow), None, What::Ignored { reason: reason.to_owned() }),
            }
        }
        self.work.extend(started.into_iter().map(|enrollment| Work::Run { enrollment }));
    }

    /// Whether an occurrence makes the contact enter; else the reason why not.
    fn admits(
        &self,
        workflow: &WorkflowId,
        active: &Active,
        occurrence: &Occurrence,
    ) -> Result<(), &'static str> {
        let scope = Scope {
            contact: &self.contact,
            now: self.now,
            zone: &self.definitions.zone,
            event: Some(&occurrence.data),
            rings: &self.definitions.rings,
            enrollment: None,
        };
        let fires = active.program.triggers.iter().any(|trigger| {
            trigger.kind.listens() == &*occurrence.kind
                && trigger.kind.fires(&occurrence.data) == Truth::Yes
                && trigger.filter.eval(&scope).truth == Truth::Yes
        });
        if !fires {
            return Err("filter");
        }
        if occurrence.at < active.since {
            return Err("before_activation");
        }
        if self.contact.state.enrollments.values().any(|enrollment| enrollment.workflow == *workflow) {
            return Err("already_inside");
        }
        if let Some(past) = self.contact.state.past.get(workflow) {
            let again = match active.program.reentry {
                Reentry::Never => false,
                Reentry::Always => true,
                Reentry::After(interval) => {
                    occurrence.at >= calendar::add(past.entered_at, interval, &self.definitions.zone)
                }
            };
            if !again {
                return Err("reentry");
            }
        }
        if occurrence.chain.is_loop(workflow, self.now) {
            return Err("loop");
        }
        if self.contact.state.enrollments.len() >= limits::ENROLLMENTS {
            return Err("too_many_enrollments");
        }
        let past = &self.contact.state.past;
        if past.len() >= limits::PAST && !past.contains_key(workflow) {
            return Err("too_many_workflows");
        }
        Ok(())
    }

    /// Enters; the enrollment, if there is anything for it to do.
    fn enroll(
        &mut self,
        workflow: &WorkflowId,
        active: &Active,
        occurrence: &Occurrence,
    ) -> Option<EnrollmentId> {
        let program = active.program.clone();
        let start = program.start.map(|at| program.steps[at].id.clone())?;
        let Some(event) = kept(&self.definitions.event_paths(&program), &occurrence.data) else {
            self.log(Some(workflow), None, What::Ignored { reason: "event_values_too_large".to_owned() });
            return None;
        };
        self.spent.enrollments += 1;
        self.spent.rows += 1;
        let past = self.contact.state.past.entry(workflow.clone()).or_default();
        past.entries += 1;
        past.entered_at = past.entered_at.max(occurrence.at);
        past.ended_at = None;
        let id = EnrollmentId::derive(&self.contact.id, workflow, past.entries);
        let enrollment = Enrollment {
            workflow: workflow.clone(),
            version: active.version.clone(),
            entered_at: occurrence.at,
            step: start.clone(),
            visit: 0,
            waiting: Waiting::Nothing,
            anchor: occurrence.at,
            trigger: occurrence.kind.clone(),
            event: Arc::new(event),
            chain: occurrence.chain.with(workflow, self.now),
            messages: std::collections::BTreeMap::new(),
        };
        self.contact.state.enrollments.insert(id.clone(), enrollment);
        self.count(workflow, &active.version, None, "entered");
        self.count(workflow, &active.version, Some(&start), "reached");
        let what = What::Enrolled {
            enrollment: id.clone(),
            version: active.version.clone(),
            by: occurrence.kind.clone(),
        };
        self.log(Some(workflow), None, what);
        // An event that came late: what has ended such an enrollment since then ends this one on entry.
        let ring = |exit: &&crate::workflow::program::Exit| {
            self.contact
                .state
                .rings
                .get(&exit.ring.id)
                .and_then(|ring| ring.newest(1))
                .is_some_and(|last| last > occurrence.at)
        };
        let Some(reason) = program.exits.iter().find(ring).map(|exit| exit.reason.clone()) else {
            return Some(id);
        };
        self.exit(&id, &reason);
        None
    }
}

/// The values at these paths of an event, in the event's shape; none if they are too large to keep.
fn kept<'p>(
    paths: impl IntoIterator<Item = &'p &'p str>,
    data: &Map<String, Value>,
) -> Option<Map<String, Value>> {
    let mut kept = Map::new();
    // The message that an event speaks of is needed by whatever counts once for each message.
    for path in paths.into_iter().copied().chain(["send"]) {
        let Some(value) = value_at(data, path) else { continue };
        insert_at(&mut kept, path, value.clone());
    }
    let bytes = serde_json::to_string(&kept).map_or(0, |text| text.len());
    (bytes <= limits::VARIABLE_BYTES).then_some(kept)
}

fn insert_at(map: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((first, rest)) = path.split_once('.') else {
        map.insert(path.to_owned(), value);
        return;
    };
    if let Value::Object(inner) = map.entry(first).or_insert_with(|| Value::Object(Map::new())) {
        insert_at(inner, rest, value);
    }
}
