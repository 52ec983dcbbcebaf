//! Merging two contacts that are one person, and undoing that (SEM-14): one commit over both, conditional on both.

use std::collections::BTreeSet;
use std::sync::Arc;

use flusso_engine::contact::Contact;
use flusso_engine::contact::gone::{Brought, Whole};
use flusso_engine::contact::identity::{Double, Identity};
use flusso_engine::definitions::Definitions;
use flusso_engine::ids::ContactId;
use flusso_engine::limits;
use flusso_engine::react::{Input, NOT_DOUBLE, Rows, cannot_merge, cannot_part};
use flusso_engine::time::Instant;
use flusso_engine::timeline::What;
use serde_json::{Map, Value};

use crate::apply::{Applied, Draft};
use crate::ports::queue::Lane;
use crate::workflows::people::decided;
use crate::{App, AppError};

/// How often it is tried against other commits.
const TRIES: u32 = 10;

/// Two contacts that may be one person, as it is told by the first.
#[derive(Clone, Debug)]
pub struct Doubles {
    /// The one that says so.
    pub contact: Contact,
    /// The other one.
    pub other: Contact,
    /// Why, and since when.
    pub double: Double,
}

impl App {
    /// Merges a contact into another one, which stays, with those fields of the first that are wanted although the one
    /// that stays has its own. Merging what is merged changes nothing.
    pub async fn merge(
        &self,
        stays: &str,
        goes: &str,
        theirs: &BTreeSet<Arc<str>>,
        by: &str,
    ) -> Result<Contact, AppError> {
        for _ in 0..TRIES {
            let stays = self.contact(stays).await?;
            let goes = self.repository.contact_itself(&ContactId::new(goes)).await?;
            if goes.merged_into() == Some(&stays.id) {
                return Ok(stays);
            }
            if !goes.is_there() {
                return Err(AppError::NotFound { what: "contact", id: goes.id.to_string() });
            }
            let mut definitions = self.definitions().await?;
            match cannot_merge(&definitions, &stays, &goes) {
                None => {}
                Some("not_ready") => {
                    self.drive(&mut definitions, stays, Input::Wake).await?;
                    self.drive(&mut definitions, goes, Input::Wake).await?;
                    continue;
                }
                Some(code) => return Err(refused(code)),
            }
            let now = self.now().max(stays.state.last_now).max(goes.state.last_now);
            let other = Box::new(Whole::of(&goes));
            if serde_json::to_string(&other).map_or(usize::MAX, |text| text.len()) > limits::MERGED_BYTES {
                return Err(refused("things for one record"));
            }
            let takes = Input::Merge { other, theirs: theirs.clone(), by: by.into() };
            let leaves = Input::MergedInto { into: stays.id.clone(), by: by.into() };
            let number = definitions.number;
            let first = self.drafted(&mut definitions, &stays, takes, now).await?.0;
            let second = self.drafted(&mut definitions, &goes, leaves, now).await?.0;
            if definitions.number != number || !first.after().state.joined.contains_key(&goes.id) {
                // There was something to be done first.
                self.drive(&mut definitions, stays, Input::Wake).await?;
                continue;
            }
            if let Some(committed) = self.commit_all(Lane::Fast, &[&first, &second], now).await? {
                return committed.into_iter().next().ok_or_else(too_fast);
            }
        }
        Err(too_fast())
    }

    /// Makes a contact one of its own again that was merged into another one; both, as they are then.
    pub async fn unmerge(&self, stays: &str, goes: &str, by: &str) -> Result<(Contact, Contact), AppError> {
        let unknown = || AppError::NotFound { what: "merge", id: goes.to_owned() };
        for _ in 0..TRIES {
            let stays = self.contact(stays).await?;
            let goes = self.repository.contact_itself(&ContactId::new(goes)).await?;
            let joined = stays.state.joined.get(&goes.id).ok_or_else(unknown)?.clone();
            let (mut other, brought) = self.merged(&stays, joined.revision).await?.ok_or_else(unknown)?;
            self.leave_taken(&stays, &mut other).await?;
            if let Some(code) = cannot_part(&stays, &goes.id, &other, self.now()) {
                return Err(refused(code));
            }
            let mut definitions = self.definitions().await?;
            let now = self.now().max(stays.state.last_now).max(goes.state.last_now);
            let gives = Input::Part { other, brought, by: by.into() };
            let (first, parted) = self.drafted(&mut definitions, &stays, gives, now).await?;
            let Some(whole) = parted else {
                self.drive(&mut definitions, stays, Input::Wake).await?;
                continue;
            };
            let comes = Input::ComeBack { whole, by: by.into() };
            let (second, _) = self.drafted(&mut definitions, &goes, comes, now).await?;
            if let Some(committed) = self.commit_all(Lane::Fast, &[&first, &second], now).await? {
                let mut committed = committed.into_iter();
                return committed.next().zip(committed.next()).ok_or_else(too_fast);
            }
        }
        Err(too_fast())
    }

