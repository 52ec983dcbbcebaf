//! What is recorded of a reaction: one row, keyed by the contact's revision. It holds the input, `now`, the number of
//! the definitions and every answer from outside, so that a replay needs nothing else; and what came of it, line by
//! line, for people.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::condition::Truth;
use crate::contact::consent::Channel;
use crate::contact::disturb::By;
use crate::contact::gone::Brought;
use crate::contact::loyalty::Unit;
use crate::contact::send::{Sent, Via};
use crate::contact::touch::Touch;
use crate::ids::{ContactId, EnrollmentId, SendId, StepId, VersionId, WorkflowId};
use crate::react::Input;
use crate::time::Instant;

/// The record of one reaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The revision that the reaction made.
    pub revision: u64,
    /// The instant that the reaction was given.
    pub now: Instant,
    /// The number of the definitions.
    pub definitions: u64,
    /// What came in.
    pub input: Input,
    /// What came of it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
    /// Rows of messages that it looked at, where another contact may have changed them too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rows: BTreeMap<SendId, Option<Sent>>,
    /// What is mixed into the record's link of the chain, so that nobody can guess the record from it. Given by whoever
    /// commits.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub salt: Arc<str>,
}

/// One thing that came of a reaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When it took effect: for a wait that rang late, the instant for which it was set.
    pub at: Instant,
    /// The workflow that it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<WorkflowId>,
    /// The step that did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepId>,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What came of a reaction. Reasons are stable codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields say what they are")]
