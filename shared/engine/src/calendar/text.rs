//! Values that are written as one text, such as `09:00` or `3 days before`: why one could not be read, and
//! how it is read from a document.

use std::str::FromStr;

use crate::workflow::problem::Problems;
use crate::yaml::{Node, Value};

/// Why a text could not be read, for its author: what is wrong and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub(super) String);

/// Reads a value that is written as one text; `example` shows one in the message if it is no text at all.
pub(super) fn read<T: FromStr<Err = Unreadable>>(
    node: &Node,
    code: &'static str,
    example: &str,
    problems: &mut Problems,
) -> Option<T> {
    let text = match &node.value {
        Value::Text(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        _ => {
            problems.error(node.place, code, format!("write {example} here, not {}", node.kind()));
            return None;
        }
    };
    text.parse().map_err(|why: Unreadable| problems.error(node.place, code, why.to_string())).ok()
}

/// A value that is stored as the text that its author would write.
macro_rules! stored_as_text {
    ($($kind:ty),+) => {$(
        impl TryFrom<String> for $kind {
            type Error = $crate::calendar::Unreadable;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$kind> for String {
            fn from(value: $kind) -> Self {
                value.to_string()
            }
        }
    )+};
}

pub(super) use stored_as_text;
