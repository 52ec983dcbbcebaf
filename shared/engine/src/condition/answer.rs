//! `answer: { step: check, status: 200, body.price: { at least: 100 } }`: what a webhook of an earlier step of this
//! enrollment answered. Unknown where none answered, or the answer has no such value.

use super::{Condition, Facets, Kind, Scope, Test, Truth, Verdict, value_at};
use crate::workflow::problem::Problems;
use crate::workflow::reader::MapReader;
use crate::workflow::shape::Shape;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "answer",
    says: "What the webhook of that step answered in this enrollment: its `status:`, and values such as `body.price:`.",
    shape: Shape::Open(&Shape::Tests),
    read,
};

#[derive(Debug)]
struct Answer {
    step: String,
    /// Paths into what is kept of the step, such as `body.price`.
    tests: Vec<(String, Vec<Test>)>,
}

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    let mut map = MapReader::open(node, "`answer:`", problems)?;
    let step = map.need_text("step", problems).map(str::to_owned);
    let mut tests = Vec::new();
    for (path, place, value) in map.take_rest() {
        if path != "status" && path != "body" && !path.starts_with("body.") {
            let message = format!("an answer has a `status:` and values such as `body.price:`, no `{path}:`");
            problems.error(place, "answer.path", message);
            continue;
        }
        tests.push((path.to_owned(), Test::read(value, problems)?));
    }
    if tests.is_empty() {
        problems.error(
            node.place,
            "answer.path",
            "`answer:` compares a `status:` or a value such as `body.price:`",
        );
        return None;
    }
    Some(Box::new(Answer { step: step?, tests }))
}

impl Condition for Answer {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        let kept = scope.enrollment.and_then(|(_, enrollment)| enrollment.vars.get("steps"));
        let kept = kept.and_then(|steps| steps.get(&self.step)).and_then(|step| step.as_object());
        let ask = |(path, tests): &(String, Vec<Test>)| {
            Verdict::steady(Test::ask_all(tests, kept.and_then(|kept| value_at(kept, path))))
        };
        if scope.enrollment.is_none() {
            return Verdict::steady(Truth::Unknown);
        }
        super::all(self.tests.iter().map(ask))
    }

    // The answer is there before the step after it runs, and does not change while that one waits.
    fn facets(&self) -> Facets {
        Facets::NONE
    }

    fn answers(&self) -> Vec<String> {
        self.tests.iter().map(|(path, _)| format!("{}.{path}", self.step)).collect()
    }
}
