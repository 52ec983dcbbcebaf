//! `score: { at least: 100 }` compares the score of the instant; it changes when points expire.

use crate::workflow::shape::Shape;
use serde_json::json;

use super::{Condition, Facets, Kind, Scope, Test, Verdict};
use crate::workflow::problem::Problems;
use crate::workflow::reader::MapReader;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind { key: "score", says: "The score of this instant.", shape: Shape::Tests, read };

#[derive(Debug)]
struct Score(Vec<Test>);

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    Some(Box::new(Score(Test::read(node, problems)?)))
}

impl Condition for Score {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        let truth = Test::ask_all(&self.0, Some(&json!(scope.contact.score(scope.now))));
        Verdict { truth, changes_at: scope.contact.state.score.next_expiry_after(scope.now) }
    }

    fn facets(&self) -> Facets {
        Facets::SCORE
    }
}
