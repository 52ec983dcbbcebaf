//! Groups: joining and leaving.

use super::{Cause, Data, text};
use crate::contact::objects::Member;
use crate::limits;
use crate::react::Turn;
use crate::timeline::What;

impl Turn<'_> {
    /// What an event from outside says of a group.
    pub(super) fn apply_group(&mut self, cause: &Cause<'_>, verb: &str, data: Data) -> Option<Data> {
        let inside = match verb {
            "joined" => true,
            "left" => false,
            _ => return Some(data),
        };
        let Some(group) = text(&data, "group") else { return Some(data) };
        self.set_group(cause, &group, inside).then_some(data)
    }

    /// Has the contact join or leave a group; false if that is nothing new.
    pub fn set_group(&mut self, cause: &Cause<'_>, group: &str, inside: bool) -> bool {
        let groups = &self.contact.profile.objects.groups;
        let known = groups.get(group).copied();
        if known.is_some_and(|known| known.at > cause.at) {
            return false;
        }
        if known.is_none() && groups.len() >= limits::GROUPS {
            let left = groups.iter().filter(|(_, member)| !member.inside);
            let Some(oldest) = left.min_by_key(|(_, member)| member.at).map(|(name, _)| name.clone()) else {
                self.tell(cause, What::LimitReached { limit: "groups".to_owned() });
                return false;
            };
            self.profile().objects.groups.remove(&oldest);
        }
        let changes = known.is_some_and(|known| known.inside) != inside;
        if known.is_none() && !inside && cause.by.is_some() {
            return false;
        }
        self.profile().objects.groups.insert(group.into(), Member { inside, at: cause.at });
        if !changes {
            return false;
        }
        let (what, kind) = if inside {
            (What::GroupJoined { group: group.into() }, "group.joined")
        } else {
            (What::GroupLeft { group: group.into() }, "group.left")
        };
        self.tell(cause, what);
        self.follows(cause, kind, Data::from_iter([("group".to_owned(), group.into())]));
        true
    }
}
