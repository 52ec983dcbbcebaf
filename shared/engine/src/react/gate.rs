//! The send gate: run at the last moment, inside the contact's serial order. The first no gives the reason.

use super::Turn;
use crate::contact::consent::{MARKETING, Suppression};
use crate::contact::send::{Class, MAX_LATENESS, Send};
use crate::ids::SendId;
use crate::message;
use crate::workflow::program::Program;

/// What the gate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// Hand it over.
    Send,
    /// Don't, for this reason, and go on.
    Skip(&'static str),
}

/// Asks every question in order.
pub(super) fn check(
    turn: &Turn<'_>,
    program: &Program,
    id: &SendId,
    send: &Send,
    suppression: Option<Suppression>,
) -> Gate {
    if !turn.contact.state.holds(id, send) {
        return Gate::Skip("enrollment_moved_on");
    }
    if !turn.definitions.workflows.contains_key(&send.workflow) {
        return Gate::Skip("workflow_not_active");
    }
    let to_contact = send.class != Class::Internal;
    match suppression.filter(|_| to_contact) {
        Some(Suppression::Bounce) => return Gate::Skip("suppressed_bounce"),
        Some(Suppression::Complaint) => return Gate::Skip("suppressed_complaint"),
        Some(Suppression::OptOut) if send.class == Class::Marketing => return Gate::Skip("opted_out"),
        Some(Suppression::OptOut) | None => {}
    }
    if turn.contact.profile.objects.disturb.refuses(send.channel, send.class) {
        return Gate::Skip("do_not_disturb");
    }
    if send.class == Class::Marketing && !turn.contact.profile.has_consent(send.channel, MARKETING) {
        return Gate::Skip("no_consent");
    }
    if to_contact && turn.now.since(send.planned_for) > MAX_LATENESS {
        return Gate::Skip("late");
    }
    match message::compose(turn.definitions, program, &turn.contact, send, turn.now, "") {
        Ok(_) => Gate::Send,
        Err(reason) => Gate::Skip(reason),
    }
}
