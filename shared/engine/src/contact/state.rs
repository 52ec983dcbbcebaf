//! What moves: the row that every commit writes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::ask::{ANSWERED_WITHIN, Ask};
use super::consent::Channel;
use super::due::{Cart, DateDue, ScheduleDue};
use super::enrollment::{Enrollment, Entity, Past, Waiting};
use super::gone::{Gone, Joined};
use super::hidden::Hidden;
use super::ring::Ring;
use super::score::Score;
use super::send::{LEASE, Phase, Send, Sent, UNKNOWN_HOLDS, UNRESOLVED_AFTER};
use super::standing::Held;
use super::touch::Touch;
use crate::calendar::{self, Date};
use crate::event::{Event, Occurrence};
use crate::ids::{AskId, ContactId, EnrollmentId, RingId, SendId, StandingId, StepId, VersionId, WorkflowId};
use crate::tally::Tally;
use crate::time::{Instant, Millis};
use crate::timeline::Entry;

/// The state row of a contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// How many reactions were committed.
    pub revision: u64,
    /// The instant up to which time has passed for this contact. It never goes back.
    pub last_now: Instant,
    /// The revision that last changed the profile: the two rows are read side by side, and this tells if they belong
    /// together.
    #[serde(default)]
    pub profile_revision: u64,
    /// The number of the definitions that it last reacted with.
    pub definitions: u64,
    /// The earliest instant at which something can change with no new event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm_at: Option<Instant>,
    /// The token of the commit that wrote this row.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub commit: Arc<str>,
    /// Why there is no such person any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<Gone>,
    /// Why it is not shown where all contacts are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<Hidden>,
    /// Contacts that were merged into this one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub joined: BTreeMap<ContactId, Joined>,
    /// Whether it was merged into another contact and is one of its own again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub returned: bool,
    /// The end of the chain of all records. Reactions pass it on: whoever commits makes it longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<Arc<str>>,
    /// Active enrollments.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub enrollments: BTreeMap<EnrollmentId, Enrollment>,
    /// What is remembered of workflows, active or ended.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub past: BTreeMap<WorkflowId, Past>,
    /// With what the contact entered workflows that are about a cart or a deal: the newest, the latest one last.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub entities: VecDeque<Entity>,
    /// Workflows that it would have entered, had they not been interrupted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<Missed>,
    /// Sends that have not ended.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sends: BTreeMap<SendId, Send>,
    /// The newest message that was accepted: what a reply without a name answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sent: Option<SendId>,
    /// Messages that were accepted, the newest of them. Whoever commits gives the older ones rows of their own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub recent: BTreeMap<SendId, Sent>,
    /// The score.
    #[serde(default, skip_serializing_if = "Score::is_empty")]
    pub score: Score,
    /// The last instants of the events that conditions count.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rings: BTreeMap<RingId, Ring>,
    /// Messages that the contact got and followed lately, where the account records conversions.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub touches: VecDeque<Touch>,
    /// When marketing messages were accepted, by channel: what caps count.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accepted: BTreeMap<Channel, Ring>,
    /// Asks that are not answered yet.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub asks: BTreeMap<AskId, Ask>,
    /// In which arm of a test the contact is: drawn once, kept for ever.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arms: BTreeMap<Arc<str>, Arm>,
    /// Standing conditions that hold, or that time alone may change.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub standing: BTreeMap<StandingId, Held>,
    /// Dates that come round, by the rule that waits for them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dates: BTreeMap<Arc<str>, DateDue>,
    /// For which year each rule's date came round last.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kept_dates: BTreeMap<Arc<str>, i16>,
    /// Times of workflows' schedules that come by the contact's own clock.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedules: Vec<ScheduleDue>,
    /// Carts that are not paid, by their ids.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub carts: BTreeMap<Arc<str>, Cart>,
    /// The next instant at which a cart counts as abandoned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cart_at: Option<Instant>,
    /// The next instant at which a coupon expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coupon_at: Option<Instant>,
    /// The next instant at which an invoice is overdue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_at: Option<Instant>,
    /// What the budget of a reaction left to the next one, in order.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    pub agenda: VecDeque<Work>,
    /// Records of the latest reactions that have no rows of their own yet. Reactions pass them on unread: whoever
    /// commits puts them here, and into rows when they get many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Arc<Entry>>,
    /// What this commit adds to the counters.
    #[serde(default, skip_serializing_if = "Tally::is_empty")]
    pub tally: Tally,
    /// The day of the account's zone on which it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_on: Option<Date>,
}

