//! One reaction in progress: the contact as it changes, the work still to do, and what is recorded of it.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::{Input, Need, Reaction, Rows, cannot_part};
use crate::calendar;
use crate::condition::{Facets, Scope};
use crate::contact::consent::{Recipient, Suppression};
use crate::contact::enrollment::Enrollment;
use crate::contact::gone::Whole;
use crate::contact::hidden::DELETION;
use crate::contact::send::Sent;
use crate::contact::state::Work;
use crate::contact::{Contact, Profile};
use crate::definitions::Definitions;
use crate::event::{Chain, Event};
use crate::ids::{EnrollmentId, SendId, StepId, VersionId, WorkflowId};
use crate::limits;
use crate::tally::{self, Counter, Tally};
use crate::time::Instant;
use crate::timeline::{Entry, Line, What};
use crate::workflow::program::Program;

/// A reaction in progress.
#[derive(Debug)]
pub struct Turn<'t> {
    /// What it decides by.
    pub definitions: &'t Definitions,
    /// The instant that is being dealt with: on the way up to the reaction's own.
    pub now: Instant,
    /// The contact as it is by now.
    pub contact: Contact,
    pub(super) until: Instant,
    pub(super) work: VecDeque<Work>,
    /// Events that have to wait until the work is done, each with the instant at which it came.
    arrivals: VecDeque<(Instant, Event)>,
    pub(super) spent: Spent,
    pub(super) lines: Vec<Line>,
    pub(super) tally: Tally,
    /// Which parts of the contact changed since conditions were asked.
    pub(super) dirty: Facets,
    /// Which workflows led to those changes: the guard against loops follows them through standing conditions.
    pub(super) chain: Chain,
    pub(super) suppressed: Vec<(Recipient, Suppression)>,
    /// Marks of events that messages remember by themselves.
    pub(super) heard: Vec<Arc<str>>,
    /// The account's zone for what is counted as it was before that changed.
    pub(super) zone_then: Option<TimeZone>,
    /// What another contact is again that was parted from this one.
    parted: Option<Box<Whole>>,
    /// Rows that were looked at and that another contact may have changed.
    looked_at: RefCell<Rows>,
    rows: &'t Rows,
    sent: BTreeMap<SendId, Sent>,
}

/// What a reaction has used of its budget.
#[derive(Debug, Default)]
pub(super) struct Spent {
    pub steps: u32,
    pub enrollments: u32,
    pub rows: u32,
    pub bytes: usize,
}

impl Spent {
    /// Whether there is budget for one more piece of work.
    pub(super) fn is_out(&self) -> bool {
        self.steps >= limits::REACTION_STEPS
            || self.enrollments >= limits::REACTION_ENROLLMENTS
            || self.rows >= limits::REACTION_ROWS
            || self.bytes >= limits::REACTION_BYTES
    }
}

impl<'t> Turn<'t> {
    pub(super) fn begin(
        definitions: &'t Definitions,
        contact: &Contact,
        until: Instant,
        rows: &'t Rows,
    ) -> Self {
        let mut contact = contact.clone();
        let (mut work, mut arrivals) = (VecDeque::new(), VecDeque::new());
        for left in std::mem::take(&mut contact.state.agenda) {
            match left {
                Work::Apply { at, event } => arrivals.push_back((at, event)),
                other => work.push_back(other),
            }
        }
        let now = if contact.is_unborn() { until } else { contact.state.last_now };
        Self {
            definitions,
            now,
            contact,
            until,
            work,
            arrivals,
            spent: Spent::default(),
            lines: Vec::new(),
            tally: Tally::default(),
            dirty: Facets::NONE,
            chain: Chain::default(),
            suppressed: Vec::new(),
            heard: Vec::new(),
            zone_then: None,
            parted: None,
            looked_at: RefCell::default(),
            rows,
            sent: BTreeMap::new(),
        }
    }

