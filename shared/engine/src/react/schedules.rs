//! Times of a workflow's own: a job tells each contact that one has come; a contact whose own clock counts waits for it.

use serde_json::{Map, Value};

use super::Turn;
use crate::contact::due::ScheduleDue;
use crate::event::{Chain, Event, Occurrence};
use crate::ids::WorkflowId;
use crate::limits;
use crate::schedule;
use crate::time::Instant;
use crate::timeline::What;
use crate::triggers::schedule::REACHED;

impl Turn<'_> {
    /// Drops what nobody waits for any more.
    pub(super) fn keep_schedules(&mut self) {
        let definitions = self.definitions;
        self.contact.state.schedules.retain(|due| definitions.schedules.contains_key(&due.schedule));
    }

    /// A time has come, somewhere.
    pub(super) fn schedule_due(&mut self, event: &Event, data: &Map<String, Value>) {
        let text = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default();
        let (workflow, occurrence) = (WorkflowId::new(text("workflow")), text("occurrence"));
        let schedule = schedule::key(&workflow, text("schedule"));
        let definitions = self.definitions;
        let Some(rule) = definitions.schedules.get(&schedule) else {
            let reason = "workflow_not_active".to_owned();
            return self.log(Some(&workflow), None, What::Ignored { reason });
        };
        let own = rule.schedule.own(occurrence, &self.found_zone().zone);
        let due =
            ScheduleDue { at: own.unwrap_or(event.occurred_at), schedule, occurrence: occurrence.into() };
        if due.at <= self.now {
            return self.reach_schedule(&due);
        }
        if self.contact.state.schedules.len() >= limits::SCHEDULES {
            let limit = "schedules".to_owned();
            return self.log(Some(&workflow), None, What::LimitReached { limit });
        }
        self.log(Some(&workflow), None, What::Waiting { until: due.at });
        self.contact.state.schedules.push(due);
    }

    /// The contact's own clock has come to what it waits for.
    pub(super) fn reach_schedules(&mut self, at: Instant) {
        let waiting = std::mem::take(&mut self.contact.state.schedules);
        let (due, later) = waiting.into_iter().partition(|due| due.at <= at);
        self.contact.state.schedules = later;
        let due: Vec<ScheduleDue> = due;
        due.iter().for_each(|due| self.reach_schedule(due));
    }

    fn reach_schedule(&mut self, due: &ScheduleDue) {
        let Some(rule) = self.definitions.schedules.get(&due.schedule) else { return };
        if !rule.schedule.among.has(&self.contact, due.at) {
            let reason = "not_a_member".to_owned();
            return self.log(Some(&rule.workflow), None, What::Ignored { reason });
        }
        let data = [
            ("schedule", rule.schedule.to_string()),
            ("occurrence", due.occurrence.to_string()),
            ("workflow", rule.workflow.to_string()),
        ];
        let data = data.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let occurrence = Occurrence::new(REACHED.into(), due.at, data, Chain::default());
        self.counted(occurrence);
    }
}
