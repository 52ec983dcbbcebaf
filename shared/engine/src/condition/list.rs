//! `list: Novità` holds of contacts on the list; of several, one is enough.

use super::{Condition, Facets, Kind, Scope, Verdict};
use crate::react::Label;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, texts};
use crate::workflow::shape::Shape;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind { key: "list", says: "Is on one of these lists.", shape: Shape::Texts, read };

#[derive(Debug)]
struct OnList(Vec<String>);

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    Some(Box::new(OnList(texts(node, "list", problems)?)))
}

impl Condition for OnList {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        Verdict::steady(self.0.iter().any(|list| scope.contact.profile.lists.contains_key(list.as_str())))
    }

    fn labels(&self) -> Vec<(Label, &str)> {
        self.0.iter().map(|name| (Label::List, name.as_str())).collect()
    }

    fn facets(&self) -> Facets {
        Facets::PROFILE
    }
}
