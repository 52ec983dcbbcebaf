//! What happened in a browser of which nobody knows whose it is: `vis/<hash of its name>`, `<when>/<which>`. Attached when
//! that is known, else forgotten after 30 days.

use super::{KindInfo, Personal};
use crate::codec::Kind;
use crate::table::Key;
use flusso_engine::contact::identity::Identity;
use flusso_engine::event::Event;
use flusso_engine::time::Millis;

/// What the catalogue says of it.
pub const INFO: KindInfo = KindInfo { name: "visit", prefix: "vis/", personal: Personal::Derived };

/// How long it is kept.
pub const KEPT: Millis = Millis::hours(30 * 24);

/// The kind of row.
#[derive(Clone, Copy, Debug)]
pub struct VisitRow;

impl Kind for VisitRow {
    type Value = Event;
    const FORMAT: u16 = 1;
}

/// All that happened in a browser, in order.
pub fn partition(visitor: &str) -> String {
    format!("vis/{}", Identity::Visitor(visitor.to_owned()).hash())
}

/// Where it lives: the same event always at the same place.
pub fn key(visitor: &str, event: &Event) -> Key {
    Key::new(partition(visitor), format!("{:015}/{}", event.occurred_at.millis().max(0), event.mark()))
}
