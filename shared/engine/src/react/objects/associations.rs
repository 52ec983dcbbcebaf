//! Associations with other contacts and companies: added and removed. No reaction touches two contacts: the other one is
//! told by an event of its own.

use super::{Cause, Data, text};
use crate::contact::association::{Association, Other};
use crate::ids::ContactId;
use crate::limits;
use crate::react::Turn;
use crate::timeline::What;

const WORD: &str = "association";

impl Turn<'_> {
    /// What somebody says of an association.
    pub(super) fn apply_association(&mut self, cause: &Cause<'_>, verb: &str, data: Data) -> Option<Data> {
        let kind = text(&data, "type")?;
        let contact = text(&data, "contact").map(|id| Other::Contact(ContactId::new(id)));
        let other = contact.or_else(|| Some(Other::Company(text(&data, "company")?.into())))?;
        match verb {
            "added" => self.associate(cause, &kind, other, text(&data, "inverse")).then_some(data),
            "removed" => self.dissociate(cause, &kind, &other).then_some(data),
            _ => Some(data),
        }
    }

    fn associate(&mut self, cause: &Cause<'_>, kind: &str, other: Other, inverse: Option<String>) -> bool {
        let associations = &self.contact.profile.objects.associations;
        if associations.iter().any(|known| &*known.kind == kind && known.other == other) {
            return false;
        }
        if associations.len() >= limits::ASSOCIATIONS {
            self.tell(cause, What::LimitReached { limit: "associations".to_owned() });
            return false;
        }
        let name = Some(other.to_string());
        let association =
            Association { kind: kind.into(), other, inverse: inverse.map(Into::into), at: cause.at };
        self.profile().objects.associations.push(association);
        self.tell(cause, What::ObjectMade { object: WORD.to_owned(), id: kind.into(), name });
        true
    }

    fn dissociate(&mut self, cause: &Cause<'_>, kind: &str, other: &Other) -> bool {
        let associations = &self.contact.profile.objects.associations;
        let place = associations.iter().position(|known| &*known.kind == kind && known.other == *other);
        let Some(place) = place else { return false };
        self.profile().objects.associations.remove(place);
        let name = Some(other.to_string().into());
        self.tell(cause, What::ObjectRemoved { object: WORD.to_owned(), id: kind.into(), name });
        true
    }
}