pub enum What {
    /// The contact is new.
    ContactCreated,
    /// A field was set, or cleared.
    FieldSet {
        field: Arc<str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Value>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Value>,
    },
    /// A field kept its value.
    FieldKept { field: Arc<str>, reason: String },
    /// A tag was added.
    TagAdded { tag: Arc<str> },
    /// A tag was removed.
    TagRemoved { tag: Arc<str> },
    /// A list was joined.
    ListJoined { list: Arc<str> },
    /// A list was left.
    ListLeft { list: Arc<str> },
    /// Something that belongs to the contact is new: a deal, a task, …
    ObjectMade { object: String, id: Arc<str>, name: Option<String> },
    /// One of its values changed.
    ObjectChanged { object: String, id: Arc<str>, attribute: String, from: Option<Value>, to: Value },
    /// It stays as it was.
    ObjectKept { object: String, id: Arc<str>, reason: String },
    /// A note was written.
    NoteAdded { text: Arc<str> },
    /// A note mentions a colleague.
    Mentioned { user: Arc<str> },
    /// Something that belonged to the contact was taken away: a document, an association.
    ObjectRemoved { object: String, id: Arc<str>, name: Option<Arc<str>> },
    /// A group was joined.
    GroupJoined { group: Arc<str> },
    /// A group was left.
    GroupLeft { group: Arc<str> },
    /// A loyalty card was made.
    CardCreated { number: Option<Arc<str>> },
    /// A balance of the loyalty card changed.
    LoyaltyChanged { unit: Unit, by: i64, balance: i64 },
    /// The contact converted, and the messages that may have led to it, the latest last.
    Converted {
        conversion: Arc<str>,
        value: Option<i64>,
        currency: Option<Arc<str>>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        touches: Vec<Touch>,
    },
    /// The contact paid, in minor units; less than nothing is a refund.
    Paid { amount: i64, currency: Arc<str> },
    /// A channel, or all of them, is not to be used any more.
    DisturbOn { channel: String, by: By },
    /// A channel, or all of them, may be used again, and what proves that it may.
    DisturbOff { channel: String, by: By, proof: Arc<str> },
    /// Points were added or taken.
    ScoreAdded { points: i64, score: i64 },
    /// Points expired.
    ScoreExpired { score: i64 },
    /// A consent was given.
    ConsentGiven { channel: Channel, purpose: Arc<str> },
    /// A consent was asked for, and is to be confirmed.
    ConsentAsked { channel: Channel, purpose: Arc<str> },
    /// A consent was taken back.
    ConsentWithdrawn { channel: Channel, purpose: Arc<str> },
    /// The contact's address, or its number, is not written to any more by a channel.
    AddressSuppressed { channel: Channel, reason: String },
    /// What was to be added would have broken a limit.
    LimitReached { limit: String },
    /// An event named a message that this contact never got.
    MessageUnknown,
    /// Workflows are tried out with the contact from here on.
    TestStarted,
    /// The contact is one like all others again.
    TestEnded,
    /// Something goes on with the contact: it is a test as before, or as before none.
    TestKept,
    /// It is not shown any more where all contacts are.
    Archived,
    /// It is shown again.
    Unarchived,
    /// It was deleted, and may be restored until it is erased.
    Deleted { until: Instant },
    /// It is a contact as before.
    Restored,
    /// It was learnt that a browser is the contact's.
    VisitorKnown,
    /// An id of the contact in another system was learnt.
    ExternalKnown { external: Arc<str> },
    /// Another contact was merged into this one, and what that brought.
    Merged { contact: ContactId, brought: Box<Brought> },
    /// The contact was merged into another one.
    MergedInto { contact: ContactId },
    /// A contact that was merged into this one is one of its own again.
    Parted { contact: ContactId },
    /// The contact is one of its own again.
    CameBack,
    /// Everything that was known of the contact was erased.
    Erased,
    /// Another contact has this identity already.
    IdentityTaken { kind: String },
    /// The contact entered a workflow.
    Enrolled { enrollment: EnrollmentId, version: VersionId, by: Arc<str> },
    /// An event that the workflow looks at did not make the contact enter.
    Ignored { reason: String },
    /// A chain of consequences came back too often and was halted.
    Halted,
    /// A decision was made; the conditions' values in order, as far as they were asked.
    Decided { branch: String, seen: Vec<Truth> },
    /// The enrollment waits for an instant.
    Waiting { until: Instant },
    /// The enrollment waits for an event, or the instant.
    WaitingFor { event: String, until: Instant },
    /// What it waited for happened.
    Heard { event: Arc<str> },
    /// The next step is left out.
    NextSkipped { reason: String },
    /// A step did nothing.
    StepSkipped { reason: String },
    /// A message was planned.
    SendPlanned { send: SendId },
    /// A message was claimed: somebody is handing it over.
    SendClaimed { send: SendId, attempt: u32 },
    /// A message was accepted by the provider.
    Sent {
        send: SendId,
        #[serde(default = "by_email", skip_serializing_if = "is_email")]
        via: Via,
    },
    /// Nobody was shown a code that a step had taken out of a pool: it goes back.
    CodeGivenBack { pool: String, code: String },
    /// A webhook answered, with a status of HTTP.
    WebhookAnswered { send: SendId, status: u16 },
    /// A message is not sent, and why.
    SendSkipped { send: SendId, reason: String },
    /// A message waits until it may go.
    SendHeld { send: SendId, until: Instant, reason: String },
    /// The provider refused; it is tried again.
    SendRefused { send: SendId, reason: String, again_at: Instant },
    /// The performer was too late and gave the claim back.
    SendGivenBack { send: SendId },
    /// The provider refused for good.
    SendFailed { send: SendId, reason: String },
    /// Nobody knows whether the provider took it.
    SendUnknown { send: SendId },
    /// It is still unknown after a day: a person has to look.
    SendUnresolved { send: SendId },
    /// A message was opened.
    Opened { send: SendId, class: String },
    /// A message was answered.
    Replied { send: SendId },
    /// The contact is a member of a segment from now on.
    SegmentEntered { segment: Arc<str> },
    /// The contact is no member of a segment any more.
    SegmentLeft { segment: Arc<str> },
    /// Something shared was asked for.
    Asked,
    /// What came of it.
    Answered { answer: String },
    /// An arm of a test was drawn.
    ArmDrawn { test: String, arm: String },
    /// What a test is judged by happened.
    ArmJudged { test: String, arm: String },
    /// The enrollment reached the workflow's goal.
    GoalReached { goal: String },
    /// What was to end it leads it to another step.
    SentOn { enrollment: EnrollmentId, reason: String, to: StepId },
    /// The enrollment ended early.
    Exited { enrollment: EnrollmentId, reason: String },
    /// The enrollment came to its end.
    Completed { enrollment: EnrollmentId },
    /// The enrollment was cancelled with its workflow.
    Cancelled { enrollment: EnrollmentId, reason: String },
    /// Its workflow is interrupted: nothing of it goes on.
    Interrupted { enrollment: EnrollmentId },
    /// Its workflow goes on, and it does too; if it is overdue, when its turn has come.
    Resumed { enrollment: EnrollmentId, turn: Option<Instant> },
    /// Somebody ended its wait.
    WaitSkipped { enrollment: EnrollmentId },
    /// Somebody has it wait until another instant.
    Rescheduled { enrollment: EnrollmentId, until: Instant },
    /// Somebody moved it to another step.
    Moved { enrollment: EnrollmentId, to: StepId },
    /// It goes over to another version.
    Migrated { enrollment: EnrollmentId, from: VersionId, to: VersionId },
    /// It goes back to the version that it came from.
    Reverted { enrollment: EnrollmentId, to: VersionId },
    /// What somebody decided could not be done.
    CommandRefused { reason: String },
    /// The enrollment can't go on.
    Failed { enrollment: EnrollmentId, reason: String },
    /// The budget of this reaction is used up; the next one goes on.
    LeftForLater { work: usize },
}

