//! The contacts that something is done with, said in one of five ways.

use flusso_app::engine::ids::ContactId;
use flusso_app::keys::job::Over;
use serde_json::{Map, Value, json};

use crate::Problem;
use crate::input::check_length;

/// What was said; one of these has to be.
pub(super) struct Whom<'w> {
    /// These contacts.
    pub(super) contacts: Option<&'w Vec<String>>,
    /// The members of a segment.
    pub(super) segment: Option<&'w String>,
    /// Those on a list.
    pub(super) list: Option<&'w String>,
    /// Those who fulfil a condition.
    pub(super) who: Option<&'w Map<String, Value>>,
    /// Everybody.
    pub(super) all: bool,
}

impl Whom<'_> {
    /// The contacts that are meant.
    pub(super) fn over(self) -> Result<Over, Problem> {
        for (field, name) in [("segment", self.segment), ("list", self.list)] {
            check_length(field, name.map_or("", String::as_str))?;
        }
        for (at, id) in self.contacts.into_iter().flatten().enumerate() {
            check_length(&format!("contacts[{at}]"), id)?;
        }
        let ids = |ids: &Vec<String>| ids.iter().map(|id| ContactId::new(id.as_str())).collect();
        let mut overs = Vec::new();
        overs.extend(self.contacts.map(|some| Over::Contacts { contacts: ids(some) }));
        overs.extend(self.segment.map(|name| Over::Segment { name: name.as_str().into() }));
        overs.extend(self.list.map(|name| Over::List { name: name.as_str().into() }));
        overs.extend(self.who.map(|who| {
            let who = json!({ "who": who }).to_string().into();
            Over::Chosen { choice: "".into(), who }
        }));
        overs.extend(self.all.then_some(Over::All));
        let one: Result<[Over; 1], _> = overs.try_into();
        one.map(|[over]| over).map_err(|_| {
            let message = "say who by one of `contacts`, `segment`, `list`, `who` and `all`";
            Problem::invalid("contacts", "bulk.whom", message)
        })
    }
}
