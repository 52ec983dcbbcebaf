//! `update deal: { which: newest open, stage: Cliente, create in: Vendite }` moves a deal, or changes its value, owner or
//! status. Where there is no such deal, `create in:` makes one in that pipeline; else the step is skipped.

use super::said::Said;
use super::which::Which;
use super::{Kind, Next, Step, StepReader};
use crate::contact::record::{Is, Sort};
use crate::pipeline::Named;
use crate::react::{Need, Visit};
use crate::template::Template;
use crate::workflow::reader::MapReader;
use crate::workflow::shape::{Field, Shape};
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "update deal",
    says: "Moves or changes a deal.",
    shape: Shape::Map(&[
        Field::may("which", Shape::Words(&["newest open", "all open", "trigger"]), "Which deal."),
        Field::may("title", Shape::Value, "Its title."),
        Field::may("pipeline", Shape::Value, "The pipeline."),
        Field::may("stage", Shape::Value, "The stage."),
        Field::may("value", Shape::Value, "Its value, in minor units (cents)."),
        Field::may("currency", Shape::Value, "EUR, if none is named."),
        Field::may("owner", Shape::Value, "A colleague; `owner` is the contact's."),
        Field::may("status", Shape::Value, "open, won, lost or abandoned."),
        Field::may("create in", Shape::Value, "Where there is none, one is made in this pipeline."),
    ]),
    read,
};

const VALUES: &[&str] = &["title", "pipeline", "stage", "status", "value", "currency", "owner"];
const KEYS: &[&str] =
    &["which", "title", "pipeline", "stage", "status", "value", "currency", "owner", "create in"];

#[derive(Debug)]
struct UpdateDeal {
    which: Which,
    values: Vec<Said>,
    create_in: Option<Said>,
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let mut map = MapReader::open(node, "`update deal:`", reader.problems())?;
    let which = Which::read(map.get("which"), Sort::Deal, reader);
    let create_in = map.get("create in").map(|node| Said::read("pipeline", Is::Text, node, reader));
    let values = Said::read_all(&mut map, Sort::Deal, VALUES, reader);
    map.finish(KEYS, reader.problems());
    let values = values?;
    if values.is_empty() {
        let message = format!("`update deal:` changes one of {}", VALUES.join(", "));
        reader.problems().error(node.place, "deal.nothing", message);
    }
    let create_in = match create_in {
        Some(read) => Some(read?),
        None => None,
    };
    Some(Box::new(UpdateDeal { which: which?, values, create_in }))
}

impl Step for UpdateDeal {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let cause = visit.cause();
        let mut values = match Said::values(&self.values, visit) {
            Ok(values) => values,
            Err(reason) => {
                visit.skip(&reason);
                return Ok(Next::Continue);
            }
        };
        let deals = self.which.among(Sort::Deal, visit);
        match (&self.create_in, deals.is_empty()) {
            (Some(pipeline), true) => {
                if let Ok(Some(pipeline)) = pipeline.value(visit) {
                    values.push(("pipeline", pipeline));
                }
                let id = visit.made_id(Sort::Deal);
                visit.turn.do_to(&cause, Sort::Deal, &id, "created", values);
            }
            (None, true) => visit.skip("no_deal"),
            (_, false) => {
                for id in deals {
                    visit.turn.do_to(&cause, Sort::Deal, &id, "updated", values.clone());
                }
            }
        }
        Ok(Next::Continue)
    }

    fn deals(&self) -> Option<Named> {
        Some(Said::deals(self.values.iter().chain(&self.create_in)))
    }

    fn templates(&self) -> Vec<&Template> {
        let said = self.values.iter().chain(&self.create_in).filter_map(Said::template);
        said.chain(self.which.template()).collect()
    }
}
