//! `win deal: newest open` and `lose deal: { which: trigger, reason: price }` end deals.

use super::said::Said;
use super::which::Which;
use super::{Kind, Next, Step, StepReader};
use crate::contact::record::{Is, Sort};
use crate::react::{Need, Visit};
use crate::template::Template;
use crate::workflow::reader::MapReader;
use crate::workflow::shape::{Field, Shape};
use crate::yaml::{self, Node};

/// How winning is written.
pub const WIN: Kind = Kind {
    key: "win deal",
    says: "Ends a deal as won.",
    shape: Shape::Either(&[
        Shape::Words(&["newest open", "all open", "trigger"]),
        Shape::Map(&[
            Field::may("which", Shape::Words(&["newest open", "all open", "trigger"]), "Which deal."),
            Field::may("reason", Shape::Value, "Why."),
        ]),
    ]),
    read: |node, reader| read(node, "won", reader),
};

/// How losing is written.
pub const LOSE: Kind = Kind {
    key: "lose deal",
    says: "Ends a deal as lost.",
    shape: Shape::Either(&[
        Shape::Words(&["newest open", "all open", "trigger"]),
        Shape::Map(&[
            Field::may("which", Shape::Words(&["newest open", "all open", "trigger"]), "Which deal."),
            Field::may("reason", Shape::Value, "Why."),
        ]),
    ]),
    read: |node, reader| read(node, "lost", reader),
};

#[derive(Debug)]
struct EndDeal {
    verb: &'static str,
    which: Which,
    reason: Option<Said>,
}

fn read(node: &Node, verb: &'static str, reader: &mut StepReader<'_, '_, '_>) -> Option<Box<dyn Step>> {
    let yaml::Value::Map(_) = node.value else {
        let which = Which::read(Some(node), Sort::Deal, reader)?;
        return Some(Box::new(EndDeal { verb, which, reason: None }));
    };
    let mut map = MapReader::open(node, "what ends a deal", reader.problems())?;
    let which = Which::read(map.get("which"), Sort::Deal, reader);
    let reason = map.get("reason").map(|node| Said::read("reason", Is::Text, node, reader));
    map.finish(&["which", "reason"], reader.problems());
    let reason = match reason {
        Some(read) => Some(read?),
        None => None,
    };
    Some(Box::new(EndDeal { verb, which: which?, reason }))
}

impl Step for EndDeal {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let cause = visit.cause();
        let deals = self.which.among(Sort::Deal, visit);
        if deals.is_empty() {
            visit.skip("no_deal");
        }
        // Why it ended is worth telling, but the deal ends without that too.
        let reason = self.reason.as_ref().and_then(|reason| reason.value(visit).ok().flatten());
        for id in deals {
            let values = reason.clone().map(|reason| ("reason", reason)).into_iter().collect();
            visit.turn.do_to(&cause, Sort::Deal, &id, self.verb, values);
        }
        Ok(Next::Continue)
    }

    fn templates(&self) -> Vec<&Template> {
        let reason = self.reason.as_ref().and_then(Said::template);
        reason.into_iter().chain(self.which.template()).collect()
    }
}
