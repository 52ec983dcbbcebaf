//! `purchase: { count: { at least: 3 }, sum: { at least: 10000 }, product: libro, within: 90 days }`: payments counted
//! and, less refunds, summed; products by when they were bought last. `within` asks for the last purchase, or for that of
//! the product.

use crate::workflow::shape::{Field, Shape};
use serde_json::json;

use super::{Condition, Facets, Kind, Scope, Test, Truth, Verdict};
use crate::calendar::{self, Duration};
use crate::contact::purchase::CURRENCY;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, texts};
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "purchase",
    says: "What was bought.",
    shape: Shape::Map(&[
        Field::may("count", Shape::Tests, "How many payments."),
        Field::may("orders", Shape::Tests, "How many orders."),
        Field::may("sum", Shape::Tests, "Payments less refunds, in minor units (cents)."),
        Field::may("currency", Shape::Text, "Of the sum; EUR if none is named."),
        Field::may("product", Shape::Texts, "One of these was bought."),
        Field::may("within", Shape::Length, "The last one so lately."),
    ]),
    read,
};

#[derive(Debug)]
struct Bought {
    count: Vec<Test>,
    orders: Vec<Test>,
    sum: Vec<Test>,
    currency: String,
    products: Option<Vec<String>>,
    within: Option<Duration>,
}

const KEYS: &[&str] = &["count", "orders", "sum", "currency", "product", "within"];

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    let mut map = MapReader::open(node, "`purchase:`", problems)?;
    if map.rest().iter().all(|(key, _, _)| *key == "currency") {
        let message = format!("`purchase:` asks for one of {}", KEYS.join(", "));
        problems.error(node.place, "condition.empty", message);
        return None;
    }
    let mut tests = |key: &str, problems: &mut _| {
        map.get(key).map_or(Some(Vec::new()), |node| Test::read(node, problems))
    };
    let (count, orders, sum) = (tests("count", problems), tests("orders", problems), tests("sum", problems));
    let currency = map.text("currency", problems).unwrap_or(CURRENCY).to_owned();
    let products = map.get("product").map(|node| texts(node, "product", problems));
    let within_given = map.get("within").is_some();
    let within = map.duration("within", problems);
    map.finish(KEYS, problems);
    if within_given && within.is_none() {
        return None;
    }
    let products = match products {
        Some(read) => Some(read?),
        None => None,
    };
    Some(Box::new(Bought { count: count?, orders: orders?, sum: sum?, currency, products, within }))
}

impl Condition for Bought {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        let all = &scope.contact.profile.objects.purchases;
        let net = all.net.get(self.currency.as_str()).copied().unwrap_or_default();
        let mut answers = vec![
            Test::ask_all(&self.count, Some(&json!(all.payments))),
            Test::ask_all(&self.orders, Some(&json!(all.orders))),
            Test::ask_all(&self.sum, Some(&json!(net))),
        ];
        let mut last = all.last_at;
        if let Some(products) = &self.products {
            last = products.iter().filter_map(|product| all.last.get(product.as_str())).max().copied();
            answers.push(match last {
                Some(_) => Truth::Yes,
                // It may be one of those that were forgotten.
                None if all.forgot => Truth::Unknown,
                None => Truth::No,
            });
        }
        let mut changes_at = None;
        if let Some(within) = self.within {
            let leaves = last.map(|last| calendar::leaves_window(last, within, scope.zone));
            let holds = leaves.is_some_and(|leaves| scope.now < leaves);
            changes_at = leaves.filter(|_| holds);
            answers.push(holds.into());
        }
        let truth = if answers.contains(&Truth::No) {
            Truth::No
        } else if answers.contains(&Truth::Unknown) {
            Truth::Unknown
        } else {
            Truth::Yes
        };
        Verdict { truth, changes_at }
    }

    fn facets(&self) -> Facets {
        Facets::PROFILE
    }
}
