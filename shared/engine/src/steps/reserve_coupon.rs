//! `reserve coupon: { pool: compleanno, as: code, valid for: 14 days }` takes a code that nobody else has out of a pool;
//! later steps find it under `vars.code`. A retry gets the same code. Where messages show it, it is issued when the first
//! of them is sent, and goes back into the pool when the passage ends without. `else:` is what is done when none is left.

use crate::workflow::shape::{Field, Shape};
use serde_json::json;

use super::{Kind, Next, Step, StepReader};
use crate::calendar::{self, Duration};
use crate::contact::ask::{Answer, Wish};
use crate::react::{Need, Visit};
use crate::timeline::What;
use crate::workflow::program::Target;
use crate::workflow::reader::MapReader;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "reserve coupon",
    says: "Takes a code that nobody else has out of a pool.",
    shape: Shape::Beside(
        &Shape::Map(&[
            Field::must("pool", Shape::Text, "The pool."),
            Field::may("as", Shape::Text, "Under which name later steps find it (`vars.code`)."),
            Field::may("valid for", Shape::Length, "So long it can be redeemed."),
        ]),
        &[Field::may("else", Shape::Steps, "Done when none is left.")],
    ),
    read,
};

#[derive(Debug)]
struct ReserveCoupon {
    pool: String,
    name: String,
    valid_for: Option<Duration>,
    otherwise: Target,
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let mut map = MapReader::open(node, "`reserve coupon:`", reader.problems())?;
    let pool = map.need("pool", reader.problems()).and_then(|node| reader.names(node, "pool"));
    let name = map.text("as", reader.problems()).unwrap_or("code").to_owned();
    let valid_for = map.duration("valid for", reader.problems());
    map.finish(&["pool", "as", "valid for"], reader.problems());
    if !crate::contact::fields::is_name(&name) {
        let message = format!("`as: {name}` is no name: a-z, digits and _, beginning with a letter");
        reader.problems().error(node.place, "coupon.as", message);
    }
    reader.beside = &["id", "after", "else"];
    let next = reader.next;
    let otherwise = reader.map.get("else").map_or(next, |node| reader.block(node));
    Some(Box::new(ReserveCoupon { pool: pool?.remove(0), name, valid_for, otherwise }))
}

impl Step for ReserveCoupon {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        Ok(visit.ask(Wish::Coupon { pool: self.pool.as_str().into() }))
    }

    fn answered(&self, visit: &mut Visit<'_, '_>, answer: &Answer) -> Result<Next, Need> {
        let Answer::Got { value } = answer else {
            visit.log(What::StepSkipped { reason: "no_coupon_left".to_owned() });
            return Ok(Next::Goto(self.otherwise));
        };
        let now = visit.turn.now;
        let until = self.valid_for.map(|valid_for| calendar::add(now, valid_for, &visit.zone()));
        visit.set_var(&self.name, json!(&**value));
        visit.reserve_code(&self.pool, value, until);
        Ok(Next::Continue)
    }

    fn targets(&self, next: Target) -> Vec<Target> {
        vec![next, self.otherwise]
    }

    fn vars(&self) -> Vec<&str> {
        vec![&self.name]
    }
}
