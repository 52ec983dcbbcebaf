//! `tag: vip` holds of contacts that have the tag; of several, one is enough.

use super::{Condition, Kind, Scope, Verdict};
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, one_or_more, text};
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind { key: "tag", read };

#[derive(Debug)]
struct HasTag(Vec<String>);

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    let tags: Vec<String> =
        one_or_more(node).iter().filter_map(|one| text(one, "tag", problems)).map(str::to_owned).collect();
    Some(Box::new(HasTag(tags)))
}

impl Condition for HasTag {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        Verdict::steady(self.0.iter().any(|tag| scope.contact.profile.tags.contains_key(tag.as_str())))
    }
}