/// An occurrence by which a contact would have entered a workflow that was interrupted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// Which workflow.
    pub workflow: WorkflowId,
    /// The version that was active.
    pub version: VersionId,
    /// What happened.
    pub occurrence: Occurrence,
    /// The number of the definitions by which it was missed.
    pub number: u64,
    /// When it enters after all; none as long as nobody has decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
}

/// Where a contact is in a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arm {
    /// The arm, from 0.
    pub arm: u32,
    /// The workflow and the step that drew it last.
    pub workflow: WorkflowId,
    /// The step.
    pub step: StepId,
    /// When it was drawn.
    pub at: Instant,
    /// Whether what it is judged by has happened.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub judged: bool,
}

/// A piece of work of a reaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Work {
    /// Apply an event from outside, once everything before it is done.
    Apply {
        /// When it came in: time passes up to here before it is applied.
        at: Instant,
        /// The event.
        event: Event,
    },
    /// Let workflows see something that happened.
    Notice {
        /// What happened.
        occurrence: Occurrence,
        /// Whether the rings have counted it already.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        counted: bool,
    },
    /// Run an enrollment from where it stands.
    Run {
        /// Which.
        enrollment: EnrollmentId,
    },
    /// Have the contact enter a workflow, if it admits the contact.
    Enter {
        /// By what.
        occurrence: Occurrence,
        /// Which.
        workflow: WorkflowId,
    },
    /// Offer an occurrence to the workflows that it may start, from the one named on.
    Trigger {
        /// What happened.
        occurrence: Occurrence,
        /// Where to go on.
        workflow: WorkflowId,
        /// The enrollments that it has set going so far: they run when all workflows have seen it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        started: Vec<EnrollmentId>,
    },
}

/// What is to be done outside because of what a contact's row shows. Derived from the committed row alone, so
/// that it can be derived again by anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// Look at the contact at once: its agenda is not empty.
    Continue,
    /// Perform a send, at an instant that is at most 15 minutes away.
    Perform {
        /// Which.
        send: SendId,
        /// The step, for the log.
        step: StepId,
        /// For which instant it is planned; the present one where it is only to be asked what became of it.
        at: Instant,
    },
    /// Answer an ask.
    Answer {
        /// Which.
        ask: AskId,
    },
    /// Look at the contact at an instant that is at most 15 minutes away.
    Look {
        /// When.
        at: Instant,
    },
}

/// How far ahead a look is sent as a delayed message; further ahead, the row of the alarm rings.
const NEAR: Millis = Millis::minutes(15);
/// How much later than a lease ends it may be looked at.
pub const SLACK: Millis = Millis::seconds(30);
/// When to look again at work that should have been done by somebody already.
pub(crate) const SAFETY: Millis = Millis::minutes(2);

impl State {
    /// What this row shows as due at `now`.
    pub fn due(&self, now: Instant) -> Vec<Due> {
        let mut due = Vec::new();
        if !self.agenda.is_empty() {
            due.push(Due::Continue);
        }
        for (id, send) in &self.sends {
            let at = match send.phase {
                Phase::Planned { not_before } => not_before,
                // A performer died, or no answer came: ask what became of it.
                Phase::Unknown { .. } => now,
                Phase::Claimed { .. } | Phase::Unresolved { .. } | Phase::Interrupted { .. } => continue,
            };
            if at.since(now) <= NEAR {
                due.push(Due::Perform { send: id.clone(), step: send.step.clone(), at });
            }
        }
        due.extend(self.asks.keys().map(|ask| Due::Answer { ask: ask.clone() }));
        if let Some(at) = self.next_punctual().filter(|at| at.since(now) <= NEAR) {
            due.push(Due::Look { at });
        }
        due
    }

