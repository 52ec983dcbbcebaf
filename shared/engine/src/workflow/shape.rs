//! What may stand at a place of a document: enough for an editor to complete and check, and to tell its author what it
//! means. The readers know more; what they take, a shape takes too.

use crate::contact::record::Sort;
use crate::triggers::Spec;

/// What may stand somewhere.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A text.
    Text,
    /// A text, or several in a list.
    Texts,
    /// A text, a number, or yes or no; a text may have merge fields.
    Value,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// Whatever there is.
    Any,
    /// Nothing: `null`.
    Nothing,
    /// A length of time.
    Length,
    /// Yes or no.
    YesNo,
    /// One of these words.
    Words(&'static [&'static str]),
    /// What a value is compared with.
    Tests,
    /// A condition.
    Condition,
    /// An event or a condition that is waited for, and for how long.
    Waited,
    /// A trigger.
    Trigger,
    /// A list of steps.
    Steps,
    /// A send window.
    Window,
    /// A map of these keys.
    Map(&'static [Field]),
    /// A map of any keys.
    Open(&'static Shape),
    /// One, or several in a list.
    Several(&'static Shape),
    /// One, or a list of any length, also of none.
    Listed(&'static Shape),
    /// One of several.
    Either(&'static [Shape]),
    /// With these keys beside it.
    Beside(&'static Shape, &'static [Field]),
    /// What is asked of an event.
    Happened(&'static Spec),
    /// What is asked of what belongs to the contact, and what a word alone is compared with.
    Owned(Sort),
}

/// A key of a map.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// What it says.
    pub says: &'static str,
    /// What may stand there.
    pub shape: Shape,
    /// Whether it must be there.
    pub needed: bool,
}

impl Field {
    /// One that may be there.
    pub const fn may(name: &'static str, shape: Shape, says: &'static str) -> Self {
        Self { name, says, shape, needed: false }
    }

    /// One that must be there.
    pub const fn must(name: &'static str, shape: Shape, says: &'static str) -> Self {
        Self { name, says, shape, needed: true }
    }
}
