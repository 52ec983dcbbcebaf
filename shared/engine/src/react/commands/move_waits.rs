//! The account's zone is another one now: waits that were counted by the old one are counted by the new one, from when
//! they began. A wait that somebody put off stays as it is, and so does that of a contact with a zone of its own.

use serde_json::Value;

use super::super::{Need, Turn, Visit};
use crate::calendar::{self, ZoneSource};
use crate::contact::enrollment::Waiting;
use crate::event::Event;
use crate::life::turn_of;
use crate::steps::Next;
use crate::time::Millis;

impl Turn<'_> {
    pub(super) fn move_waits(&mut self, event: &Event) -> Result<(), Need> {
        let from = event.data.get("from").and_then(Value::as_str).and_then(calendar::zone);
        let over = Millis(event.data.get("over").and_then(Value::as_i64).unwrap_or_default());
        if self.found_zone().source != ZoneSource::Account {
            return Ok(());
        }
        let waits = |waiting: &Waiting| {
            matches!(waiting, Waiting::Until { .. } | Waiting::Event { .. } | Waiting::Condition { .. })
        };
        let inside = self.contact.state.enrollments.iter();
        let inside: Vec<_> =
            inside.filter(|(_, one)| waits(&one.waiting)).map(|(id, _)| id.clone()).collect();
        for id in inside {
            let Some(enrollment) = self.contact.state.enrollments.get(&id).cloned() else { continue };
            let program = self.program(&enrollment.version)?;
            let Some(at) = program.step(&enrollment.step).filter(|at| program.steps[*at].step.is_wait())
            else {
                continue;
            };
            self.zone_then.clone_from(&from);
            let def = &program.steps[at];
            let mut visit = Visit { turn: self, id: &id, enrollment: &enrollment, program: &program, def };
            let was = def.step.run(&mut visit);
            self.zone_then = None;
            let as_counted = matches!(was?, Next::Wait(was) if was.due_at() == enrollment.waiting.due_at());
            if as_counted {
                let turn = turn_of(&self.contact.id, &enrollment.workflow, event.begins_at(), over);
                self.wait_anew(&id, &program, at, turn)?;
            }
        }
        Ok(())
    }
}
