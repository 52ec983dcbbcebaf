//! `is known: first_name` holds if the field has a value. Never unknown.

use super::{Condition, Facets, Kind, Scope, Verdict};
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, texts};
use crate::workflow::shape::Shape;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind { key: "is known", says: "The fields have a value.", shape: Shape::Texts, read };

#[derive(Debug)]
struct Known(Vec<String>);

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    Some(Box::new(Known(texts(node, "is known", problems)?)))
}

impl Condition for Known {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        Verdict::steady(self.0.iter().all(|name| scope.contact.profile.field(name).is_some()))
    }

    fn fields(&self) -> Vec<&str> {
        self.known()
    }

    fn known(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }

    fn facets(&self) -> Facets {
        Facets::PROFILE
    }
}
