//! `segment: clienti-attivi` holds for the members of that smart list; a list of names means one of them is enough.

use super::{Condition, Facets, Kind, Scope, Truth, Verdict};
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, texts};
use crate::workflow::shape::Shape;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind =
    Kind { key: "segment", says: "Is a member of one of these smart lists.", shape: Shape::Texts, read };

#[derive(Debug)]
struct Member(Vec<String>);

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    Some(Box::new(Member(texts(node, "segment", problems)?)))
}

impl Condition for Member {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        let one = |name: &String| {
            if !scope.segments.contains_key(name.as_str()) {
                return Truth::Unknown;
            }
            scope.contact.state.is_member(name).into()
        };
        let answers: Vec<Truth> = self.0.iter().map(one).collect();
        let truth = if answers.contains(&Truth::Yes) {
            Truth::Yes
        } else if answers.contains(&Truth::Unknown) {
            Truth::Unknown
        } else {
            Truth::No
        };
        // Time changes the segment itself, and that is an edge of its own.
        Verdict::steady(truth)
    }

    fn facets(&self) -> Facets {
        Facets::SEGMENTS
    }

    fn segments(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}
