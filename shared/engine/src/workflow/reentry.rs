//! `reentry:` says whether a person may enter more than once: `never`, `always`, or a map of `after`, `at most` and
//! `while inside`.

use super::problem::Problems;
use super::program::{Inside, Reentry};
use super::reader::MapReader;
use crate::yaml::{self, Node};

impl Reentry {
    /// Once for ever.
    pub const NEVER: Self = Self { again: false, after: None, at_most: None, inside: Inside::Ignore };
    /// Whenever not inside.
    pub const ALWAYS: Self = Self { again: true, ..Self::NEVER };
}

pub(super) fn read(node: &Node, problems: &mut Problems) -> Option<Reentry> {
    match node.as_text() {
        Some("never") => return Some(Reentry::NEVER),
        Some("always") => return Some(Reentry::ALWAYS),
        Some(_) => {
            let message = "`reentry:` is `never`, `always` or a map such as `{ after: 30 days }`";
            problems.error(node.place, "reentry.unknown", message);
            return None;
        }
        None => {}
    }
    let mut map = MapReader::open(node, "`reentry:`", problems)?;
    let after = map.duration("after", problems);
    let at_most = map.get("at most").map(|node| (node, &node.value));
    let inside = map.get("while inside").map(|node| (node, node.as_text()));
    map.finish(&["after", "at most", "while inside"], problems);
    let at_most = match at_most {
        None => None,
        Some((_, yaml::Value::Int(times))) if (1..=1_000_000).contains(times) => u32::try_from(*times).ok(),
        Some((node, _)) => {
            problems.error(
                node.place,
                "reentry.at_most",
                "`at most:` is how often in all, a whole number from 1",
            );
            None
        }
    };
    let inside = match inside {
        None | Some((_, Some("ignore"))) => Inside::Ignore,
        Some((_, Some("restart"))) => Inside::Restart,
        Some((_, Some("queue"))) => Inside::Queue,
        Some((node, _)) => {
            let message =
                "`while inside:` is `ignore`, `restart` or `queue`; several at once need an `entity:`";
            problems.error(node.place, "reentry.inside", message);
            Inside::Ignore
        }
    };
    Some(Reentry { again: true, after, at_most, inside })
}
