//! Entering a workflow: every event that a workflow looks at leaves one line, enrolled or ignored with its reason.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Need, Turn};
use crate::calendar;
use crate::condition::{Scope, Truth, value_at};
use crate::contact::Contact;
use crate::contact::enrollment::{Enrollment, Entity, Waiting};
use crate::contact::passed::Passed;
use crate::contact::state::Work;
use crate::definitions::{Active, Definitions};
use crate::event::{Event, Occurrence};
use crate::ids::{EnrollmentId, WorkflowId};
use crate::limits;
use crate::time::Instant;
use crate::timeline::What;
use crate::triggers::{date, schedule};
use crate::workflow::program::{Inside, On, Program};

/// What becomes of an occurrence at a workflow's door.
enum Door {
    /// The contact enters.
    Enter,
    /// What is inside ends, and the contact enters.
    Restart(EnrollmentId),
    /// It enters when what is inside has ended.
    Queue(EnrollmentId),
    /// It does not, for this reason.
    Ignore(&'static str),
}

impl Turn<'_> {
    /// Offers an occurrence to the workflows that look at its type, from the one named on.
    /// What it `started` runs when all of them have seen it.
    pub(super) fn trigger(
        &mut self,
        occurrence: Occurrence,
        from: Option<&WorkflowId>,
        mut started: Vec<EnrollmentId>,
    ) -> Result<(), Need> {
        if occurrence.chain.is_quiet() {
            self.work.extend(started.into_iter().map(|enrollment| Work::Run { enrollment }));
            return Ok(());
        }
        let definitions = self.definitions;
        let listeners = definitions.listeners.get(&occurrence.kind).into_iter().flatten();
        for workflow in listeners.filter(|workflow| from.is_none_or(|from| *workflow >= from)) {
            if self.spent.is_out() {
                self.work.push_back(Work::Trigger { occurrence, workflow: workflow.clone(), started });
                return Ok(());
            }
            let Some(active) = definitions.workflows.get(workflow) else { continue };
            // A date comes round, and a time comes, for the workflow that waits for it.
            let meant = occurrence.data.get("workflow").and_then(Value::as_str);
            let of_one = [date::REACHED, schedule::REACHED].contains(&&*occurrence.kind);
            if of_one && meant != Some(workflow.as_str()) {
                continue;
            }
            if occurrence.before_known && !takes_before_known(&active.program, &occurrence) {
                self.log(Some(workflow), None, What::Ignored { reason: "before_known".to_owned() });
            } else if self.fires(&active.program, &occurrence) {
                started.extend(self.admit(workflow, active, &occurrence, false)?);
            } else {
                self.log(Some(workflow), None, What::Ignored { reason: "filter".to_owned() });
            }
        }
        self.work.extend(started.into_iter().map(|enrollment| Work::Run { enrollment }));
        Ok(())
    }

    /// Has the contact enter a workflow that was named, whatever its triggers say.
    pub(super) fn enter(&mut self, workflow: &WorkflowId, occurrence: &Occurrence) -> Result<(), Need> {
        let Some(active) = self.definitions.workflows.get(workflow) else {
            self.log(Some(workflow), None, What::Ignored { reason: "workflow_not_active".to_owned() });
            return Ok(());
        };
        let started = self.admit(workflow, active, occurrence, false)?;
        self.work.extend(started.map(|enrollment| Work::Run { enrollment }));
        Ok(())
    }

    /// Has the contact enter a workflow that was interrupted when it should have.
    pub(super) fn enter_late(&mut self, workflow: &WorkflowId, occurrence: &Occurrence) -> Result<(), Need> {
        let Some(active) = self.definitions.workflows.get(workflow) else { return Ok(()) };
        let started = self.admit(workflow, active, occurrence, true)?;
        self.work.extend(started.map(|enrollment| Work::Run { enrollment }));
        Ok(())
    }