fn by_email() -> Via {
    Via::Email
}

fn is_email(via: &Via) -> bool {
    *via == Via::Email
}

/// An amount in minor units, written in major ones; every currency is taken to have a hundred.
#[derive(Debug)]
pub struct Money<'m>(pub i64, pub &'m str);

impl fmt::Display for Money<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let cents = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02} {}", cents / 100, cents % 100, self.1)
    }
}

/// A value before, if there was one, and the value now.
#[derive(Debug)]
pub struct Values<'v>(pub Option<&'v Value>, pub &'v Value);

impl fmt::Display for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match self.0.filter(|from| !from.is_null()) {
            Some(from) => write!(f, "{} → {}", text(from), text(self.1)),
            None => f.write_str(&text(self.1)),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContactCreated => write!(f, "contact created"),
            Self::TestStarted => write!(f, "is a test from here on"),
            Self::TestEnded => write!(f, "is no test any more"),
            Self::TestKept => write!(f, "in use: a test or not, as before"),
            Self::Archived => f.write_str("archived"),
            Self::Unarchived => f.write_str("archived no more"),
            Self::Deleted { until } => write!(f, "deleted; erased from {until}"),
            Self::Restored => f.write_str("restored"),
            Self::FieldSet { field, .. } => write!(f, "field {field} set"),
            Self::FieldKept { field, reason } => write!(f, "field {field} kept: {reason}"),
            Self::TagAdded { tag } => write!(f, "tag {tag} added"),
            Self::TagRemoved { tag } => write!(f, "tag {tag} removed"),
            Self::ListJoined { list } => write!(f, "list {list} joined"),
            Self::ListLeft { list } => write!(f, "list {list} left"),
            Self::ObjectMade { object, id, name } => {
                write!(f, "{object} {} created", name.as_deref().unwrap_or(id))
            }
            Self::ObjectChanged { object, id, attribute, from, to } => {
                write!(f, "{object} {id}: {attribute} {}", Values(from.as_ref(), to))
            }
            Self::ObjectKept { object, id, reason } => write!(f, "{object} {id} kept: {reason}"),
            Self::NoteAdded { text } => write!(f, "note: {text}"),
            Self::Mentioned { user } => write!(f, "mentions {user}"),
            Self::ObjectRemoved { object, id, name } => {
                write!(f, "{object} {} removed", name.as_deref().unwrap_or(id))
            }
            Self::GroupJoined { group } => write!(f, "group {group} joined"),
            Self::GroupLeft { group } => write!(f, "group {group} left"),
            Self::CardCreated { number: Some(number) } => write!(f, "loyalty card {number} created"),
            Self::CardCreated { number: None } => write!(f, "loyalty card created"),
            Self::LoyaltyChanged { unit, by, balance } => {
                write!(f, "loyalty {} {by:+}, balance {balance}", unit.as_str())
            }
            Self::Converted { conversion, value, currency, .. } => match (value, currency) {
                (Some(value), Some(currency)) => {
                    write!(f, "converted: {conversion}, {}", Money(*value, currency))
                }
                _ => write!(f, "converted: {conversion}"),
            },
            Self::Paid { amount, currency } if *amount < 0 => {
                write!(f, "refunded {}", Money(-amount, currency))
            }
            Self::Paid { amount, currency } => write!(f, "paid {}", Money(*amount, currency)),
            Self::DisturbOn { channel, by } => write!(f, "do not disturb: {channel}, by the {}", by.as_str()),
            Self::DisturbOff { channel, by, proof } => {
                write!(f, "may be disturbed again: {channel}, by the {}; {proof}", by.as_str())
            }
            Self::ScoreAdded { points, score } => write!(f, "{points:+} points, score {score}"),
            Self::ScoreExpired { score } => write!(f, "points expired, score {score}"),
            Self::ConsentGiven { channel, purpose } => write!(f, "consent given: {purpose} by {channel}"),
            Self::ConsentAsked { channel, purpose } => {
                write!(f, "consent to be confirmed: {purpose} by {channel}")
            }
            Self::ConsentWithdrawn { channel, purpose } => {
                write!(f, "consent withdrawn: {purpose} by {channel}")
            }
            Self::AddressSuppressed { channel, reason } => {
                write!(f, "address suppressed for {channel}: {reason}")
            }
            Self::LimitReached { limit } => write!(f, "limit reached: {limit}"),
            Self::MessageUnknown => write!(f, "names no message of this contact"),
            Self::VisitorKnown => f.write_str("browser known"),
            Self::ExternalKnown { external } => write!(f, "known as {external}"),
            Self::Merged { contact, .. } => write!(f, "{contact} merged into this contact"),
            Self::MergedInto { contact } => write!(f, "merged into {contact}"),
            Self::Parted { contact } => write!(f, "{contact} is a contact of its own again"),
            Self::CameBack => f.write_str("is a contact of its own again"),
            Self::Erased => f.write_str("erased"),
            Self::IdentityTaken { kind } => write!(f, "{kind} belongs to another contact"),
            _ => self.of_enrollment(f),
        }
    }
}

