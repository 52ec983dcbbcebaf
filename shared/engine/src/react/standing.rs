//! Keeping the truth of standing conditions: each change of it is an edge, which workflows see. What changes because
//! definitions did is a baseline, and fires nothing.

use serde_json::{Map, Value};

use super::Turn;
use crate::condition::{Facets, Truth};
use crate::contact::standing::Held;
use crate::definitions::Standing;
use crate::ids::StandingId;
use crate::time::{Instant, Millis};
use crate::timeline::What;

/// The event of a contact that became a member of a segment.
pub const ENTERED: &str = "segment.entered";
/// The event of a contact that is no member any more.
pub const LEFT: &str = "segment.left";
/// The event of a condition that became true.
pub const MET: &str = "condition.met";

impl Turn<'_> {
    /// Brings what is kept in step with the definitions, on the contact as it was before anything happened.
    pub(super) fn baseline(&mut self) {
        let (definitions, seen) = (self.definitions, self.contact.state.definitions);
        if definitions.number == seen {
            return;
        }
        self.plan_dates();
        self.plan_carts();
        self.keep_schedules();
        let known = |id: &StandingId| definitions.standing.iter().any(|standing| standing.id == *id);
        self.contact.state.standing.retain(|id, _| known(id));
        if self.contact.is_unborn() {
            // Of nobody nothing is true; what is true from the beginning is the first edge.
            return;
        }
        for standing in &definitions.standing {
            let held = self.contact.state.standing.get(&standing.id);
            if standing.since > seen || held.is_some_and(|held| held.version != standing.version) {
                self.hold(standing);
            }
        }
        self.follow_workflows();
    }

    /// Asks the standing conditions anew that look at what changed, or that time may have changed by now.
    pub(super) fn reassess(&mut self, mut changed: Facets) {
        for standing in &self.definitions.standing {
            let held = self.contact.state.standing.get(&standing.id);
            let due = held.and_then(|held| held.changes_at).is_some_and(|at| at <= self.now);
            if !due && !standing.facets.meets(changed) {
                continue;
            }
            let was = held.and_then(|held| held.since).is_some();
            let is = self.hold(standing);
            if was == is {
                continue;
            }
            let (kind, name, value) = match (standing.id.as_segment(), is) {
                (Some(segment), true) => (ENTERED, "segment", segment),
                (Some(segment), false) => (LEFT, "segment", segment),
                (None, true) => (MET, "condition", standing.id.as_str()),
                (None, false) => continue,
            };
            if let Some(segment) = standing.id.as_segment() {
                changed = changed | Facets::SEGMENTS;
                self.dirty = self.dirty | Facets::SEGMENTS;
                self.spent.rows += 1;
                let segment = segment.into();
                let what = if is { What::SegmentEntered { segment } } else { What::SegmentLeft { segment } };
                self.log(None, None, what);
            }
            let data = Map::from_iter([(name.to_owned(), Value::from(value))]);
            self.happen(kind, data, self.chain.clone());
        }
    }

    /// Keeps the truth of this instant; whether it holds.
    fn hold(&mut self, standing: &Standing) -> bool {
        let verdict = standing.condition.eval(&self.scope(None));
        let holds = verdict.truth == Truth::Yes;
        let known = self.contact.state.standing.get(&standing.id);
        let known = known.filter(|held| held.version == standing.version).and_then(|held| held.since);
        let held = Held {
            version: standing.version.clone(),
            since: holds.then(|| known.unwrap_or(self.now)),
            changes_at: verdict.changes_at.map(|at| later(at, self.now)),
        };
        if held.since.is_none() && held.changes_at.is_none() {
            self.contact.state.standing.remove(&standing.id);
        } else {
            self.contact.state.standing.insert(standing.id.clone(), held);
        }
        holds
    }
}

/// An instant at which something may change lies ahead, or time would stand still.
pub(super) fn later(at: Instant, now: Instant) -> Instant {
    at.max(now + Millis(1))
}
