//! What people decide about enrollments: commands, each an event from inside that names an enrollment or a workflow.
//! What can't be done is refused, and says why.

mod leave;
mod migrate;
mod move_to;
mod move_waits;
mod not_double;
mod remove;
mod reschedule;
mod revert;
mod skip_wait;

use serde_json::Value;

use super::{Need, Turn};
use crate::event::Event;
use crate::ids::{EnrollmentId, WorkflowId};
use crate::timeline::What;

/// Has the enrollments of a workflow go over to its active version.
pub const MIGRATE: &str = "enrollment.migrate";
/// Takes that back, for whoever has not done a step since.
pub const REVERT: &str = "enrollment.revert";
/// Ends the enrollments of a workflow that run another version than its active one.
pub const LEAVE: &str = "enrollment.leave";
/// Ends the wait of an enrollment.
pub const SKIP_WAIT: &str = "enrollment.skip_wait";
/// Has an enrollment wait until another instant.
pub const RESCHEDULE: &str = "enrollment.reschedule";
/// Moves an enrollment to another step.
pub const MOVE_TO: &str = "enrollment.move_to";
/// Has waits be counted by the account's new zone.
pub const MOVE_WAITS: &str = "enrollment.move_waits";
/// Says that another contact is another person.
pub const NOT_DOUBLE: &str = "contact.not_double";
/// Ends an enrollment.
pub const REMOVE: &str = "enrollment.remove";

/// All of them.
const COMMANDS: &[&str] =
    &[MIGRATE, REVERT, LEAVE, SKIP_WAIT, RESCHEDULE, MOVE_TO, MOVE_WAITS, NOT_DOUBLE, REMOVE];

/// Whether an event is a command, which nobody can post as an event.
pub fn is_command(kind: &str) -> bool {
    COMMANDS.contains(&kind)
}

impl Turn<'_> {
    /// Does what was decided.
    pub(super) fn command(&mut self, event: &Event) -> Result<(), Need> {
        match &*event.kind {
            MIGRATE => return self.migrate(event),
            REVERT => return self.revert(event),
            LEAVE => self.leave(event),
            SKIP_WAIT => return self.skip_wait(event),
            RESCHEDULE => self.reschedule(event),
            MOVE_TO => return self.move_to(event),
            MOVE_WAITS => return self.move_waits(event),
            NOT_DOUBLE => self.not_double(event),
            REMOVE => self.remove(event),
            _ => {}
        }
        Ok(())
    }

    /// The enrollment of which a command speaks; else it is refused.
    fn meant(&mut self, event: &Event) -> Option<EnrollmentId> {
        let id = event.data.get("enrollment").and_then(Value::as_str).map(EnrollmentId::new);
        let id = id.filter(|id| self.contact.state.enrollments.contains_key(id));
        if id.is_none() {
            self.refuse(None, "enrollment_unknown");
        }
        id
    }

    /// The enrollments in the workflow of which a command speaks.
    fn inside(&self, event: &Event) -> Vec<EnrollmentId> {
        let workflow = event.data.get("workflow").and_then(Value::as_str).unwrap_or_default();
        let inside = self.contact.state.enrollments.iter();
        inside.filter(|(_, one)| one.workflow.as_str() == workflow).map(|(id, _)| id.clone()).collect()
    }

    fn refuse(&mut self, workflow: Option<&WorkflowId>, reason: &str) {
        self.log(workflow, None, What::CommandRefused { reason: reason.to_owned() });
    }

    fn refuse_for(&mut self, id: &EnrollmentId, reason: &str) {
        let workflow = self.contact.state.enrollments.get(id).map(|one| one.workflow.clone());
        self.refuse(workflow.as_ref(), reason);
    }
}