    /// The earliest instant at which something is to happen on time: a wait, points that expire, an unknown outcome.
    pub fn next_punctual(&self) -> Option<Instant> {
        // What may go is claimed by a message of its own.
        let punctual = |boundary: &Boundary<_, _>| {
            !matches!(boundary, Boundary::Lease(_) | Boundary::Unresolved(_) | Boundary::Release)
        };
        self.boundaries().filter(|(_, boundary)| punctual(boundary)).map(|(at, _)| at).min()
    }

    /// The earliest instant at which this row changes with no new event, or should be looked at again.
    pub(crate) fn next_alarm(&self) -> Option<Instant> {
        let soon = self.last_now + SAFETY;
        let planned = self.sends.values().filter_map(|send| match send.phase {
            Phase::Planned { not_before } => Some(soon.max(not_before + SAFETY)),
            _ => None,
        });
        let agenda = (!self.agenda.is_empty()).then_some(soon);
        let asks = self
            .asks
            .values()
            .map(|ask| soon.min(ask.asked_at + ANSWERED_WITHIN).max(self.last_now + Millis::seconds(30)));
        // The alarm that was set when the send was planned serves its lease too: both only guard, and a lease may be
        // seen to end by SLACK late.
        let serves = |at: Instant| self.alarm_at.filter(|set| (at..=at + SLACK).contains(set));
        let boundaries = self.boundaries().map(|(at, boundary)| match boundary {
            Boundary::Lease(_) => serves(at).unwrap_or(at),
            _ => at,
        });
        // Whoever looks then has it erased; until that is done, it is looked at again and again.
        let erased = self.hidden.and_then(Hidden::erased_from).map(|at| at.max(soon));
        boundaries.chain(planned).chain(agenda).chain(asks).chain(erased).min()
    }

    /// The earliest instant at which this row changes with no new event.
    pub fn next_boundary(&self) -> Option<Instant> {
        self.boundaries().map(|(at, _)| at).min()
    }

    /// What changes at an instant, or should have changed before it.
    pub(crate) fn boundaries_at(&self, at: Instant) -> Vec<Boundary> {
        self.boundaries().filter(|(due, _)| *due <= at).map(|(_, boundary)| boundary.cloned()).collect()
    }

    /// The day on which this commit counts; that of UTC for rows from before days were told apart.
    pub fn day(&self) -> Date {
        self.counted_on.unwrap_or_else(|| calendar::day(self.last_now, &TimeZone::UTC))
    }

    /// Whether the contact is a member of a segment.
    pub fn is_member(&self, segment: &str) -> bool {
        self.member_since(segment).is_some()
    }

    /// Since when the contact is a member of a segment.
    pub fn member_since(&self, segment: &str) -> Option<Instant> {
        self.standing.get(&StandingId::segment(segment)).and_then(|held| held.since)
    }

    /// The segments of which the contact is a member.
    pub fn segments(&self) -> impl Iterator<Item = (&str, Instant)> {
        self.standing.iter().filter_map(|(id, held)| Some((id.as_segment()?, held.since?)))
    }