impl What {
    /// What came of an enrollment and of its messages.
    fn of_enrollment(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Enrolled { by, .. } => write!(f, "enrolled by {by}"),
            Self::Ignored { reason } => write!(f, "ignored: {reason}"),
            Self::Halted => write!(f, "halted: came back too often within a day"),
            Self::Decided { branch, .. } => write!(f, "decided: {branch}"),
            Self::Waiting { until } => write!(f, "waits until {until}"),
            Self::WaitingFor { event, until } => write!(f, "waits for {event} until {until}"),
            Self::Heard { event } => write!(f, "heard {event}"),
            Self::NextSkipped { reason } => write!(f, "the next step is left out: {reason}"),
            Self::StepSkipped { reason } => write!(f, "skipped: {reason}"),
            Self::SendPlanned { .. } => write!(f, "message planned"),
            Self::SendClaimed { attempt, .. } => write!(f, "message claimed, attempt {attempt}"),
            Self::Sent { .. } => write!(f, "message sent"),
            Self::CodeGivenBack { pool, code } => write!(f, "code {code} given back to {pool}"),
            Self::WebhookAnswered { status, .. } => write!(f, "the webhook answered {status}"),
            Self::SendSkipped { reason, .. } => write!(f, "message skipped: {reason}"),
            Self::SendHeld { until, reason, .. } => write!(f, "message held until {until}: {reason}"),
            Self::SendRefused { reason, again_at, .. } => {
                write!(f, "message refused: {reason}; again at {again_at}")
            }
            Self::SendGivenBack { .. } => write!(f, "message given back"),
            Self::SendFailed { reason, .. } => write!(f, "message failed: {reason}"),
            Self::SendUnknown { .. } => write!(f, "not known whether the message was sent"),
            Self::SendUnresolved { .. } => write!(f, "still not known whether the message was sent"),
            Self::Opened { class, .. } => write!(f, "message opened ({class})"),
            Self::Replied { .. } => write!(f, "message answered"),
            Self::SegmentEntered { segment } => write!(f, "segment {segment} entered"),
            Self::SegmentLeft { segment } => write!(f, "segment {segment} left"),
            Self::Asked => write!(f, "asked for it"),
            Self::Answered { answer } => write!(f, "got {answer}"),
            Self::ArmDrawn { test, arm } => write!(f, "test {test}: arm {arm}"),
            Self::ArmJudged { test, arm } => write!(f, "test {test}: arm {arm} reached what it is judged by"),
            Self::SentOn { reason, to, .. } => write!(f, "goes on at {to}: {reason}"),
            Self::GoalReached { goal } => write!(f, "goal reached: {goal}"),
            Self::Exited { reason, .. } => write!(f, "exited: {reason}"),
            Self::Completed { .. } => write!(f, "completed"),
            Self::Cancelled { reason, .. } => write!(f, "cancelled: {reason}"),
            Self::Interrupted { .. } => write!(f, "stands still"),
            Self::Resumed { turn: Some(turn), .. } => write!(f, "goes on, in turn at {turn}"),
            Self::Resumed { turn: None, .. } => write!(f, "goes on"),
            Self::WaitSkipped { .. } => write!(f, "the wait is skipped by hand"),
            Self::Rescheduled { until, .. } => write!(f, "waits until {until}, by hand"),
            Self::Moved { to, .. } => write!(f, "moved to {to} by hand"),
            Self::Migrated { .. } => write!(f, "goes over to another version"),
            Self::Reverted { .. } => write!(f, "goes back to the version before"),
            Self::CommandRefused { reason } => write!(f, "refused: {reason}"),
            Self::Failed { reason, .. } => write!(f, "failed: {reason}"),
            Self::LeftForLater { work } => write!(f, "{work} left for the next reaction"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.workflow, &self.step) {
            (Some(workflow), Some(step)) => write!(f, "{workflow}/{step}: {}", self.what),
            (Some(workflow), None) => write!(f, "{workflow}: {}", self.what),
            _ => write!(f, "{}", self.what),
        }
    }
}
