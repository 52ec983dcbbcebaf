//! What makes a person enter a workflow. Adding a trigger: one file here, one line in [`KINDS`].

mod appointment;
mod becomes_true;
pub(crate) mod cart_abandoned;
mod changed;
mod chatbot;
mod contact_created;
mod conversion;
mod coupon;
mod crossing;
pub(crate) mod date;
mod deal;
mod email;
mod event;
pub mod form;
mod group;
mod happened;
mod invoice;
mod landing_page;
mod list;
mod loyalty;
mod mentioned;
mod offer;
mod page_visited;
mod plan;
mod purchase;
mod quiz;
mod quote;
pub mod schedule;
pub(crate) mod score_reaches;
mod segment;
mod sms;
pub mod started;
mod tag;
mod task;
mod whatsapp;

pub use happened::Spec;

use std::fmt;

use serde_json::{Map, Value};

use crate::calendar::{DateField, Duration};
use crate::condition::{Predicate, Truth};
use crate::definitions::Definitions;
use crate::ids::StandingId;
use crate::pipeline::Named;
use crate::react::Label;
use crate::schedule::Schedule;
use crate::workflow::check::NO_SEGMENT;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, closest};
use crate::workflow::shape::Shape;
use crate::yaml::{Node, Place};

/// One kind of trigger.
pub trait Trigger: fmt::Debug + Send + Sync {
    /// The type of the events that it looks at.
    fn listens(&self) -> &str;
    /// Whether this event of that type fires it.
    fn fires(&self, data: &Map<String, Value>) -> Truth;
    /// Whether it fires for what happened when nobody knew yet whose doing it was.
    fn takes_before_known(&self) -> bool {
        false
    }
    /// What must hold of the contact besides, after the event was counted.
    fn also(&self) -> Option<&Predicate> {
        None
    }
    /// Whether the events of this trigger carry a value at `path`; none if that can't be told beforehand.
    fn provides(&self, _path: &str, _definitions: &Definitions) -> Option<bool> {
        None
    }
    /// What an event that fires it carries, for trying the workflow out.
    fn sample(&self) -> Map<String, Value> {
        Map::new()
    }
    /// Whether such an event may bring the consent that marketing by e-mail needs.
    fn grants_marketing(&self, _definitions: &Definitions) -> bool {
        false
    }
    /// The condition that it waits to become true, and its name.
    fn becomes(&self) -> Option<(&StandingId, &Predicate)> {
        None
    }
    /// The date of the contact that it waits for.
    fn date(&self) -> Option<&DateField> {
        None
    }
    /// The time of its own at which it has people enter.
    fn schedule(&self) -> Option<&Schedule> {
        None
    }
    /// The tags and lists that it names.
    fn labels(&self) -> Vec<(Label, &str)> {
        Vec::new()
    }
    /// What it asks of deals.
    fn deals(&self) -> Option<Named> {
        None
    }
    /// How long a cart stands before this looks at it.
    fn cart_delay(&self) -> Option<Duration> {
        None
    }
    /// Checks what the trigger names against what the account has.
    fn check(&self, _place: Place, _definitions: &Definitions, _problems: &mut Problems) {}
}

/// How a kind of trigger is written: its key, and how it is read from there.
pub struct Kind {
    /// The key that introduces it.
    pub key: &'static str,
    /// What it means, for whoever writes one.
    pub says: &'static str,
    /// What may stand behind its key.
    pub shape: Shape,
    /// Reads it from its value and the keys beside it.
    pub read: for<'d> fn(&'d Node, &mut MapReader<'d>, &mut Problems) -> Option<Box<dyn Trigger>>,
}

/// Every kind of trigger.
pub const KINDS: &[&Kind] = &[
    &appointment::ATTENDED,
    &appointment::BOOKED,
    &appointment::CANCELLED,
    &appointment::MISSED,
    &appointment::MOVED,
    &becomes_true::FIELD_VALUE,
    &becomes_true::KIND,
    &becomes_true::NO_ACTIVITY,
    &cart_abandoned::KIND,
    &changed::LIFECYCLE,
    &changed::OWNER,
    &changed::STATUS,
    &chatbot::KIND,
    &contact_created::KIND,
    &conversion::KIND,
    &coupon::EXPIRED,
    &coupon::ISSUED,
    &coupon::REDEEMED,
    &coupon::VIEWED,
    &date::KIND,
    &deal::CREATED,
    &deal::STAGE,
    &deal::STATUS,
    &email::BOUNCED,
    &email::CLICKED,
    &email::COMPLAINED,
    &email::DELIVERED,
    &email::NOT_DELIVERED,
    &email::OPENED,
    &email::REPLIED,
    &email::SENT,
    &email::UNSUBSCRIBED,
    &event::KIND,
    &form::KIND,
    &form::ASKED,
    &group::JOINED,
    &group::LEFT,
    &invoice::CREATED,
    &invoice::STATE,
    &landing_page::KIND,
    &list::JOINED,
    &list::LEFT,
    &loyalty::AMOUNT_ADDED,
    &loyalty::AMOUNT_FALLS,
    &loyalty::AMOUNT_REACHES,
    &loyalty::AMOUNT_SPENT,
    &loyalty::CARD,
    &loyalty::EXPIRING,
    &loyalty::POINTS_ADDED,
    &loyalty::POINTS_FALL,
    &loyalty::POINTS_REACH,
    &loyalty::POINTS_SPENT,
    &loyalty::REWARD,
    &mentioned::KIND,
    &offer::GRANTED,
    &offer::REVOKED,
    &page_visited::KIND,
    &plan::CANCELLED,
    &plan::RENEWED,
    &plan::REQUESTED,
    &plan::STARTED,
    &purchase::ORDER,
    &purchase::PAYMENT,
    &purchase::PURCHASE,
    &purchase::REFUND,
    &quiz::KIND,
    &quote::CREATED,
    &quote::STAGE,
    &quote::STATE,
    &schedule::EVERY,
    &schedule::ON_DATE,
    &schedule::RRULE,
    &score_reaches::FALLS,
    &score_reaches::KIND,
    &segment::ENTERED,
    &segment::LEFT,
    &sms::CLICKED,
    &sms::DELIVERED,
    &sms::NOT_DELIVERED,
    &sms::REPLIED,
    &sms::SENT,
    &sms::STOPPED,
    &started::KIND,
    &tag::ADDED,
    &tag::REMOVED,
    &task::COMPLETED,
    &task::CREATED,
    &whatsapp::CLICKED,
    &whatsapp::DELIVERED,
    &whatsapp::NOT_DELIVERED,
    &whatsapp::OPENED,
    &whatsapp::REPLIED,
    &whatsapp::SENT,
    &whatsapp::STOPPED,
];

/// Whether there is a segment of that name.
pub(crate) fn check_segment(name: &str, place: Place, definitions: &Definitions, problems: &mut Problems) {
    if definitions.segments.contains_key(name) {
        return;
    }
    let known: Vec<&str> = definitions.segments.keys().map(AsRef::as_ref).collect();
    let hint = closest(name, &known).map_or_else(
        || "define it first, with PUT /v1/segments/…".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    problems.error(place, NO_SEGMENT, format!("there is no segment `{name}`; {hint}"));
}
