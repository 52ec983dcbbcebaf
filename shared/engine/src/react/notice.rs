//! Letting workflows see what happened: first the rings count it, then exits, then waits that it ends, then triggers.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Need, Turn};
use crate::condition::{Facets, Predicate, Scope, Truth};
use crate::contact::enrollment::Waiting;
use crate::contact::state::Work;
use crate::event::{Chain, Occurrence};
use crate::ids::EnrollmentId;
use crate::limits;
use crate::time::Instant;
use crate::timeline::What;
use crate::triggers;
use crate::workflow::program::On;

impl Turn<'_> {
    pub(super) fn notice(&mut self, occurrence: Occurrence, counted: bool) -> Result<(), Need> {
        if !counted {
            self.count_rings(&occurrence);
        }
        self.judge(&occurrence);
        self.leave_by(&occurrence)?;
        let resumed = self.resume_by(&occurrence)?;
        self.trigger(occurrence, None, resumed)
    }

    /// Has workflows see what an event says. Counted at once: conditions see the contact after all of its event.
    pub(super) fn counted(&mut self, occurrence: Occurrence) {
        self.count_rings(&occurrence);
        self.work.push_back(Work::Notice { occurrence, counted: true });
    }

    fn count_rings(&mut self, occurrence: &Occurrence) {
        let definitions = self.definitions;
        for id in definitions.counters.get(&occurrence.kind).into_iter().flatten() {
            let Some(ring) = definitions.rings.get(id) else { continue };
            if self.holds(&ring.spec.filter, occurrence) != Truth::Yes {
                continue;
            }
            let rings = &mut self.contact.state.rings;
            if rings.len() >= limits::RINGS && !rings.contains_key(id) {
                rings.retain(|known, _| definitions.rings.contains_key(known));
            }
            if rings.len() >= limits::RINGS && !rings.contains_key(id) {
                self.log(None, None, What::LimitReached { limit: "rings".to_owned() });
                continue;
            }
            rings.entry(id.clone()).or_default().count(occurrence.at, ring.spec.keep);
            self.dirty = self.dirty | Facets::EVENTS;
        }
    }

    /// Counts, once for each test, that what it is judged by happened to somebody who is in it.
    fn judge(&mut self, occurrence: &Occurrence) {
        let definitions = self.definitions;
        for test in definitions.judges.get(&occurrence.kind).into_iter().flatten() {
            let Some(arm) = self.contact.state.arms.get_mut(test) else { continue };
            if arm.judged || occurrence.at < arm.at {
                continue;
            }
            arm.judged = true;
            let (workflow, step, number) = (arm.workflow.clone(), arm.step.clone(), arm.arm);
            let Some(active) = definitions.workflows.get(&workflow) else { continue };
            self.count(&workflow, &active.version, Some(&step), &format!("judged.{number}"));
            let what = What::ArmJudged { test: test.to_string(), arm: (number + 1).to_string() };
            self.log(Some(&workflow), Some(&step), what);
        }
    }

    fn leave_by(&mut self, occurrence: &Occurrence) -> Result<(), Need> {
        for (id, version) in self.inside_since(occurrence) {
            let program = self.program(&version)?;
            for (at, exit) in program.exits.iter().enumerate() {
                let On::Event { kind, filter, .. } = &exit.on else { continue };
                let Some(enrollment) = self.contact.state.enrollments.get(&id) else { break };
                if *kind != *occurrence.kind || enrollment.reached.contains(&at) {
                    continue;
                }
                let scope = Scope { event: Some(&occurrence.data), ..self.scope(Some((&id, enrollment))) };
                if filter.eval(&scope).truth == Truth::Yes && self.take_exit(&id, &program, at, occurrence.at)
                {
                    break;
                }
            }
        }
        Ok(())
    }

    fn resume_by(&mut self, occurrence: &Occurrence) -> Result<Vec<EnrollmentId>, Need> {
        let mut resumed = Vec::new();
        for (id, version) in self.inside_since(occurrence) {
            let Some(enrollment) = self.contact.state.enrollments.get(&id) else { continue };
            if !matches!(enrollment.waiting, Waiting::Event { .. }) {
                continue;
            }
            // What happened before it began to wait is not what it waits for, also if it is told late.
            if occurrence.at < enrollment.anchor {
                continue;
            }
            let program = self.program(&version)?;
            let Some(def) = program.step(&enrollment.step).map(|at| &program.steps[at]) else { continue };
            let Some((kind, filter, target)) = def.step.listens() else { continue };
            let scope = Scope { event: Some(&occurrence.data), ..self.scope(Some((&id, enrollment))) };
            if *kind == *occurrence.kind && filter.eval(&scope).truth == Truth::Yes {
                self.log(
                    Some(&program.workflow),
                    Some(&def.id),
                    What::Heard { event: occurrence.kind.clone() },
                );
                self.advance_to(&id, &program, target, occurrence.at);
                resumed.push(id);
            }
        }
        Ok(resumed)
    }

    /// Enrollments that began no later than the occurrence.
    fn inside_since(&self, occurrence: &Occurrence) -> Vec<(EnrollmentId, crate::ids::VersionId)> {
        let inside = self.contact.state.enrollments.iter();
        inside
            .filter(|(_, enrollment)| enrollment.entered_at <= occurrence.at)
            .map(|(id, enrollment)| (id.clone(), enrollment.version.clone()))
            .collect()
    }

    fn holds(&self, predicate: &Predicate, occurrence: &Occurrence) -> Truth {
        predicate.eval(&Scope { event: Some(&occurrence.data), ..self.scope(None) }).truth
    }

    /// Has workflows see a consequence, after what is being done.
    pub(super) fn happen(&mut self, kind: &str, data: Map<String, Value>, chain: Chain) {
        self.happen_at(kind, self.now, data, chain);
    }

    /// Has workflows see a consequence of something that happened at an instant.
    pub(super) fn happen_at(&mut self, kind: &str, at: Instant, data: Map<String, Value>, chain: Chain) {
        // Nobody looks at it, nobody counts it: no work.
        let listened = self.definitions.listeners.contains_key(kind)
            || self.definitions.counters.contains_key(kind)
            || self.definitions.judges.contains_key(kind);
        if listened
            || self.contact.state.enrollments.values().any(|e| matches!(e.waiting, Waiting::Event { .. }))
            || self.exits_by(kind)
        {
            let occurrence = Occurrence::new(Arc::from(kind), at.min(self.now), data, chain);
            self.work.push_back(Work::Notice { occurrence, counted: false });
        }
    }

    fn exits_by(&self, kind: &str) -> bool {
        self.contact.state.enrollments.values().any(|enrollment| {
            let program = self.definitions.programs.get(&enrollment.version);
            // One that is not loaded may: whoever deals with it asks for it.
            program.is_none_or(|program| program.exits.iter().any(|exit| exit.on.is_event(kind)))
        })
    }

    pub(super) fn score_changed(&mut self, before: i64, after: i64, chain: Chain) {
        self.dirty = self.dirty | Facets::SCORE;
        let data = json!({ "before": before, "after": after });
        let Value::Object(data) = data else { return };
        self.happen(triggers::score_reaches::CHANGED, data, chain);
    }
}
