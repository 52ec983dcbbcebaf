//! Tags and lists: put on and taken off, by a step or by hand. Only a change is one.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Cause, Data, text};
use crate::contact::profile::Profile;
use crate::limits;
use crate::react::Turn;
use crate::time::Instant;
use crate::timeline::What;

/// What is put on a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// A tag.
    Tag,
    /// A list.
    List,
}

impl Label {
    /// How its events begin, and the name of the value in them.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::List => "list",
        }
    }

    /// What events of this type are about; none if about neither.
    pub fn of_kind(kind: &str) -> Option<Self> {
        [Self::Tag, Self::List].into_iter().find(|label| kind.split('.').next() == Some(label.word()))
    }

    const fn most(self) -> (&'static str, usize) {
        match self {
            Self::Tag => ("tags", limits::TAGS),
            Self::List => ("lists", limits::LISTS),
        }
    }

    fn of(self, profile: &Profile) -> &BTreeMap<Arc<str>, Instant> {
        match self {
            Self::Tag => &profile.tags,
            Self::List => &profile.lists,
        }
    }

    fn of_mut(self, profile: &mut Profile) -> &mut BTreeMap<Arc<str>, Instant> {
        match self {
            Self::Tag => &mut profile.tags,
            Self::List => &mut profile.lists,
        }
    }

    /// The event by which it is put on or taken off, and the name of the value in it.
    pub(super) const fn event(self, on: bool) -> (&'static str, &'static str) {
        let kind = match (self, on) {
            (Self::Tag, true) => "tag.added",
            (Self::Tag, false) => "tag.removed",
            (Self::List, true) => "list.joined",
            (Self::List, false) => "list.left",
        };
        (kind, self.word())
    }

    fn says(self, on: bool, name: Arc<str>) -> (&'static str, What) {
        let what = match (self, on) {
            (Self::Tag, true) => What::TagAdded { tag: name },
            (Self::Tag, false) => What::TagRemoved { tag: name },
            (Self::List, true) => What::ListJoined { list: name },
            (Self::List, false) => What::ListLeft { list: name },
        };
        (self.event(on).0, what)
    }
}

impl Turn<'_> {
    /// What somebody says of a tag or a list.
    pub(super) fn apply_label(
        &mut self,
        cause: &Cause<'_>,
        label: Label,
        verb: &str,
        data: Data,
    ) -> Option<Data> {
        let on = match verb {
            "added" | "joined" => true,
            "removed" | "left" => false,
            "renamed" => {
                let (from, to) = (text(&data, label.word())?, text(&data, "to")?);
                return self.rename_label(cause, label, &from, &to).then_some(data);
            }
            _ => return Some(data),
        };
        let name = text(&data, label.word())?;
        self.set_label(cause, label, &name, on).then_some(data)
    }

    /// Calls a tag or a list of the contact by another name, since when it has it; false if it has none of the old name.
    /// There is room for it, for the old one goes.
    fn rename_label(&mut self, cause: &Cause<'_>, label: Label, from: &str, to: &str) -> bool {
        if from == to || !label.of(&self.contact.profile).contains_key(from) {
            return false;
        }
        let (from, to): (Arc<str>, Arc<str>) = (from.into(), to.into());
        let labels = label.of_mut(self.profile());
        let since = labels.remove(&from).unwrap_or(cause.at);
        let is_new = !labels.contains_key(&to);
        let kept = labels.entry(to.clone()).or_insert(since);
        *kept = since.min(*kept);
        if label == Label::List {
            self.spent.rows += 2;
        }
        self.tell(cause, label.says(false, from).1);
        if is_new {
            self.tell(cause, label.says(true, to).1);
        }
        true
    }

    /// Puts a tag or a list on the contact, or takes it off; false if that is nothing new, or there is no room.
    pub fn set_label(&mut self, cause: &Cause<'_>, label: Label, name: &str, on: bool) -> bool {
        let known = label.of(&self.contact.profile);
        if known.contains_key(name) == on {
            return false;
        }
        let (limit, most) = label.most();
        if on && known.len() >= most {
            self.tell(cause, What::LimitReached { limit: limit.to_owned() });
            return false;
        }
        let name: Arc<str> = name.into();
        let labels = label.of_mut(self.profile());
        if on {
            labels.insert(name.clone(), cause.at);
        } else {
            labels.remove(&name);
        }
        if label == Label::List {
            self.spent.rows += 1;
        }
        let (kind, what) = label.says(on, name.clone());
        self.tell(cause, what);
        self.follows(cause, kind, Data::from_iter([(label.word().to_owned(), (&*name).into())]));
        true
    }
}