    fn fires(&self, program: &Program, occurrence: &Occurrence) -> bool {
        let scope = Scope { event: Some(&occurrence.data), ..self.scope(None) };
        fires(program, &occurrence.kind, occurrence.before_known, &scope)
    }

    fn admit(
        &mut self,
        workflow: &WorkflowId,
        active: &Active,
        occurrence: &Occurrence,
        late: bool,
    ) -> Result<Option<EnrollmentId>, Need> {
        let entity = entity(&active.program, occurrence);
        match self.door(workflow, active, occurrence, entity.as_ref(), late) {
            Door::Enter | Door::Restart(_) | Door::Queue(_) if active.life.interrupted.is_some() => {
                self.miss(workflow, occurrence);
                Ok(None)
            }
            Door::Enter => self.enroll(workflow, active, occurrence, entity, late),
            Door::Restart(inside) => {
                self.exit(&inside, "restarted");
                self.enroll(workflow, active, occurrence, entity, late)
            }
            Door::Queue(inside) => {
                let event = kept(&self.definitions.event_paths(&active.program), &occurrence.data);
                let inside = self.contact.state.enrollments.get_mut(&inside).map(|inside| &mut inside.queued);
                let reason = match (inside, event) {
                    (Some(queued @ None), Some(data)) => {
                        *queued = Some(Box::new(Occurrence { data, ..occurrence.clone() }));
                        "queued"
                    }
                    (_, None) => "event_values_too_large",
                    _ => "already_queued",
                };
                self.log(Some(workflow), None, What::Ignored { reason: reason.to_owned() });
                Ok(None)
            }
            Door::Ignore("loop") => {
                self.count(workflow, &active.version, None, "halted");
                self.log(Some(workflow), None, What::Halted);
                Ok(None)
            }
            Door::Ignore(reason) => {
                self.log(Some(workflow), None, What::Ignored { reason: reason.to_owned() });
                Ok(None)
            }
        }
    }

    /// Whether an occurrence that fires a trigger makes the contact enter.
    fn door(
        &self,
        workflow: &WorkflowId,
        active: &Active,
        occurrence: &Occurrence,
        entity: Option<&Arc<str>>,
        late: bool,
    ) -> Door {
        let (program, state) = (&active.program, &self.contact.state);
        let (settings, reentry) = (&program.settings, program.reentry);
        if self.contact.is_deleted() {
            return Door::Ignore("deleted");
        }
        if program.entity.is_some() && entity.is_none() {
            return Door::Ignore("no_entity");
        }
        if occurrence.at < active.since && !late {
            return Door::Ignore("before_activation");
        }
        if settings.entries_from.is_some_and(|from| occurrence.at < from) && !self.contact.profile.test {
            return Door::Ignore("entries_not_open");
        }
        if settings.closes_at().is_some_and(|until| occurrence.at >= until) {
            return Door::Ignore("entries_closed");
        }
        if occurrence.chain.is_loop(workflow, self.now) {
            return Door::Ignore("loop");
        }
        let mut inside = state.enrollments.iter().filter(|(_, inside)| inside.workflow == *workflow);
        let same = inside.find(|(_, inside)| inside.entity.as_ref() == entity).map(|(id, _)| id.clone());
        match (same, reentry.inside) {
            (Some(_), Inside::Ignore) => return Door::Ignore("already_inside"),
            (Some(inside), Inside::Queue) => return Door::Queue(inside),
            (Some(inside), Inside::Restart) => {
                return self
                    .again(workflow, active, occurrence, entity)
                    .map_or_else(Door::Ignore, |()| Door::Restart(inside));
            }
            (None, _) => {}
        }
        if let Err(reason) = self.again(workflow, active, occurrence, entity) {
            return Door::Ignore(reason);
        }
        if state.enrollments.len() >= limits::ENROLLMENTS {
            return Door::Ignore("too_many_enrollments");
        }
        if state.past.len() >= limits::PAST && !state.past.contains_key(workflow) {
            return Door::Ignore("too_many_workflows");
        }
        Door::Enter
    }

