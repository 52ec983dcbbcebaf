//! The send gate: run at the last moment, inside the contact's serial order. The first no gives the reason.

use super::Turn;
use super::standing::later;
use crate::calendar;
use crate::condition::Truth;
use crate::contact::consent::{ADVERTISING, Channel, MARKETING, Suppression};
use crate::contact::disturb::Reach;
use crate::contact::send::{Class, MAX_LATENESS, Send, Via};
use crate::ids::SendId;
use crate::message::{self, Content, Links};
use crate::time::Instant;
use crate::workflow::program::Program;
use crate::workflow::settings::{Cap, Over};

/// Why a notification waits for its colleague.
pub(super) const QUIET_HOURS: &str = "quiet_hours";

/// What the gate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// Hand it over.
    Send,
    /// Ask again at this instant: for which reason, and which opening of the window.
    Hold(Instant, &'static str, Option<Instant>),
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
    if turn.contact.is_deleted() {
        return Gate::Skip("deleted");
    }
    if !send.waits_for_colleague() && !turn.contact.state.holds(id, send) {
        return Gate::Skip("enrollment_moved_on");
    }
    if !turn.definitions.workflows.contains_key(&send.workflow) {
        return Gate::Skip("workflow_not_active");
    }
    if send.channel == Via::Audience
        && let Some(reason) = to_audience(turn, program, send)
    {
        return Gate::Skip(reason);
    }
    if send.class != Class::Internal
        && let Some(answer) = to_contact(turn, program, send, suppression)
    {
        return answer;
    }
    if let Some(answer) = to_colleague(turn, send) {
        return answer;
    }
    let is_test = turn.contact.profile.test;
    match message::compose(turn.definitions, program, &turn.contact, send, turn.now, &Links::default()) {
        Ok(message) if is_test && !turn.definitions.account.tests.reaches(&message.to) => {
            Gate::Skip("test_address")
        }
        Ok(_) => Gate::Send,
        Err(reason) => Gate::Skip(reason),
    }
}

/// Why nothing about the contact may be given to an advertiser; that they leave a list of theirs may always be said.
fn to_audience(turn: &Turn<'_>, program: &Program, send: &Send) -> Option<&'static str> {
    let content = program.step(&send.step).and_then(|at| program.steps[at].step.content());
    if !matches!(content, Some(Content::Audience { joins: true, .. })) {
        return None;
    }
    let profile = &turn.contact.profile;
    if profile.objects.disturb.block(Reach::All).is_some() {
        return Some("do_not_disturb");
    }
    let agreed = Channel::ALL.into_iter().any(|channel| profile.has_consent(channel, ADVERTISING));
    (!agreed).then_some("no_consent")
}

/// What is asked of a notification: whether the colleague may be told now. None if nothing is against it.
fn to_colleague(turn: &Turn<'_>, send: &Send) -> Option<Gate> {
    let hours = turn.colleague_hours(&send.fixed.as_ref()?.to)?;
    let may_go = match send.opening {
        Some(opening) => hours.may_go(opening, turn.now),
        None => hours.is_open(turn.now),
    };
    if may_go {
        return None;
    }
    Some(match Turn::told_at(&hours, &send.enrollment, turn.now) {
        Some(release) => Gate::Hold(later(release.at, turn.now), QUIET_HOURS, Some(release.opening)),
        None => Gate::Skip("quiet_hours_never_end"),
    })
}

/// What is asked of a message to the contact; none if nothing is against it.
fn to_contact(
    turn: &Turn<'_>,
    program: &Program,
    send: &Send,
    suppression: Option<Suppression>,
) -> Option<Gate> {
    let (settings, now) = (&program.settings, turn.now);
    let marketing = send.class == Class::Marketing;
    match suppression {
        Some(Suppression::Bounce) => return Some(Gate::Skip("suppressed_bounce")),
        Some(Suppression::Complaint) => return Some(Gate::Skip("suppressed_complaint")),
        Some(Suppression::OptOut) if marketing => return Some(Gate::Skip("opted_out")),
        Some(Suppression::OptOut) | None => {}
    }
    let channel = send.channel.channel()?;
    if turn.contact.profile.objects.disturb.refuses(channel, send.class) {
        return Some(Gate::Skip("do_not_disturb"));
    }
    if marketing && !turn.contact.profile.has_consent(channel, MARKETING) {
        return Some(Gate::Skip("no_consent"));
    }
    let enrollment = turn.contact.state.enrollments.get_key_value(&send.enrollment);
    let wanted =
        |condition: &crate::condition::Predicate| condition.eval(&turn.scope(enrollment)).truth == Truth::Yes;
    if settings.recipients.as_ref().is_some_and(|condition| !wanted(condition)) {
        return Some(Gate::Skip("not_a_recipient"));
    }
    let ends = settings.messages_until.into_iter().chain(settings.ends_at).min();
    if ends.is_some_and(|ends| now >= ends) {
        return Some(Gate::Skip("expired"));
    }
    let lateness =
        settings.lateness.map(|lateness| calendar::add(send.planned_for, lateness, &turn.definitions.zone));
    if now > lateness.unwrap_or(send.planned_for + MAX_LATENESS) {
        return Some(Gate::Skip("late"));
    }
    let hold = |at: Instant, why| {
        let at = later(at, now);
        Some(if ends.is_some_and(|ends| at >= ends) {
            Gate::Skip("expired")
        } else {
            Gate::Hold(at, why, None)
        })
    };
    if turn.contact.profile.test {
        return None;
    }
    if let Some(from) = settings.messages_from.filter(|from| now < *from) {
        return hold(from, "messages_not_open");
    }
    if let Some(hours) = turn.hours(program, send.class) {
        let may_go = match send.opening {
            Some(opening) => hours.may_go(opening, now),
            None => hours.is_open(now),
        };
        if !may_go {
            return match Turn::release_at(&hours, program, &send.enrollment, now) {
                Some(release) => Some(Gate::Hold(later(release.at, now), "window", Some(release.opening))),
                None => Some(Gate::Skip("window_never_opens")),
            };
        }
    }
    if marketing {
        let full =
            turn.definitions.account.caps.iter().chain(&settings.caps).find_map(|cap| room(turn, cap, send));
        if let Some(room_at) = full {
            return match settings.over {
                Over::Skip => Some(Gate::Skip("capped")),
                Over::Hold => hold(room_at, "capped"),
            };
        }
    }
    None
}

/// When there is room for one more message under a cap; none if there is now. What was claimed and not settled counts
/// as if it went when it was claimed.
fn room(turn: &Turn<'_>, cap: &Cap, send: &Send) -> Option<Instant> {
    let (state, now) = (&turn.contact.state, turn.now);
    let counts = |channel| cap.channel.is_none_or(|only| only == channel);
    let goes = |send: &Send| send.channel.channel().is_some_and(counts);
    if !goes(send) {
        return None;
    }
    let leaves = |at: Instant| calendar::leaves_window(at, cap.per, &turn.definitions.zone);
    let accepted = state.accepted.iter().filter(|(channel, _)| counts(**channel));
    let open = state.sends.values().filter(|open| open.class == Class::Marketing && goes(open));
    let claimed = open.filter_map(|open| open.phase.claimed_at());
    let went = accepted.flat_map(|(_, ring)| ring.instants()).chain(claimed);
    let mut leaving: Vec<Instant> = went.map(leaves).filter(|leaves| *leaves > now).collect();
    if leaving.len() < cap.most {
        return None;
    }
    leaving.sort_unstable();
    // So many have to leave before there is room.
    leaving.get(leaving.len() - cap.most).copied()
}
