//! `convert: { conversion: corso-venduto, value: "{{ event.amount }}" }` records a conversion, once for each enrollment.

use super::said::Said;
use super::{Kind, Next, Step, StepReader};
use crate::contact::purchase::CURRENCY;
use crate::contact::record::Is;
use crate::react::{Need, Visit};
use crate::template::Template;
use crate::workflow::reader::MapReader;
use crate::workflow::shape::{Field, Shape};
use crate::yaml::{self, Node};

/// How it is written.
pub const KIND: Kind = Kind {
    key: "convert",
    says: "Records a conversion, once for each enrollment.",
    shape: Shape::Either(&[
        Shape::Text,
        Shape::Map(&[
            Field::must("conversion", Shape::Text, "Which."),
            Field::may("value", Shape::Value, "What it is worth, in minor units (cents)."),
            Field::may("currency", Shape::Value, "EUR, if none is named."),
        ]),
    ]),
    read,
};

#[derive(Debug)]
struct Convert {
    conversion: String,
    value: Option<Said>,
    currency: Option<Said>,
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let yaml::Value::Map(_) = node.value else {
        let conversion = reader.names(node, "convert")?.remove(0);
        return Some(Box::new(Convert { conversion, value: None, currency: None }));
    };
    let mut map = MapReader::open(node, "`convert:`", reader.problems())?;
    let conversion =
        map.need("conversion", reader.problems()).and_then(|node| reader.names(node, "conversion"));
    let value = map.get("value").map(|node| Said::read("value", Is::Whole, node, reader));
    let currency = map.get("currency").map(|node| Said::read("currency", Is::Currency, node, reader));
    map.finish(&["conversion", "value", "currency"], reader.problems());
    let known = |read: Option<Option<Said>>| match read {
        Some(read) => read.map(Some),
        None => Some(None),
    };
    Some(Box::new(Convert {
        conversion: conversion?.remove(0),
        value: known(value)?,
        currency: known(currency)?,
    }))
}

impl Step for Convert {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        // A value that can't be told leaves the conversion without one.
        let value = self.value.as_ref().and_then(|value| value.value(visit).ok().flatten()?.as_i64());
        let currency = self.currency.as_ref().and_then(|currency| currency.value(visit).ok().flatten());
        let currency = currency.as_ref().and_then(|currency| currency.as_str()).unwrap_or(CURRENCY);
        let cause = visit.cause();
        let worth = value.map(|value| (value, currency));
        visit.turn.convert(&cause, &self.conversion, visit.id.as_str(), worth);
        Ok(Next::Continue)
    }

    fn templates(&self) -> Vec<&Template> {
        self.value.iter().chain(&self.currency).filter_map(Said::template).collect()
    }
}
