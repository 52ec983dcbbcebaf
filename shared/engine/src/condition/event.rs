//! `event: order.completed, at least: 3, within: 90 days` counts events by their last instants. Without `within` it
//! counts for ever, without `at least` one is enough. Unknown where the ring does not reach back far enough.

use super::test::number;
use super::{Condition, Facets, Kind, Predicate, RingSpec, Scope, Truth, Verdict};
use crate::calendar::{self, Duration};
use crate::ids::{RingId, base32, digest};
use crate::limits;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, text};
use crate::workflow::shape::{Field, Shape};
use crate::yaml::{Node, canonical};

/// How it is written.
pub const KIND: Kind = Kind {
    key: "event",
    says: "An event happened, so often, within a time.",
    shape: Shape::Beside(
        &Shape::Text,
        &[
            Field::may("at least", Shape::Whole, "How often."),
            Field::may("within", Shape::Length, "Within what."),
            Field::may("where", Shape::Condition, "Which of these events."),
        ],
    ),
    read,
};

#[derive(Debug)]
struct Happened {
    ring: RingSpec,
    within: Option<Duration>,
}

fn read<'d>(node: &'d Node, map: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    let least = map.get("at least");
    let within = map.duration("within", problems);
    let filter_node = map.get("where");
    let filter = filter_node.map_or(Some(Predicate::ALWAYS), |node| Predicate::read(node, problems))?;
    let kind = text(node, "event", problems)?;
    let keep = least.map_or(Some(1), |least| count(least, "at least", problems))?;
    let ring = ring(kind, &filter_node.map(canonical).unwrap_or_default(), filter, keep);
    Some(Box::new(Happened { ring, within }))
}

/// How often something must have happened; `key` is where it is written.
fn count(node: &Node, key: &str, problems: &mut Problems) -> Option<usize> {
    let least = number(node, problems)?;
    #[expect(clippy::cast_precision_loss, reason = "a small constant")]
    let most = limits::RING_KEEP as f64;
    if least.fract() != 0.0 || !(1.0..=most).contains(&least) {
        problems.error(node.place, "event.count", format!("`{key}:` is a whole number from 1 to {most}"));
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked just above")]
    Some(least as usize)
}

/// That an event of a kind that passes a filter (`written` is its text) happened as often as `times` says.
pub fn often(
    kind: &str,
    written: &str,
    filter: Predicate,
    times: &Node,
    within: Option<Duration>,
    problems: &mut Problems,
) -> Option<std::sync::Arc<dyn Condition>> {
    let ring = ring(kind, written, filter, count(times, "times", problems)?);
    Some(std::sync::Arc::new(Happened { ring, within }))
}

/// The ring of the last `keep` events of a kind that pass a filter; `written` is the filter's canonical text.
pub fn ring(kind: &str, written: &str, filter: Predicate, keep: usize) -> RingSpec {
    let id = base32(&digest(&["ring", kind, written, &keep.to_string()]), 12);
    RingSpec { id: RingId::new(id), kind: kind.to_owned(), filter, keep }
}

/// That an event of a kind happened at least once within a time.
pub fn happened(kind: &str, within: Duration) -> Predicate {
    let ring = ring(kind, "", Predicate::ALWAYS, 1);
    Predicate::One(std::sync::Arc::new(Happened { ring, within: Some(within) }))
}

impl Condition for Happened {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        let newest =
            scope.contact.state.rings.get(&self.ring.id).and_then(|ring| ring.newest(self.ring.keep));
        if let Some(kth) = newest {
            let Some(within) = self.within else { return Verdict::steady(Truth::Yes) };
            let leaves = calendar::leaves_window(kth, within, scope.zone);
            if scope.now < leaves {
                return Verdict { truth: Truth::Yes, changes_at: Some(leaves) };
            }
        }
        // Fewer than K, or too long ago. Is that the whole truth?
        let Some(known) = scope.rings.get(&self.ring.id) else { return Verdict::steady(Truth::Unknown) };
        if scope.contact.profile.created_at >= known.since || newest.is_some_and(|kth| kth >= known.since) {
            // The ring saw the contact's whole life; or it is full of what it saw, so nothing newer is missing.
            return Verdict::steady(Truth::No);
        }
        match self.within.map(|within| calendar::leaves_window(known.since, within, scope.zone)) {
            Some(whole) if scope.now >= whole => Verdict::steady(Truth::No),
            Some(whole) => Verdict { truth: Truth::Unknown, changes_at: Some(whole) },
            None => Verdict::steady(Truth::Unknown),
        }
    }

    fn unknown(&self) -> Vec<String> {
        vec![format!("past with `{}`", self.ring.kind)]
    }

    fn facets(&self) -> Facets {
        Facets::EVENTS
    }

    fn rings(&self) -> Vec<RingSpec> {
        vec![self.ring.clone()]
    }
}