    /// Whether a contact that was inside before may enter again.
    fn again(
        &self,
        workflow: &WorkflowId,
        active: &Active,
        occurrence: &Occurrence,
        entity: Option<&Arc<str>>,
    ) -> Result<(), &'static str> {
        let reentry = active.program.reentry;
        let Some(past) = self.contact.state.past.get(workflow) else { return Ok(()) };
        let before = match entity {
            None => past.entered_at,
            // Of what each entity did, the newest are remembered.
            Some(entity) => {
                let mut known = self.contact.state.entities.iter();
                let known = known.find(|known| known.workflow == *workflow && known.name == *entity);
                let Some(known) = known else { return Ok(()) };
                known.entered_at
            }
        };
        let soon = |after| occurrence.at < calendar::add(before, after, &self.definitions.zone);
        if !reentry.again || reentry.after.is_some_and(soon) {
            return Err("reentry");
        }
        if reentry.at_most.is_some_and(|most| past.entries >= most) {
            return Err("entered_often_enough");
        }
        Ok(())
    }

    /// Enters; the enrollment, if there is anything for it to do.
    fn enroll(
        &mut self,
        workflow: &WorkflowId,
        active: &Active,
        occurrence: &Occurrence,
        entity: Option<Arc<str>>,
        late: bool,
    ) -> Result<Option<EnrollmentId>, Need> {
        let program = active.program.clone();
        let Some(start) = program.start.map(|at| program.steps[at].id.clone()) else { return Ok(None) };
        let Some(event) = kept(&self.definitions.event_paths(&program), &occurrence.data) else {
            self.log(Some(workflow), None, What::Ignored { reason: "event_values_too_large".to_owned() });
            return Ok(None);
        };
        let mut enrollment = Enrollment {
            workflow: workflow.clone(),
            version: active.version.clone(),
            entered_at: occurrence.at,
            step: start.clone(),
            visit: 0,
            arrivals: std::collections::BTreeMap::new(),
            jumps: 0,
            waiting: Waiting::Nothing,
            watch_at: None,
            entity: entity.clone(),
            reached: std::collections::BTreeSet::new(),
            // Who had to wait outside begins when the waiting ends, and whom nobody knew when they are known.
            anchor: if late || occurrence.before_known { self.now } else { occurrence.at },
            trigger: occurrence.kind.clone(),
            event: Arc::new(event),
            vars: Arc::default(),
            slot: None,
            queued: None,
            chain: occurrence.chain.with(workflow, self.now),
            messages: std::collections::BTreeMap::new(),
            passed: Passed::default(),
            stands_still: false,
            stood_still: active.life.stood_still,
            reserved: Vec::new(),
            before: None,
        };
        if program.repeats.contains(&start) {
            enrollment.arrivals.insert(start.clone(), 1);
        }
        let number = self.contact.state.past.get(workflow).map_or(0, |past| past.entries) + 1;
        let id = EnrollmentId::derive(&self.contact.id, workflow, number);
        let true_already = self.true_already(&program, &id, &enrollment);
        if true_already.is_some_and(|exit| program.exits[exit].refuses) {
            self.log(Some(workflow), None, What::Ignored { reason: "goal_reached".to_owned() });
            return Ok(None);
        }
        self.spent.enrollments += 1;
        self.spent.rows += 1;
        self.remember_entry(workflow, occurrence.at, entity);
        self.contact.state.enrollments.insert(id.clone(), enrollment);
        self.count(workflow, &active.version, None, "entered");
        if number == 1 {
            self.count(workflow, &active.version, None, "people");
        }
        self.count(workflow, &active.version, Some(&start), "reached");
        let what = What::Enrolled {
            enrollment: id.clone(),
            version: active.version.clone(),
            by: occurrence.kind.clone(),
        };
        self.log(Some(workflow), None, what);
        // An event that came late: what has ended such an enrollment since then ends this one on entry.
        let ended = |on: &On| {
            let On::Event { ring, .. } = on else { return false };
            let last = self.contact.state.rings.get(&ring.id).and_then(|ring| ring.newest(1));
            last.is_some_and(|last| last > occurrence.at)
        };
        let late = program.exits.iter().position(|exit| ended(&exit.on));
        if let Some(exit) = late.or(true_already) {
            if true_already == Some(exit) && program.exits[exit].goal {
                self.count(workflow, &active.version, None, "goal.already");
            }
            if self.take_exit(&id, &program, exit, occurrence.at) {
                // It has ended, or its run stands in the work already.
                self.watch(&id, crate::condition::Facets::ALL)?;
                return Ok(None);
            }
        }
        self.watch(&id, crate::condition::Facets::ALL)?;
        Ok(self.contact.state.enrollments.contains_key(&id).then_some(id))
    }

    fn remember_entry(&mut self, workflow: &WorkflowId, at: Instant, entity: Option<Arc<str>>) {
        let past = self.contact.state.past.entry(workflow.clone()).or_default();
        past.entries += 1;
        past.entered_at = past.entered_at.max(at);
        past.ended_at = None;
        let Some(name) = entity else { return };
        let entities = &mut self.contact.state.entities;
        entities.retain(|known| known.workflow != *workflow || known.name != name);
        entities.push_back(Entity { workflow: workflow.clone(), name, entered_at: at });
        while entities.len() > limits::ENTITIES {
            entities.pop_front();
        }
    }

    /// The first exit whose condition holds before anything was done.
    fn true_already(&self, program: &Program, id: &EnrollmentId, enrollment: &Enrollment) -> Option<usize> {
        let scope = self.scope(Some((id, enrollment)));
        let holds =
            |on: &On| on.condition().is_some_and(|condition| condition.eval(&scope).truth == Truth::Yes);
        program.exits.iter().position(|exit| holds(&exit.on))
    }
}

