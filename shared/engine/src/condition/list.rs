//! `list: Novità` holds of contacts on the list; of several, one is enough.

use super::{Condition, Kind, Scope, Verdict};
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, one_or_more, text};
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind { key: "list", read };

#[derive(Debug)]
struct OnList(Vec<String>);

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    let lists: Vec<String> =
        one_or_more(node).iter().filter_map(|one| text(one, "list", problems)).map(str::to_owned).collect();
    Some(Box::new(OnList(lists)))
}

impl Condition for OnList {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        Verdict::steady(self.0.iter().any(|list| scope.contact.profile.lists.contains_key(list.as_str())))
    }
}
