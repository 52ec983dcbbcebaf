//! `appointment: booked`, or `appointment: { calendar: showroom, state: attended }`: one of the contact's appointments.

use super::{Kind, owned};
use crate::contact::record::Sort;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "appointment",
    read: |node, _, problems| owned::read(Sort::Appointment, "state", node, problems),
};
