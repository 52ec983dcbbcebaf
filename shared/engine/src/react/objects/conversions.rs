//! Conversions: by a step, told from outside, or by what the account counts as one (SEM-11).

use super::{Cause, Data, currency, text, whole};
use crate::contact::touch::{self, Touch};
use crate::event::Event;
use crate::ids::{SendId, StepId, VersionId, WorkflowId};
use crate::react::Turn;
use crate::time::Instant;
use crate::timeline::What;
use crate::{calendar, conversions, limits};

impl Turn<'_> {
    /// What an event from outside says of a conversion.
    pub(super) fn apply_conversion(
        &mut self,
        cause: &Cause<'_>,
        verb: &str,
        mark: &str,
        data: Data,
    ) -> Option<Data> {
        let Some(name) = text(&data, "conversion").filter(|_| verb == "recorded") else { return Some(data) };
        let currency = currency(&data);
        let worth = whole(&data, "value").map(|value| (value, currency.as_str()));
        self.convert(cause, &name, mark, worth).then_some(data)
    }

    /// Records what the account counts as a conversion, once for the event.
    pub(in crate::react) fn convert_by(&mut self, event: &Event, data: &Data) {
        let definitions = self.definitions;
        let rules = definitions.conversions.iter().filter(|rule| rule.counts(&event.kind, data));
        for rule in rules.filter(|rule| !event.before_known || rule.by.takes_before_known()) {
            let source = event.source.clone();
            let cause = Cause { by: None, at: event.begins_at(), chain: self.chain.clone(), source };
            let worth = rule.worth(data);
            let worth = worth.as_ref().map(|(value, currency)| (*value, currency.as_str()));
            if let Some(data) = self.record_conversion(&cause, &rule.conversion, &event.mark(), worth) {
                self.happen_at("conversion.recorded", cause.at, data, cause.chain.clone());
            }
        }
    }

    /// Remembers a message that the contact got or followed, where conversions are recorded.
    pub(in crate::react) fn touch(
        &mut self,
        send: &SendId,
        (workflow, version, step): (&WorkflowId, &VersionId, &StepId),
        at: Instant,
        clicked: bool,
    ) {
        if self.definitions.conversions.is_empty() {
            return;
        }
        let touch = Touch {
            at,
            send: send.clone(),
            workflow: workflow.clone(),
            version: Some(version.clone()),
            step: step.clone(),
            clicked,
        };
        touch::add(&mut self.contact.state.touches, touch);
    }

    /// Counts a conversion once for what it is counted for. False if it was counted before, or has no room.
    pub fn convert(
        &mut self,
        cause: &Cause<'_>,
        name: &str,
        counted_for: &str,
        worth: Option<(i64, &str)>,
    ) -> bool {
        let Some(data) = self.record_conversion(cause, name, counted_for, worth) else { return false };
        self.follows(cause, "conversion.recorded", data);
        true
    }

    /// The messages within the window of a conversion, the latest last.
    fn touches(&self, name: &str, at: Instant) -> Vec<Touch> {
        let touches = self.contact.state.touches.iter();
        touches.filter(|touch| self.may_lead(name, touch.at, at)).cloned().collect()
    }

    /// Whether what happened at an instant may have led to a conversion, by the window of that.
    fn may_lead(&self, name: &str, then: Instant, at: Instant) -> bool {
        let rules = &self.definitions.conversions;
        let within = rules.iter().find(|rule| &*rule.conversion == name).map(|rule| rule.within);
        let Some(within) = within.or_else(|| conversions::WINDOW.parse().ok()) else { return false };
        then <= at && at < calendar::leaves_window(then, within, &self.definitions.zone)
    }

    /// Counts a conversion for the message that led to it last, or for the step that recorded it; and for the arms of the
    /// tests in which the contact is, whatever they were sent: an arm that sends nothing is what the others are compared
    /// with.
    fn attribute(&mut self, cause: &Cause<'_>, name: &str, last: Option<&Touch>, worth: Option<(i64, &str)>) {
        let active = |workflow: &WorkflowId| Some(self.definitions.workflows.get(workflow)?.version.clone());
        let run = |workflow: &WorkflowId, step: &StepId| {
            let mut inside = self.contact.state.enrollments.values();
            let there = inside.find(|one| one.workflow == *workflow && one.step == *step);
            there.map(|one| one.version.clone()).or_else(|| active(workflow))
        };
        let mut counted = Vec::new();
        let (workflow, step, version) = match (last, cause.by) {
            (Some(touch), _) => {
                let version = touch.version.clone().or_else(|| active(&touch.workflow));
                (Some(&touch.workflow), Some(&touch.step), version)
            }
            (None, Some((workflow, step))) => (Some(workflow), Some(step), run(workflow, step)),
            (None, None) => (None, None, None),
        };
        if let (Some(workflow), Some(step), Some(version)) = (workflow, step, version) {
            counted.push((workflow.clone(), version, step.clone(), String::new()));
        }
        let arms = self.contact.state.arms.values().filter(|arm| self.may_lead(name, arm.at, cause.at));
        counted.extend(arms.filter_map(|arm| {
            let prefix = format!("arm.{}.", arm.arm);
            Some((arm.workflow.clone(), active(&arm.workflow)?, arm.step.clone(), prefix))
        }));
        for (workflow, version, step, prefix) in counted {
            self.count(&workflow, &version, Some(&step), &format!("{prefix}converted"));
            if let Some((value, currency)) = worth {
                let revenue = format!("{prefix}revenue.{currency}");
                self.count_by(&workflow, &version, Some(&step), &revenue, value);
            }
        }
    }

    fn record_conversion(
        &mut self,
        cause: &Cause<'_>,
        name: &str,
        counted_for: &str,
        worth: Option<(i64, &str)>,
    ) -> Option<Data> {
        let conversions = &self.contact.profile.objects.conversions;
        if conversions.len() >= limits::CONVERSIONS && !conversions.contains_key(name) {
            self.tell(cause, What::LimitReached { limit: "conversions".to_owned() });
            return None;
        }
        let touches = self.touches(name, cause.at);
        let converted = self.profile().objects.conversions.entry(name.into()).or_default();
        if !converted.count(counted_for, worth, cause.at) {
            let kept = What::ObjectKept {
                object: "conversion".to_owned(),
                id: name.into(),
                reason: "already".to_owned(),
            };
            self.tell(cause, kept);
            return None;
        }
        let last = touches.last().cloned();
        if converted.last_at == cause.at {
            converted.led_by.clone_from(&last);
        }
        self.attribute(cause, name, last.as_ref(), worth);
        let (value, currency) = worth.unzip();
        let currency_told = currency.map(Into::into);
        self.tell(
            cause,
            What::Converted { conversion: name.into(), value, currency: currency_told, touches },
        );
        let mut data = Data::from_iter([("conversion".to_owned(), name.into())]);
        data.extend(value.map(|value| ("value".to_owned(), value.into())));
        data.extend(currency.map(|currency| ("currency".to_owned(), currency.into())));
        if let Some(touch) = last {
            let said = [
                ("send", touch.send.as_str()),
                ("workflow", touch.workflow.as_str()),
                ("step", touch.step.as_str()),
            ];
            data.extend(said.map(|(name, value)| (name.to_owned(), value.into())));
        }
        Some(data)
    }
}
