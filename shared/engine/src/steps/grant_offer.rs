//! `grant offer: { offer: corso-avanzato, for: 1 year }` gives access, for ever without `for:`; `revoke offer:
//! corso-avanzato` takes it back.

use super::{Kind, Next, Step, StepReader};
use crate::calendar::{self, Duration};
use crate::contact::record::Sort;
use crate::react::{Need, Visit};
use crate::workflow::reader::MapReader;
use crate::workflow::shape::{Field, Shape};
use crate::yaml::{self, Node};

/// How granting is written.
pub const GRANT: Kind = Kind {
    key: "grant offer",
    says: "Gives access to an offer or course, for a time or for ever.",
    shape: Shape::Either(&[
        Shape::Texts,
        Shape::Map(&[
            Field::must("offer", Shape::Texts, "Which."),
            Field::may("for", Shape::Length, "For so long; else for ever."),
        ]),
    ]),
    read: read_grant,
};

/// How revoking is written.
pub const REVOKE: Kind = Kind {
    key: "revoke offer",
    says: "Takes access to an offer or course back.",
    shape: Shape::Texts,
    read: read_revoke,
};

#[derive(Debug)]
struct GrantOffer {
    offers: Vec<String>,
    length: Option<Duration>,
}

#[derive(Debug)]
struct RevokeOffer(Vec<String>);

fn read_grant<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let yaml::Value::Map(_) = node.value else {
        let offers = reader.names(node, "grant offer")?;
        return Some(Box::new(GrantOffer { offers, length: None }));
    };
    let mut map = MapReader::open(node, "`grant offer:`", reader.problems())?;
    let offers = map.need("offer", reader.problems()).and_then(|node| reader.names(node, "offer"));
    let length = map.duration("for", reader.problems());
    map.finish(&["offer", "for"], reader.problems());
    Some(Box::new(GrantOffer { offers: offers?, length }))
}

fn read_revoke<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    reader.names(node, "revoke offer").map(|names| Box::new(RevokeOffer(names)) as Box<dyn Step>)
}

impl Step for GrantOffer {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let until = self.length.map(|length| calendar::add(visit.enrollment.anchor, length, &visit.zone()));
        let cause = visit.cause();
        for offer in &self.offers {
            let until = until.map(|until| ("until", until.millis().into()));
            visit.turn.do_to(&cause, Sort::Offer, offer, "granted", until.into_iter().collect());
        }
        Ok(Next::Continue)
    }
}

impl Step for RevokeOffer {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let cause = visit.cause();
        for offer in &self.0 {
            if visit.turn.contact.profile.objects.records.get(Sort::Offer, offer).is_some() {
                visit.turn.do_to(&cause, Sort::Offer, offer, "revoked", Vec::new());
            } else {
                visit.skip("no_offer");
            }
        }
        Ok(Next::Continue)
    }
}
