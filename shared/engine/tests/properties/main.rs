//! What must hold of every contact, whatever is defined and whatever happens. A seed or a history that ever failed
//! becomes a named case in `known.rs`.

#![expect(clippy::unwrap_used, reason = "a test that can't go on should stop")]

#[path = "../../../../tests/src/drawn/mod.rs"]
mod drawn;
mod generate;
mod kept;
mod known;
mod limits;
mod order;
mod person;
mod predicates;
mod sends;
mod time;
mod total;
