//! Dates of the contact: when each comes round next for the workflows that wait for it, and what happens then.

use serde_json::{Map, Value, json};

use super::Turn;
use crate::calendar::{Firing, Moment};
use crate::contact::due::DateDue;
use crate::contact::state::Work;
use crate::definitions::DateRule;
use crate::event::{Chain, Occurrence};
use crate::time::Instant;
use crate::triggers::date::REACHED;

impl Turn<'_> {
    /// Finds anew when the contact's dates come round.
    pub(super) fn plan_dates(&mut self) {
        let definitions = self.definitions;
        if definitions.dates.is_empty() && self.contact.state.dates.is_empty() {
            return;
        }
        self.contact.state.dates.retain(|rule, _| definitions.dates.contains_key(rule));
        for (id, rule) in &definitions.dates {
            match self.comes_round(id, rule) {
                Some(Firing { at, year }) => {
                    self.contact.state.dates.insert(id.clone(), DateDue { at, year });
                }
                None => drop(self.contact.state.dates.remove(id)),
            }
        }
    }

    fn comes_round(&self, id: &str, rule: &DateRule) -> Option<Firing> {
        let zone = rule.rule.zone.resolve(&self.found_zone(), &self.definitions.zone).zone;
        let value = self.contact.profile.text(&rule.rule.field)?;
        let date = Moment::parse(value)?.date(&zone);
        if date.is_placeholder() {
            return None;
        }
        let kept = self.contact.state.kept_dates.get(id).copied();
        let mut after = self.now.max(rule.since);
        for _ in 0..3 {
            let firing = rule.rule.next(date, after, &zone)?;
            if kept != Some(firing.year) {
                return Some(firing);
            }
            after = firing.at;
        }
        None
    }

    /// A date has come round.
    pub(super) fn reach_date(&mut self, id: &str, at: Instant) {
        let Some(due) = self.contact.state.dates.remove(id) else { return };
        let Some(rule) = self.definitions.dates.get(id) else { return };
        self.contact.state.kept_dates.insert(id.into(), due.year);
        let data = json!({
            "date": crate::triggers::date::name(&rule.rule), "field": rule.rule.field, "year": due.year,
            "workflow": rule.workflow.as_str(),
        });
        let data: Map<String, Value> = if let Value::Object(data) = data { data } else { Map::new() };
        let occurrence = Occurrence::new(REACHED.into(), at, data, Chain::default());
        self.work.push_back(Work::Notice { occurrence, counted: false });
        self.plan_dates();
    }
}
