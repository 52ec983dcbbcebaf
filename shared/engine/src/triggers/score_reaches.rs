//! `score reaches: 100` fires when the score goes from below to at least that; `score falls below: 50` when it goes from
//! at least that to below, also because points expire.

use super::Kind;
use super::crossing::{self, Way};
use crate::workflow::shape::Shape;

/// The type of the event.
pub const CHANGED: &str = "score.changed";

/// How it is written, upwards.
pub const KIND: Kind = Kind {
    key: "score reaches",
    says: "The score goes up to that.",
    shape: Shape::Whole,
    read: |node, _, problems| crossing::read("score reaches", CHANGED, Way::Up, node, problems),
};

/// And downwards.
pub const FALLS: Kind = Kind {
    key: "score falls below",
    says: "The score falls below that.",
    shape: Shape::Whole,
    read: |node, _, problems| crossing::read("score falls below", CHANGED, Way::Down, node, problems),
};
