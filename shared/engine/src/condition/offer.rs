//! `offer: corso-avanzato` holds while the contact has access to it; of several, one is enough.

use super::{Condition, Facets, Kind, Scope, Truth, Verdict};
use crate::contact::offer::held;
use crate::contact::record::Sort;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, texts};
use crate::workflow::shape::Shape;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind { key: "offer", says: "Has access to one of these.", shape: Shape::Texts, read };

#[derive(Debug)]
struct HasOffer(Vec<String>);

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    Some(Box::new(HasOffer(texts(node, "offer", problems)?)))
}

impl Condition for HasOffer {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        let records = &scope.contact.profile.objects.records;
        let offers = self.0.iter().filter_map(|name| records.get(Sort::Offer, name));
        let mut verdict = Verdict::steady(Truth::No);
        for (holds, until) in offers.map(|offer| held(offer, scope.now)) {
            if holds {
                verdict.truth = Truth::Yes;
            }
            verdict.changes_at = verdict.changes_at.into_iter().chain(until).min();
        }
        verdict
    }

    fn facets(&self) -> Facets {
        Facets::PROFILE
    }
}
