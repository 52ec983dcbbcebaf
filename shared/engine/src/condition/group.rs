//! `group: allievi` holds of contacts in the group; of several, one is enough.

use super::{Condition, Facets, Kind, Scope, Verdict};
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, texts};
use crate::workflow::shape::Shape;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind { key: "group", says: "Is in one of these groups.", shape: Shape::Texts, read };

#[derive(Debug)]
struct InGroup(Vec<String>);

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    Some(Box::new(InGroup(texts(node, "group", problems)?)))
}

impl Condition for InGroup {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        let groups = &scope.contact.profile.objects.groups;
        let inside = |name: &String| groups.get(name.as_str()).is_some_and(|member| member.inside);
        Verdict::steady(self.0.iter().any(inside))
    }

    fn facets(&self) -> Facets {
        Facets::PROFILE
    }
}
