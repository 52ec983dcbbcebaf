//! `decide:` takes the first branch whose condition holds, else the `else:` branch. A condition that is unknown does
//! not hold; with an `unknown:` branch, that one is taken if no condition holds and one of them is unknown.

use super::{Kind, Next, Step, StepReader};
use crate::condition::{Predicate, Truth};
use crate::limits;
use crate::react::{Need, Visit};
use crate::timeline::What;
use crate::workflow::program::Target;
use crate::workflow::reader::{MapReader, at_most};
use crate::workflow::shape::{Field, Shape};
use crate::yaml::{self, Node};

/// How it is written.
pub const KIND: Kind = Kind {
    key: "decide",
    says: "Takes the first branch that holds.",
    shape: Shape::Several(&Shape::Either(&[
        Shape::Map(&[
            Field::must("when", Shape::Condition, "If this holds …"),
            Field::must("do", Shape::Steps, "… this is done."),
        ]),
        Shape::Map(&[Field::must(
            "unknown",
            Shape::Steps,
            "Done if none holds, and one of them is not known.",
        )]),
        Shape::Map(&[Field::must("else", Shape::Steps, "Done if none holds.")]),
    ])),
    read,
};

#[derive(Debug)]
struct Decide {
    branches: Vec<(Predicate, Target)>,
    unknown: Option<Target>,
    otherwise: Target,
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let (mut branches, mut unknown, mut otherwise) = (Vec::new(), None, None);
    let mut written: Vec<String> = Vec::new();
    for item in at_most(node, limits::SOURCE_BRANCHES, "branches", reader.problems()) {
        let Some(mut map) = MapReader::open(item, "a branch", reader.problems()) else { continue };
        if otherwise.is_some() {
            reader.problems().error(
                item.place,
                "branch.unreachable",
                "this branch is never reached: `else:` before it takes everybody; put `else:` last",
            );
        }
        if let Some(when) = map.get("when") {
            let text = yaml::canonical(when);
            if written.contains(&text) {
                reader.problems().error(
                    item.place,
                    "branch.unreachable",
                    "this branch is never reached: a branch before it has the same condition",
                );
            }
            written.push(text);
            let predicate = Predicate::read(when, reader.problems());
            let target = map.need("do", reader.problems()).map_or(reader.next, |steps| reader.block(steps));
            branches.extend(predicate.map(|predicate| (predicate, target)));
        } else if let Some(steps) = map.get("unknown") {
            unknown = Some(reader.block(steps));
        } else if let Some(steps) = map.get("else") {
            otherwise = Some(reader.block(steps));
        } else {
            reader.problems().error(
                item.place,
                "branch.unknown",
                "a branch is `when:` with `do:`, `unknown:`, or `else:`",
            );
            continue;
        }
        map.finish(&["when", "do", "unknown", "else"], reader.problems());
    }
    if otherwise.is_none() {
        reader.problems().error(
            node.place,
            "branch.else_missing",
            "a decision needs an `else:` branch; `- else: []` just goes on",
        );
    }
    Some(Box::new(Decide { branches, unknown, otherwise: otherwise? }))
}

impl Step for Decide {
    fn only_leads(&self) -> bool {
        true
    }

    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let mut seen = Vec::new();
        for (number, (predicate, target)) in (1..).zip(&self.branches) {
            let truth = predicate.eval(&visit.scope()).truth;
            seen.push(truth);
            if truth == Truth::Yes {
                visit.log(What::Decided { branch: number.to_string(), seen });
                return Ok(Next::Goto(*target));
            }
        }
        let (branch, target) = match self.unknown {
            Some(target) if seen.contains(&Truth::Unknown) => ("unknown", target),
            _ => ("else", self.otherwise),
        };
        visit.log(What::Decided { branch: branch.to_owned(), seen });
        Ok(Next::Goto(target))
    }

    fn takes_unknown_as_no(&self) -> bool {
        self.unknown.is_none()
    }

    fn targets(&self, _: Target) -> Vec<Target> {
        self.branches.iter().map(|(_, target)| *target).chain(self.unknown).chain([self.otherwise]).collect()
    }

    fn conditions(&self) -> Vec<&Predicate> {
        self.branches.iter().map(|(predicate, _)| predicate).collect()
    }
}
