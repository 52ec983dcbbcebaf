//! `react`: what an input does to a contact. Pure, total, deterministic. It lets time pass up to `now`, applies the
//! input, follows its own consequences within a budget, and returns it all at once, for one commit.

mod apply;
mod asks;
mod carts;
mod commands;
mod coupons;
mod dates;
mod enroll;
mod gate;
mod hide;
mod hours;
mod input;
mod life;
mod mail;
mod memory;
mod merge;
mod notice;
mod objects;
mod run;
mod schedules;
mod sends;
pub mod standing;
mod time;
mod turn;
mod visit;
mod watch;

use std::collections::BTreeMap;

pub use apply::ADDRESS_HASH;
pub use commands::{
    LEAVE, MIGRATE, MOVE_TO, MOVE_WAITS, NOT_DOUBLE, REMOVE, RESCHEDULE, REVERT, SKIP_WAIT, is_command,
};
pub use enroll::would_fire;
pub use input::{Input, Outcome};
pub use merge::{cannot_merge, cannot_part};
pub use objects::{Cause, IMPORT, IMPORTED, Label, Put, UNDONE, Undo, check_event};
pub use turn::Turn;
pub use visit::Visit;

use crate::contact::Contact;
use crate::contact::consent::{Recipient, Suppression};
use crate::contact::gone::Whole;
use crate::contact::send::Sent;
use crate::definitions::Definitions;
use crate::ids::{SendId, VersionId};
use crate::limits;
use crate::time::Instant;
use crate::timeline::Entry;

/// What a reaction makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// The contact as it is from now on, at the next revision.
    pub contact: Contact,
    /// The row of the timeline.
    pub entry: Entry,
    /// Accepted sends whose rows are new or changed.
    pub sent: BTreeMap<SendId, Sent>,
    /// Addresses that are not written to any more, with the reason.
    pub suppressed: Vec<(Recipient, Suppression)>,
    /// What another contact is again that was parted from this one.
    pub parted: Option<Box<Whole>>,
    /// Whether the event stands in the record of the message of which it speaks, so that it needs no receipt.
    pub remembered: bool,
    /// False if nothing changed, so that nothing need be committed.
    pub changed: bool,
}

/// Rows beside the contact that a reaction asked for, as they are stored; none where there is no such row.
pub type Rows = BTreeMap<SendId, Option<Sent>>;

/// Why there is no reaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Something must be loaded first; then call again.
    Need(Need),
    /// The contact reacted with newer definitions before: load them and call again.
    StaleDefinitions {
        /// The number that it reacted with.
        seen: u64,
    },
    /// The agenda is full; the event has to wait in its queue.
    Busy,
}

/// What a reaction must have in order to go on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The row of an accepted send, or the certainty that there is none.
    Sent(SendId),
    /// A version of a workflow to which an enrollment is pinned.
    Program(VersionId),
}

/// Lets `input` happen to `contact` at `now`.
///
/// # Errors
/// A refusal says what must be loaded, or done, before the same call can succeed; nothing has happened.
pub fn react(
    definitions: &Definitions,
    contact: &Contact,
    input: &Input,
    now: Instant,
    rows: &Rows,
) -> Result<Reaction, Refusal> {
    if definitions.number < contact.state.definitions {
        return Err(Refusal::StaleDefinitions { seen: contact.state.definitions });
    }
    let now = now.max(contact.state.last_now);
    let mut turn = Turn::begin(definitions, contact, now, rows);
    turn.take(input).map_err(Refusal::Need)?;
    let reaction = turn.finish(contact, input);
    let agenda = &reaction.contact.state.agenda;
    if !agenda.is_empty() && matches!(input, Input::Event { .. }) {
        let bytes = serde_json::to_string(agenda).map_or(0, |text| text.len());
        if bytes > limits::AGENDA_BYTES {
            return Err(Refusal::Busy);
        }
    }
    Ok(reaction)
}
