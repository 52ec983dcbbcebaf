//! A segment as its author writes it: a name for people, and who is a member.

use std::sync::Arc;

use crate::condition::Predicate;
use crate::ids::{base32, digest};
use crate::workflow::problem::{Problem, Problems};
use crate::workflow::reader::MapReader;
use crate::yaml::{self, Limits, Node, Place};

/// A segment that could be read.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// Its name for people, if it says one.
    pub name: Option<Arc<str>>,
    /// Who is a member.
    pub condition: Predicate,
    /// The hash of the condition.
    pub version: Arc<str>,
}

/// Reads `{ name: …, who: { tag: vip } }`.
///
/// # Errors
/// What is wrong with it, each with its place.
pub fn compile(source: &str) -> Result<Compiled, Vec<Problem>> {
    let mut problems = Problems::default();
    let top = Place { line: 1, column: 1 };
    let limits = Limits { bytes: crate::limits::FIELD_BYTES * 100, ..Limits::default() };
    let root = match yaml::parse(source, &limits) {
        Ok(mut documents) if documents.len() == 1 => Some(documents.remove(0)),
        Ok(_) => {
            problems.error(top, "segment.one", "a segment is one document, such as `who: { tag: vip }`");
            None
        }
        Err(error) => {
            problems.error(error.place, error.code, error.message);
            None
        }
    };
    let read = root.as_ref().and_then(|root| read(root, &mut problems));
    match read.filter(|_| !problems.has_errors()) {
        Some(compiled) => Ok(compiled),
        None => Err(problems.into_sorted()),
    }
}

fn read(root: &Node, problems: &mut Problems) -> Option<Compiled> {
    let mut map = MapReader::open(root, "a segment", problems)?;
    let name = map.text("name", problems).map(Into::into);
    let who = map.need("who", problems);
    map.finish(&["name", "who"], problems);
    let who = who?;
    let condition = Predicate::read(who, problems)?;
    if !condition.event_paths().is_empty() {
        problems.error(who.place, "segment.event", "a segment can't ask for `data.…`: there is no event");
    }
    let version = base32(&digest(&["segment", &yaml::canonical(who)]), 20).into();
    Some(Compiled { name, condition, version })
}
