//! `conversion: corso-venduto` holds of contacts that converted by that definition; of several, one is enough.

use super::{Condition, Facets, Kind, Scope, Verdict};
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, texts};
use crate::workflow::shape::Shape;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind =
    Kind { key: "conversion", says: "Has converted, by one of these.", shape: Shape::Texts, read };

#[derive(Debug)]
struct HasConverted(Vec<String>);

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    Some(Box::new(HasConverted(texts(node, "conversion", problems)?)))
}

impl Condition for HasConverted {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        let conversions = &scope.contact.profile.objects.conversions;
        Verdict::steady(self.0.iter().any(|name| conversions.contains_key(name.as_str())))
    }

    fn facets(&self) -> Facets {
        Facets::PROFILE
    }
}