/// Whether a trigger of the workflow fires for an event of this type, whose values are in the scope.
fn fires(program: &Program, kind: &str, before_known: bool, scope: &Scope<'_>) -> bool {
    let none = Map::new();
    let data = scope.event.unwrap_or(&none);
    program.triggers.iter().any(|trigger| {
        trigger.kind.listens() == kind
            && (!before_known || trigger.kind.takes_before_known())
            && trigger.kind.fires(data) == Truth::Yes
            && trigger.filter.eval(scope).truth == Truth::Yes
    })
}

/// Whether an event that a contact had before would have it enter a workflow now, by its triggers and their filters.
pub fn would_fire(
    definitions: &Definitions,
    contact: &Contact,
    program: &Program,
    event: &Event,
    now: Instant,
) -> bool {
    let scope = Scope {
        contact,
        now,
        zone: &definitions.zone,
        event: Some(&event.data),
        rings: &definitions.rings,
        segments: &definitions.segments,
        tracking: definitions.account.tracking,
        enrollment: None,
    };
    fires(program, &event.kind, event.before_known, &scope)
}

/// Whether a trigger that looks at such events wants those too of which it was known later whose they are.
fn takes_before_known(program: &Program, occurrence: &Occurrence) -> bool {
    let mut listeners = program.triggers.iter().filter(|trigger| trigger.kind.listens() == &*occurrence.kind);
    listeners.any(|trigger| trigger.kind.takes_before_known())
}

/// What the workflow is about, by the event.
fn entity(program: &Program, occurrence: &Occurrence) -> Option<Arc<str>> {
    let value = value_at(&occurrence.data, program.entity.as_deref()?)?;
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty() && text.len() <= limits::NAME_BYTES).then(|| text.into())
}

/// The values at these paths of an event, in the event's shape; none if they are too large to keep.
pub(super) fn kept<'p>(
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
