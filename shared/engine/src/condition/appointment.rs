//! `appointment: booked`, or `appointment: { calendar: showroom, state: attended }`: one of the contact's appointments.

use super::{Kind, owned};
use crate::contact::record::Sort;
use crate::workflow::shape::Shape;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "appointment",
    says: "One of the appointments is so.",
    shape: Shape::Owned(Sort::Appointment),
    read: |node, _, problems| owned::read(Sort::Appointment, "state", node, problems),
};
