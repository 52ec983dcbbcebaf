//! What an enrollment keeps of its steps for later ones, and what it does to other workflows.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Turn, Visit};
use crate::contact::enrollment::Enrollment;
use crate::contact::state::Work;
use crate::event::Occurrence;
use crate::ids::{EnrollmentId, StepId, WorkflowId};
use crate::limits;

use crate::timeline::What;

/// The event of a contact that another workflow put in.
const STARTED: &str = "workflow.started";

impl Turn<'_> {
    /// Keeps a value of a step: `steps.<step>.<name>`. What would be too much is left out, and told.
    pub(super) fn keep(&mut self, id: &EnrollmentId, step: &StepId, name: &str, value: Value) {
        self.put_var(id, &["steps", step.as_str(), name], value);
    }

    fn put_var(&mut self, id: &EnrollmentId, path: &[&str], value: Value) {
        let Some(enrollment) = self.contact.state.enrollments.get_mut(id) else { return };
        let mut vars = (*enrollment.vars).clone();
        let Some((last, way)) = path.split_last() else { return };
        let mut map = &mut vars;
        for part in way {
            let inner = map.entry(*part).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(inner) = inner else { return };
            map = inner;
        }
        map.insert((*last).to_owned(), value);
        if has_room(enrollment, &vars) {
            enrollment.vars = Arc::new(vars);
            return;
        }
        let workflow = enrollment.workflow.clone();
        self.log(Some(&workflow), None, What::LimitReached { limit: "variables".to_owned() });
    }
}

/// Whether an enrollment can keep that, with the values of its event and the codes that may go back.
pub(super) fn has_room(enrollment: &Enrollment, vars: &Map<String, Value>) -> bool {
    fn bytes<T: Serialize + ?Sized>(value: &T) -> usize {
        serde_json::to_string(value).map_or(0, |text| text.len())
    }
    let reserved = if enrollment.reserved.is_empty() { 0 } else { bytes(&enrollment.reserved) };
    bytes(&*enrollment.event) + bytes(vars) + reserved <= limits::VARIABLE_BYTES
}

impl Visit<'_, '_> {
    /// Keeps a value for later steps and messages: `vars.<name>`.
    pub fn set_var(&mut self, name: &str, value: Value) {
        self.turn.put_var(self.id, &["vars", name], value);
    }

    /// Keeps what came of this step: `steps.<its id>.<name>`.
    pub fn keep(&mut self, name: &str, value: Value) {
        self.turn.keep(self.id, &self.def.id, name, value);
    }

    /// Forgets what came of this step when the enrollment was here before.
    pub fn forget(&mut self) {
        let Some(enrollment) = self.turn.contact.state.enrollments.get_mut(self.id) else { return };
        let kept = enrollment.vars.get("steps").and_then(Value::as_object);
        if kept.is_some_and(|steps| steps.contains_key(self.def.id.as_str()))
            && let Some(Value::Object(steps)) = Arc::make_mut(&mut enrollment.vars).get_mut("steps")
        {
            steps.remove(self.def.id.as_str());
        }
    }

    /// Adds one to a counter of this step.
    pub fn count(&mut self, name: &str) {
        let version = self.enrollment.version.clone();
        self.turn.count(&self.program.workflow, &version, Some(&self.def.id), name);
    }

    /// Has the contact enter another workflow, once this reaction has come to it.
    pub fn start_workflow(&mut self, workflow: &str) {
        let data = json!({ "workflow": self.program.workflow.as_str(), "step": self.def.id.as_str() });
        let Value::Object(mut data) = data else { return };
        data.extend(self.enrollment.event.iter().map(|(name, value)| (name.clone(), value.clone())));
        let chain = self.enrollment.chain.clone();
        let occurrence = Occurrence::new(STARTED.into(), self.turn.now, data, chain);
        self.turn.work.push_back(Work::Enter { occurrence, workflow: WorkflowId::new(workflow) });
    }

    /// Ends the contact's enrollments in another workflow.
    pub fn remove_from_workflow(&mut self, workflow: &str) {
        let inside = self.turn.contact.state.enrollments.iter();
        let inside = inside.filter(|(id, other)| *id != self.id && other.workflow.as_str() == workflow);
        for id in inside.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            self.turn.exit(&id, "removed");
        }
    }
}
