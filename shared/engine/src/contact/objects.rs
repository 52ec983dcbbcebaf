//! What belongs to the contact besides fields, tags, lists and consents. It lies in the profile's row, bounded as
//! docs/limits.md says; what is forgotten for newer things stays in the timeline.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::association::Association;
use super::conversion::Converted;
use super::disturb::Disturb;
use super::document::Document;
use super::gone::Brought;
use super::loyalty::Card;
use super::note::Notes;
use super::purchase::Purchases;
use super::quiz::Quizzes;
use super::record::Records;
use crate::ids::ContactId;
use crate::time::Instant;

/// Everything that belongs to a contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objects {
    /// Deals, quotes, tasks, coupons, offers, appointments, plans, invoices.
    #[serde(default, skip_serializing_if = "Records::is_empty")]
    pub records: Records,
    /// The loyalty card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loyalty: Option<Card>,
    /// Groups, each with when it was joined or left.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<Arc<str>, Member>,
    /// What was bought.
    #[serde(default, skip_serializing_if = "Purchases::is_empty")]
    pub purchases: Purchases,
    /// Quizzes that were completed.
    #[serde(default, skip_serializing_if = "Quizzes::is_empty")]
    pub quizzes: Quizzes,
    /// Conversions by definition.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub conversions: BTreeMap<Arc<str>, Converted>,
    /// The newest notes.
    #[serde(default, skip_serializing_if = "Notes::is_empty")]
    pub notes: Notes,
    /// Files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Document>,
    /// Other contacts, and companies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub associations: Vec<Association>,
    /// Do not disturb.
    #[serde(default, skip_serializing_if = "Disturb::is_empty")]
    pub disturb: Disturb,
}

/// Whether the contact is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// In it, or has left.
    #[serde(rename = "v")]
    pub inside: bool,
    /// Since when.
    #[serde(rename = "t")]
    pub at: Instant,
}

impl Objects {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes what belongs to another contact: ledgers sum, of two blocks the stricter stays.
    pub(crate) fn absorb(&mut self, id: &ContactId, other: &Self, brought: &mut Brought) {
        let Self {
            records,
            loyalty,
            groups,
            purchases,
            quizzes,
            conversions,
            notes,
            documents,
            associations,
            disturb,
        } = other;
        brought.records = self.records.absorb(records);
        if let Some(card) = loyalty {
            let own =
                self.loyalty.get_or_insert_with(|| Card { created_at: card.created_at, ..Card::default() });
            own.number = own.number.take().or_else(|| card.number.clone());
            own.created_at = own.created_at.min(card.created_at);
            own.points.absorb(&card.points);
            own.amount.absorb(&card.amount);
            own.carry = own.carry.saturating_add(card.carry);
            card.redeemed.iter().for_each(|redeemed| own.redeem(redeemed.clone()));
        }
        for (name, member) in groups {
            let own = self.groups.get(name);
            if member.inside && !own.is_some_and(|own| own.inside) {
                brought.groups.push(name.clone());
                self.groups.insert(name.clone(), *member);
            } else if own.is_none() {
                self.groups.insert(name.clone(), *member);
            }
        }
        self.purchases.absorb(purchases);
        brought.quizzes = self.quizzes.absorb(quizzes);
        for (name, converted) in conversions {
            self.conversions.entry(name.clone()).or_default().absorb(converted);
        }
        notes.iter().for_each(|note| self.notes.add(note.clone()));
        for document in documents {
            let of = Some(document.of.clone().unwrap_or_else(|| id.clone()));
            self.documents.push(Document { of, ..document.clone() });
        }
        for association in associations {
            let same = |own: &Association| own.kind == association.kind && own.other == association.other;
            if !self.associations.iter().any(same) {
                self.associations.push(association.clone());
            }
        }
        self.disturb.harden(disturb);
    }

    /// Gives back what belonged to another contact: what that has again. Blocks stay on both.
    pub(crate) fn give_back(&mut self, other: &Self, brought: &Brought) -> Self {
        let mut back = other.clone();
        back.records = self.records.give_back(&other.records, &brought.records);
        if let (Some(own), Some(card)) = (&mut self.loyalty, &mut back.loyalty) {
            card.points = own.points.give_back(&card.points);
            card.amount = own.amount.give_back(&card.amount);
            if own.number == card.number {
                own.number = None;
            }
        }
        for name in &brought.groups {
            back.groups.extend(self.groups.remove(name).map(|member| (name.clone(), member)));
        }
        self.purchases.give_back(&other.purchases);
        back.quizzes = self.quizzes.give_back(&other.quizzes, &brought.quizzes);
        for (name, converted) in &other.conversions {
            if let Some(own) = self.conversions.get_mut(name) {
                own.give_back(converted);
            }
        }
        self.conversions.retain(|_, converted| converted.count > 0);
        let theirs = |document: &Document| other.documents.iter().any(|known| known.id == document.id);
        back.documents.retain(|document| self.documents.iter().any(|known| known.id == document.id));
        self.documents.retain(|document| !theirs(document));
        self.associations.retain(|association| !other.associations.contains(association));
        back.disturb.harden(&self.disturb);
        back
    }
}
