//! `cart abandoned: { after: 1 hour }` fires when a cart was not changed for that long and no order came of it. Each
//! `cart.updated` begins anew; `order.completed` with its `cart_id` ends it.

use crate::workflow::shape::{Field, Shape};
use serde_json::{Map, Value};

use super::{Kind, Trigger};
use crate::calendar::Duration;
use crate::condition::Truth;
use crate::definitions::Definitions;
use crate::workflow::problem::Problems;
use crate::workflow::reader::MapReader;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "cart abandoned",
    says: "A cart was not changed for that long, and no order came of it.",
    shape: Shape::Map(&[Field::must("after", Shape::Length, "How long.")]),
    read,
};

/// The event of a cart that is left standing.
pub const ABANDONED: &str = "cart.abandoned";

#[derive(Debug)]
struct CartAbandoned(Duration);

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Trigger>> {
    let mut map = MapReader::open(node, "`cart abandoned:`", problems)?;
    map.need("after", problems);
    let after = map.duration("after", problems);
    map.finish(&["after"], problems);
    Some(Box::new(CartAbandoned(after?)))
}

impl Trigger for CartAbandoned {
    fn listens(&self) -> &'static str {
        ABANDONED
    }

    fn fires(&self, data: &Map<String, Value>) -> Truth {
        (data.get("after").and_then(Value::as_str) == Some(&self.0.to_string())).into()
    }

    fn sample(&self) -> Map<String, Value> {
        Map::from_iter([
            ("cart_id".to_owned(), "cart-1".into()),
            ("after".to_owned(), self.0.to_string().into()),
        ])
    }

    fn provides(&self, path: &str, _: &Definitions) -> Option<bool> {
        (path == "cart_id").then_some(true)
    }

    fn cart_delay(&self) -> Option<Duration> {
        Some(self.0)
    }
}
