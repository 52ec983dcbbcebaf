//! `add loyalty: { points: 50, valid for: 1 year, no card: create }` fills the loyalty card, `{ amount: 500 }` with money
//! in minor units; `spend loyalty: { points: 20 }` takes from it.

use super::said::Said;
use super::{Kind, Next, Step, StepReader};
use crate::calendar::{self, Duration};
use crate::contact::loyalty::Unit;
use crate::contact::record::Is;
use crate::react::{Need, Visit};
use crate::template::Template;
use crate::workflow::reader::MapReader;
use crate::workflow::shape::{Field, Shape};
use crate::yaml::Node;

/// How adding is written.
pub const ADD: Kind = Kind {
    key: "add loyalty",
    says: "Fills the loyalty card.",
    shape: Shape::Map(&[
        Field::may("points", Shape::Value, "So many points …"),
        Field::may("amount", Shape::Value, "… or so much money, in minor units (cents)."),
        Field::may("valid for", Shape::Length, "Then it expires."),
        Field::may("no card", Shape::Words(&["create", "skip"]), "What is done without a card."),
    ]),
    read: read_add,
};

/// How spending is written.
pub const SPEND: Kind = Kind {
    key: "spend loyalty",
    says: "Takes from the loyalty card.",
    shape: Shape::Map(&[
        Field::may("points", Shape::Value, "So many points …"),
        Field::may("amount", Shape::Value, "… or so much money, in minor units (cents)."),
    ]),
    read: read_spend,
};

#[derive(Debug)]
struct AddLoyalty {
    what: What,
    valid_for: Option<Duration>,
    creates: bool,
}

#[derive(Debug)]
struct SpendLoyalty(What);

/// How much of what.
#[derive(Debug)]
struct What {
    unit: Unit,
    n: Said,
}

fn read_add<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let mut map = MapReader::open(node, "`add loyalty:`", reader.problems())?;
    let what = What::read(&mut map, reader);
    let valid_for = map.duration("valid for", reader.problems());
    let creates = match map.get("no card").map(|node| (node, node.as_text())) {
        None | Some((_, Some("create"))) => true,
        Some((_, Some("skip"))) => false,
        Some((node, _)) => {
            reader.problems().error(node.place, "loyalty.no_card", "`no card:` is `create` or `skip`");
            return None;
        }
    };
    map.finish(&["points", "amount", "valid for", "no card"], reader.problems());
    Some(Box::new(AddLoyalty { what: what?, valid_for, creates }))
}

fn read_spend<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let mut map = MapReader::open(node, "`spend loyalty:`", reader.problems())?;
    let what = What::read(&mut map, reader);
    map.finish(&["points", "amount"], reader.problems());
    Some(Box::new(SpendLoyalty(what?)))
}

impl What {
    fn read(map: &mut MapReader<'_>, reader: &mut StepReader<'_, '_, '_>) -> Option<Self> {
        let (unit, name, node) = match (map.get("points"), map.get("amount")) {
            (Some(node), None) => (Unit::Points, "points", node),
            (None, Some(node)) => (Unit::Amount, "amount", node),
            _ => {
                let message = "the loyalty card has `points:` and `amount:`; name one of the two";
                reader.problems().error(map.place(), "loyalty.unit", message);
                return None;
            }
        };
        if node.as_int().is_some_and(|n| n <= 0) {
            let message = format!("`{name}:` is more than 0; `spend loyalty:` takes away");
            reader.problems().error(node.place, "loyalty.unit", message);
            return None;
        }
        Some(Self { unit, n: Said::read(name, Is::Whole, node, reader)? })
    }

    /// How much at this moment; says why nothing.
    fn n(&self, visit: &mut Visit<'_, '_>) -> Option<i64> {
        let n = self.n.value(visit).map(|n| n.and_then(|n| n.as_i64()).filter(|n| *n > 0));
        match n {
            Ok(Some(n)) => return Some(n),
            Ok(None) => visit.skip("bad_value"),
            Err(reason) => visit.skip(&reason),
        }
        None
    }
}

impl Step for AddLoyalty {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let Some(n) = self.what.n(visit) else { return Ok(Next::Continue) };
        if !self.creates && visit.turn.contact.profile.objects.loyalty.is_none() {
            visit.skip("no_card");
            return Ok(Next::Continue);
        }
        let cause = visit.cause();
        let expires_at = self
            .valid_for
            .map(|length| calendar::add(visit.enrollment.anchor, length, &visit.turn.definitions.zone));
        visit.turn.add_loyalty(&cause, self.what.unit, n, expires_at);
        Ok(Next::Continue)
    }

    fn templates(&self) -> Vec<&Template> {
        self.what.n.template().into_iter().collect()
    }
}

impl Step for SpendLoyalty {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let Some(n) = self.0.n(visit) else { return Ok(Next::Continue) };
        let cause = visit.cause();
        visit.turn.spend_loyalty(&cause, self.0.unit, n);
        Ok(Next::Continue)
    }

    fn templates(&self) -> Vec<&Template> {
        self.0.n.template().into_iter().collect()
    }
}
