//! `loyalty: { points: { at least: 100 } }`, `{ amount: … }`: the balances of the loyalty card at this instant; unknown
//! without a card. `loyalty: any` asks whether there is one.

use crate::workflow::shape::{Field, Shape};
use serde_json::json;

use super::{Condition, Facets, Kind, Scope, Test, Verdict};
use crate::contact::loyalty::Unit;
use crate::workflow::problem::Problems;
use crate::workflow::reader::MapReader;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "loyalty",
    says: "The balances of the loyalty card; `any` asks for a card.",
    shape: Shape::Either(&[
        Shape::Words(&["any"]),
        Shape::Map(&[
            Field::may("points", Shape::Tests, "The points."),
            Field::may("amount", Shape::Tests, "The money, in minor units (cents)."),
        ]),
    ]),
    read,
};

#[derive(Debug)]
enum Loyalty {
    Any,
    Balances(Vec<(Unit, Vec<Test>)>),
}

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    if node.as_text() == Some("any") {
        return Some(Box::new(Loyalty::Any));
    }
    let mut map = MapReader::open(node, "`loyalty:`", problems)?;
    let mut balances = Vec::new();
    for unit in [Unit::Points, Unit::Amount] {
        if let Some(value) = map.get(unit.as_str()) {
            balances.push((unit, Test::read(value, problems)?));
        }
    }
    map.finish(&["points", "amount"], problems);
    if balances.is_empty() {
        let message = "`loyalty:` compares `points` or `amount`; `any` asks for a card";
        problems.error(node.place, "condition.empty", message);
        return None;
    }
    Some(Box::new(Loyalty::Balances(balances)))
}

impl Condition for Loyalty {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        let card = scope.contact.profile.objects.loyalty.as_ref();
        let Self::Balances(balances) = self else { return Verdict::steady(card.is_some()) };
        let asked = balances.iter().map(|(unit, tests)| {
            let ledger = card.map(|card| card.ledger(*unit));
            let value = ledger.map(|ledger| json!(ledger.value(scope.now)));
            let changes_at = ledger.and_then(|ledger| ledger.next_expiry_after(scope.now));
            Verdict { truth: Test::ask_all(tests, value.as_ref()), changes_at }
        });
        super::all(asked)
    }

    fn unknown(&self) -> Vec<String> {
        if let Self::Any = self { Vec::new() } else { vec!["loyalty card".to_owned()] }
    }

    fn facets(&self) -> Facets {
        Facets::PROFILE
    }
}