    /// What the one that stayed has given up since, and somebody else has by now, stays theirs.
    async fn leave_taken(&self, stays: &Contact, other: &mut Whole) -> Result<(), AppError> {
        let held = Identity::of(&stays.profile);
        let given_up: Vec<Identity> =
            Identity::of(&other.profile).into_iter().filter(|identity| !held.contains(identity)).collect();
        let (_, owners) = self.repository.lookup(&[], &given_up).await?;
        for (identity, _) in given_up.into_iter().zip(owners).filter(|(_, owner)| owner.is_some()) {
            other.profile.give_up(&identity);
        }
        Ok(())
    }

    /// Pairs of contacts that may be one person, one page.
    pub async fn doubles(
        &self,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Doubles>, Option<String>), AppError> {
        let page = self.repository.doubles(cursor, limit).await?;
        let mut pairs = Vec::new();
        for (contact, other) in page.items {
            let contact = self.repository.contact_itself(&contact).await?;
            let double = contact.profile.doubles.get(&other).filter(|double| !double.dismissed).cloned();
            let Some(double) = double.filter(|_| contact.is_there() && !contact.is_deleted()) else {
                continue;
            };
            let other = self.repository.contact(&other).await?;
            if other.is_there() && other.id != contact.id {
                pairs.push(Doubles { contact, other, double });
            }
        }
        Ok((pairs, page.cursor))
    }

    /// Says that two contacts are two people, although they share something.
    pub async fn not_double(&self, contact: &str, other: &str, by: &str) -> Result<(), AppError> {
        let known = self.contact(contact).await?;
        let other = ContactId::new(other);
        let double = known.profile.doubles.get(&other);
        let double = double.ok_or_else(|| AppError::NotFound { what: "double", id: other.to_string() })?;
        if double.dismissed {
            return Ok(());
        }
        let data = Map::from_iter([("contact".to_owned(), Value::from(other.as_str()))]);
        let event = decided(by, &self.ports.tokens.token(), NOT_DOUBLE, data, self.now());
        self.apply_now(&known.id, &event).await
    }

    /// What a contact was that was merged by the reaction that made a revision, and what it brought.
    async fn merged(
        &self,
        contact: &Contact,
        revision: u64,
    ) -> Result<Option<(Box<Whole>, Box<Brought>)>, AppError> {
        let before = (revision + 1).to_string();
        let page = self.repository.own_timeline(contact, Some(&before), 1).await?;
        let Some(entry) = page.items.first().filter(|entry| entry.revision == revision) else {
            return Ok(None);
        };
        let Input::Merge { other, .. } = &entry.input else { return Ok(None) };
        let brought = entry.lines.iter().find_map(|line| match &line.what {
            What::Merged { brought, .. } => Some(brought.clone()),
            _ => None,
        });
        Ok(brought.map(|brought| (other.clone(), brought)))
    }

    /// What an input does to a contact, to be committed with what it does to another one; and what was parted from it.
    pub(crate) async fn drafted(
        &self,
        definitions: &mut Arc<Definitions>,
        contact: &Contact,
        input: Input,
        now: Instant,
    ) -> Result<(Draft, Option<Box<Whole>>), AppError> {
        let mut draft = Draft::new(contact);
        let reaction = self.decide(definitions, contact, &input, now, &mut Rows::new()).await?;
        let parted = reaction.parted.clone();
        draft.take(reaction, Applied { input, receipt: None });
        Ok((draft, parted))
    }
}

fn too_fast() -> AppError {
    AppError::Unavailable("the contacts change too fast".to_owned())
}

fn refused(code: &str) -> AppError {
    let (code, message) = match code {
        "same" => ("merge.same", "a contact can't be merged into itself".to_owned()),
        "test" => ("merge.test", "one of the two is a test contact, the other one is not".to_owned()),
        "deleted" => ("merge.deleted", "one of the two is deleted; restore it first".to_owned()),
        "nested" => (
            "merge.nested",
            "it was merged into a contact that was merged itself: undo that first".to_owned(),
        ),
        "too_late" => ("merge.too_late", "a merge can be undone for 30 days".to_owned()),
        "under_way" => (
            "merge.under_way",
            "a message of a workflow that came along is under way; try again later".to_owned(),
        ),
        "not_merged" => ("merge.not_merged", "these two were not merged".to_owned()),
        limit => (
            "merge.too_much",
            format!("together the two would have too many {limit}; remove some of one of them first"),
        ),
    };
    AppError::Conflict { code, message }
}