    /// What came before, then the input.
    pub(super) fn take(&mut self, input: &Input) -> Result<(), Need> {
        match input {
            // What has come due meanwhile is the business of whoever takes over, or nobody's any more.
            Input::MergedInto { into, .. } => {
                self.now = self.until;
                self.leave_for(into);
                return Ok(());
            }
            Input::ComeBack { whole, .. } if self.contact.merged_into().is_some() => {
                self.now = self.until;
                self.come_back(whole);
                return Ok(());
            }
            // Somebody took back what was to end in this.
            Input::Erase { by } if **by == *DELETION && !self.contact.is_deleted() => return Ok(()),
            Input::Erase { .. } if !self.contact.is_unborn() => {
                self.now = self.until;
                self.erase();
                return Ok(());
            }
            // Nothing happens to somebody who is not there.
            _ if self.contact.state.gone.is_some() => return Ok(()),
            _ => {}
        }
        self.baseline();
        let caught_up = self.catch_up()?;
        match input {
            Input::Event { event, taken } => {
                self.refuse_taken(taken);
                if caught_up && taken.is_empty() {
                    self.apply(event)?;
                } else {
                    let event = self.without_taken(event, taken);
                    self.arrivals.push_back((self.until, event));
                }
            }
            Input::Wake => return Ok(()),
            // What stands in the agenda may be an opt-out: nothing is claimed before it was dealt with.
            Input::Claim { .. } | Input::Restored | Input::Merge { .. } | Input::Part { .. }
                if !caught_up => {}
            Input::Claim { send, by, suppression } => self.claim(send, by, *suppression)?,
            Input::Answer { ask, answer } => self.answered(ask, answer)?,
            Input::Outcome { send, attempt, outcome } => self.outcome(send, *attempt, outcome)?,
            Input::Restored => self.restored()?,
            Input::Merge { other, theirs, .. } => self.absorb(other, theirs)?,
            Input::Part { other, brought, .. } => {
                match cannot_part(&self.contact, &other.id, other, self.now) {
                    None => self.parted = Some(Box::new(self.part(other, brought))),
                    Some(reason) => {
                        self.log(None, None, What::CommandRefused { reason: reason.to_owned() });
                    }
                }
            }
            Input::MergedInto { .. } | Input::ComeBack { .. } | Input::Erase { .. } => {}
        }
        if caught_up {
            self.catch_up()?;
        }
        Ok(())
    }

    /// Deals in order with whatever comes before the reaction's instant: the work that was left, the events that had
    /// to wait, and what time alone changes. True if nothing of it is left.
    pub(super) fn catch_up(&mut self) -> Result<bool, Need> {
        while let Some((at, _)) = self.arrivals.front() {
            if !self.pass_time(*at)? || self.spent.is_out() {
                return Ok(false);
            }
            if let Some((_, event)) = self.arrivals.pop_front() {
                self.apply(&event)?;
            }
        }
        self.pass_time(self.until)
    }

    /// Works until nothing is left, or the budget is used up; true if nothing is left.
    pub(super) fn drain(&mut self) -> Result<bool, Need> {
        self.settle()?;
        while !self.work.is_empty() && !self.spent.is_out() {
            match self.work.pop_front() {
                Some(Work::Apply { at, event }) => self.arrivals.push_back((at, event)),
                // What an occurrence sets going runs before the next occurrence is looked at, which may start it again.
                Some(Work::Notice { occurrence, counted }) => {
                    self.chain = occurrence.chain.clone();
                    let later = std::mem::take(&mut self.work);
                    self.notice(occurrence, counted)?;
                    self.work.extend(later);
                }
                Some(Work::Trigger { occurrence, workflow, started }) => {
                    self.chain = occurrence.chain.clone();
                    let later = std::mem::take(&mut self.work);
                    self.trigger(occurrence, Some(&workflow), started)?;
                    self.work.extend(later);
                }
                Some(Work::Enter { occurrence, workflow }) => {
                    self.chain = occurrence.chain.clone();
                    self.enter(&workflow, &occurrence)?;
                }
                Some(Work::Run { enrollment }) => self.run(&enrollment)?,
                None => {}
            }
            self.settle()?;
        }
        Ok(self.work.is_empty())
    }

    pub(super) fn finish(mut self, before: &Contact, input: &Input) -> Reaction {
        let mut agenda = std::mem::take(&mut self.work);
        agenda.extend(self.arrivals.drain(..).map(|(at, event)| Work::Apply { at, event }));
        if !agenda.is_empty() {
            self.log(None, None, What::LeftForLater { work: agenda.len() });
        }
        let state = &mut self.contact.state;
        state.agenda = agenda;
        state.last_now = self.now;
        state.alarm_at = state.next_alarm();
        let is_hidden = state.hidden.is_some();
        if self.contact.profile.hidden != is_hidden {
            Arc::make_mut(&mut self.contact.profile).hidden = is_hidden;
        }
        if !self.contact.profile.test {
            count_positions(before, &self.contact, &mut self.tally);
        }
        // Whoever looked by new definitions commits even if they change nothing: who still decides by older ones must
        // lose against it.
        let looked_before = before.is_unborn() || before.state.definitions == self.definitions.number;
        let idle = !matches!(input, Input::Event { .. })
            && looked_before
            && self.lines.is_empty()
            && same(before, &self.contact);
        let state = &mut self.contact.state;
        state.revision += 1;
        state.definitions = self.definitions.number;
        if before.is_unborn() || before.profile != self.contact.profile {
            state.profile_revision = state.revision;
        }
        state.counted_on = (!self.tally.is_empty()).then(|| calendar::day(self.now, &self.definitions.zone));
        state.tally = self.tally;
        let entry = Entry {
            revision: state.revision,
            now: self.until,
            definitions: self.definitions.number,
            input: input.clone(),
            lines: self.lines,
            rows: self.looked_at.into_inner(),
            salt: "".into(),
        };
        let remembered = matches!(input, Input::Event { event, .. } if self.heard.contains(&event.mark()));
        Reaction {
            contact: self.contact,
            entry,
            sent: self.sent,
            suppressed: self.suppressed,
            parted: self.parted,
            remembered,
            changed: !idle,
        }
    }

