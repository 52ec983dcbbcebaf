//! `tag: vip` holds of contacts that have the tag; of several, one is enough.

use super::{Condition, Facets, Kind, Scope, Verdict};
use crate::react::Label;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, texts};
use crate::workflow::shape::Shape;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind { key: "tag", says: "Has one of these tags.", shape: Shape::Texts, read };

#[derive(Debug)]
struct HasTag(Vec<String>);

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    Some(Box::new(HasTag(texts(node, "tag", problems)?)))
}

impl Condition for HasTag {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        Verdict::steady(self.0.iter().any(|tag| scope.contact.profile.tags.contains_key(tag.as_str())))
    }

    fn labels(&self) -> Vec<(Label, &str)> {
        self.0.iter().map(|name| (Label::Tag, name.as_str())).collect()
    }

    fn facets(&self) -> Facets {
        Facets::PROFILE
    }
}
