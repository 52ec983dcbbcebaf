//! `create deal: { pipeline: Vendite, stage: Nuovo, value: "{{ event.amount }}", owner: owner }` makes a deal.

use super::said::Said;
use super::{Kind, Next, Step, StepReader};
use crate::contact::record::Sort;
use crate::pipeline::Named;
use crate::react::{Need, Visit};
use crate::template::Template;
use crate::workflow::reader::MapReader;
use crate::workflow::shape::{Field, Shape};
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "create deal",
    says: "Makes a deal.",
    shape: Shape::Map(&[
        Field::may("title", Shape::Value, "Its title."),
        Field::must("pipeline", Shape::Value, "The pipeline."),
        Field::may("stage", Shape::Value, "The stage."),
        Field::may("value", Shape::Value, "Its value, in minor units (cents)."),
        Field::may("currency", Shape::Value, "EUR, if none is named."),
        Field::may("owner", Shape::Value, "A colleague; `owner` is the contact's."),
    ]),
    read,
};

const KEYS: &[&str] = &["title", "pipeline", "stage", "value", "currency", "owner"];

#[derive(Debug)]
struct CreateDeal(Vec<Said>);

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let mut map = MapReader::open(node, "`create deal:`", reader.problems())?;
    map.need("pipeline", reader.problems());
    let said = Said::read_all(&mut map, Sort::Deal, KEYS, reader);
    map.finish(KEYS, reader.problems());
    Some(Box::new(CreateDeal(said?)))
}

impl Step for CreateDeal {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        match Said::values(&self.0, visit) {
            Ok(values) => {
                let (id, cause) = (visit.made_id(Sort::Deal), visit.cause());
                visit.turn.do_to(&cause, Sort::Deal, &id, "created", values);
            }
            Err(reason) => visit.skip(&reason),
        }
        Ok(Next::Continue)
    }

    fn deals(&self) -> Option<Named> {
        Some(Said::deals(&self.0))
    }

    fn templates(&self) -> Vec<&Template> {
        self.0.iter().filter_map(Said::template).collect()
    }
}