    /// Every instant at which this row changes with no new event.
    fn boundaries(&self) -> impl Iterator<Item = (Instant, Boundary<&EnrollmentId, &SendId>)> {
        let waits = self
            .enrollments
            .iter()
            .filter(|(_, enrollment)| !enrollment.stands_still)
            .filter_map(|(id, enrollment)| Some((enrollment.waiting.due_at()?, Boundary::Wait(id))));
        let missed = self.missed.iter().filter_map(|missed| Some((missed.at?, Boundary::Missed)));
        let sends = self.sends.iter().flat_map(|(id, send)| match send.phase {
            Phase::Claimed { at, .. } => [Some((at + LEASE, Boundary::Lease(id))), None],
            Phase::Unknown { claimed_at, since } => {
                let held = self.holds(id, send).then(|| (since + UNKNOWN_HOLDS, Boundary::Held(id)));
                [held, Some((claimed_at + UNRESOLVED_AFTER, Boundary::Unresolved(id)))]
            }
            // One that was refused is tried again by its own message, unless that would be delayed for too long.
            Phase::Planned { not_before }
                if not_before > self.last_now
                    && (send.refusals == 0 || not_before.since(self.last_now) > NEAR) =>
            {
                [Some((not_before, Boundary::Release)), None]
            }
            Phase::Planned { .. } | Phase::Unresolved { .. } | Phase::Interrupted { .. } => [None, None],
        });
        let points = self.score.next_expiry().map(|at| (at, Boundary::Points));
        let watches = self
            .enrollments
            .iter()
            .filter_map(|(id, enrollment)| Some((enrollment.watch_at?, Boundary::Watch(id))));
        let standing = self.standing.values().filter_map(|held| Some((held.changes_at?, Boundary::Standing)));
        let dates = self.dates.iter().map(|(rule, due)| (due.at, Boundary::Date(rule.clone())));
        let schedules = self.schedules.iter().map(|due| (due.at, Boundary::Schedule));
        let cart = self.cart_at.map(|at| (at, Boundary::Cart));
        let lapses = [
            self.coupon_at.map(|at| (at, Boundary::Coupon)),
            self.invoice_at.map(|at| (at, Boundary::Invoice)),
        ];
        let own = dates.chain(schedules).chain(cart).chain(lapses.into_iter().flatten()).chain(missed);
        waits.chain(sends.flatten()).chain(points).chain(watches).chain(standing).chain(own)
    }

    /// Whether the enrollment of a send still waits for it.
    pub(crate) fn holds(&self, id: &SendId, send: &Send) -> bool {
        let waiting = self.enrollments.get(&send.enrollment).map(|enrollment| &enrollment.waiting);
        matches!(waiting, Some(Waiting::Sends { open }) if open.contains(id))
    }
}

/// What changes with no new event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Boundary<E = EnrollmentId, S = SendId> {
    /// An enrollment has waited long enough.
    Wait(E),
    /// A claim's lease ends: its performer is dead.
    Lease(S),
    /// The enrollment goes on although the outcome is unknown.
    Held(S),
    /// An unknown outcome is listed for a person.
    Unresolved(S),
    /// Points expire.
    Points,
    /// A condition that an enrollment waits for, or is left by, may have become true.
    Watch(E),
    /// A standing condition may have changed.
    Standing,
    /// A message that was held may go.
    Release,
    /// A date comes round.
    Date(Arc<str>),
    /// A time of a workflow's schedule comes by the contact's own clock.
    Schedule,
    /// A cart counts as abandoned.
    Cart,
    /// A coupon can't be redeemed any more.
    Coupon,
    /// An invoice was not paid in time.
    Invoice,
    /// It enters a workflow after all that was interrupted.
    Missed,
}

impl Boundary<&EnrollmentId, &SendId> {
    fn cloned(self) -> Boundary {
        match self {
            Self::Wait(enrollment) => Boundary::Wait(enrollment.clone()),
            Self::Lease(send) => Boundary::Lease(send.clone()),
            Self::Held(send) => Boundary::Held(send.clone()),
            Self::Unresolved(send) => Boundary::Unresolved(send.clone()),
            Self::Points => Boundary::Points,
            Self::Watch(enrollment) => Boundary::Watch(enrollment.clone()),
            Self::Standing => Boundary::Standing,
            Self::Release => Boundary::Release,
            Self::Date(rule) => Boundary::Date(rule.clone()),
            Self::Schedule => Boundary::Schedule,
            Self::Cart => Boundary::Cart,
            Self::Coupon => Boundary::Coupon,
            Self::Invoice => Boundary::Invoice,
            Self::Missed => Boundary::Missed,
        }
    }
}