    /// What conditions look at, outside of any event.
    pub(super) fn scope<'s>(&'s self, enrollment: Option<(&'s EnrollmentId, &'s Enrollment)>) -> Scope<'s> {
        Scope {
            contact: &self.contact,
            now: self.now,
            zone: &self.definitions.zone,
            event: enrollment.map(|(_, enrollment)| &*enrollment.event),
            rings: &self.definitions.rings,
            segments: &self.definitions.segments,
            tracking: self.definitions.account.tracking,
            enrollment,
        }
    }

    /// The profile, to be changed.
    pub(super) fn profile(&mut self) -> &mut Profile {
        self.dirty = self.dirty | Facets::PROFILE;
        Arc::make_mut(&mut self.contact.profile)
    }

    /// Records what came of the reaction.
    pub(super) fn log(&mut self, workflow: Option<&WorkflowId>, step: Option<&StepId>, what: What) {
        // A line is short; what varies in it was bounded where it came in.
        self.spent.bytes += 200;
        self.lines.push(Line { at: self.now, workflow: workflow.cloned(), step: step.cloned(), what });
    }

    /// Adds one to a counter.
    pub(super) fn count(
        &mut self,
        workflow: &WorkflowId,
        version: &VersionId,
        step: Option<&StepId>,
        name: &str,
    ) {
        self.count_by(workflow, version, step, name, 1);
    }

    /// Adds to a counter.
    pub(super) fn count_by(
        &mut self,
        workflow: &WorkflowId,
        version: &VersionId,
        step: Option<&StepId>,
        name: &str,
        by: i64,
    ) {
        if self.contact.profile.test {
            return;
        }
        let counter = Counter {
            workflow: workflow.clone(),
            version: version.clone(),
            step: step.cloned(),
            name: name.into(),
        };
        self.tally.add(counter, by);
    }

    /// A version that an enrollment runs.
    pub(super) fn program(&self, version: &VersionId) -> Result<Arc<Program>, Need> {
        self.definitions.programs.get(version).cloned().ok_or_else(|| Need::Program(version.clone()))
    }

    /// The row of an accepted send; none if there is no such row.
    pub(super) fn sent(&self, id: &SendId) -> Result<Option<Sent>, Need> {
        if let Some(sent) = self.sent.get(id).or_else(|| self.contact.state.recent.get(id)) {
            return Ok(Some(sent.clone()));
        }
        let row = self.rows.get(id).cloned().ok_or_else(|| Need::Sent(id.clone()))?;
        if self.contact.state.returned || !self.contact.state.joined.is_empty() {
            self.looked_at.borrow_mut().insert(id.clone(), row.clone());
        }
        Ok(row)
    }

    /// Has the record of an accepted send written: where it stands, and a new one among the newest.
    pub(super) fn put_sent(&mut self, id: SendId, sent: Sent) {
        self.dirty = self.dirty | Facets::MESSAGES;
        if let Some(recent) = self.contact.state.recent.get_mut(&id) {
            *recent = sent;
        } else if self.sent.insert(id, sent).is_none() {
            self.spent.rows += 1;
        }
    }
}

/// Whether nothing changed but the time that has passed.
fn same(before: &Contact, after: &Contact) -> bool {
    let (was, is) = (&before.state, &after.state);
    // An alarm that is still to ring may stay where it is: nothing is due before it.
    (was.alarm_at == is.alarm_at || was.alarm_at.is_some_and(|at| at > is.last_now))
        && was.enrollments == is.enrollments
        && was.past == is.past
        && was.missed == is.missed
        && was.hidden == is.hidden
        && was.sends == is.sends
        && was.last_sent == is.last_sent
        && was.recent == is.recent
        && was.touches == is.touches
        && was.score == is.score
        && was.standing == is.standing
        && was.asks == is.asks
        && was.dates == is.dates
        && was.schedules == is.schedules
        && was.carts == is.carts
        && was.arms == is.arms
        && was.entities == is.entities
        && was.rings == is.rings
        && was.agenda == is.agenda
        && before.profile == after.profile
}

/// Counts who left which step and who stands at which one now.
fn count_positions(before: &Contact, after: &Contact, sums: &mut Tally) {
    let mut count = |contact: &Contact, other: &Contact, difference| {
        for (id, enrollment) in &contact.state.enrollments {
            let there = other.state.enrollments.get(id);
            if there.is_some_and(|there| there.step == enrollment.step && there.version == enrollment.version)
            {
                continue;
            }
            let counter = Counter {
                workflow: enrollment.workflow.clone(),
                version: enrollment.version.clone(),
                step: Some(enrollment.step.clone()),
                name: tally::INSIDE.into(),
            };
            sums.add(counter, difference);
        }
    };
    count(before, after, -1);
    count(after, before, 1);
}
