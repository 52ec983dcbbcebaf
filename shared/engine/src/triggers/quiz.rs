//! `quiz: stile` fires when the contact completed that quiz; `{ quiz: stile, score: { at least: 7 } }` asks for its result.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static SPEC: Spec =
    Spec::new("quiz", "quiz.completed").asks("quiz", &["quiz", "score", "result"]).carries(&["quiz"]);

/// `quiz: …`
pub const KIND: Kind = Kind {
    key: "quiz",
    says: "A quiz was completed.",
    shape: Shape::Happened(&SPEC),
    read: |node, _, problems| SPEC.read(node, problems),
};
