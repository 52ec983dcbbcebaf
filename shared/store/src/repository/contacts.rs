//! Contacts: loaded strongly, committed whole, conditional on their revision.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use flusso_engine::contact::consent::Suppression;
use flusso_engine::contact::identity::Identity;
use flusso_engine::contact::send::Sent;
use flusso_engine::contact::{Contact, Profile};
use flusso_engine::ids::{ContactId, SendId};
use flusso_engine::react::Rows;
use flusso_engine::time::Instant;
use flusso_engine::timeline::Entry;

use super::{Listed, Repository};
use crate::codec::{row, value};
use crate::keys::identity::IdentityRow;
use crate::keys::profile::ProfileRow;
use crate::keys::receipt::{Receipt, ReceiptRow};
use crate::keys::sent::SentRow;
use crate::keys::state::StateRow;
use crate::keys::suppression::{Suppressed, SuppressionRow};
use crate::keys::timeline::{Records, TimelineRow};
use crate::keys::{identity, profile, receipt, sent, state, suppression, timeline};
use crate::table::{Direction, Key, List, Row, TableError, When, Write};
use flusso_engine::limits;

/// Everything that one commit of a contact writes besides its index rows.
#[derive(Clone, Debug)]
pub struct Change {
    /// The contact as it was loaded.
    pub before: Contact,
    /// The contact after the last of the reactions.
    pub after: Contact,
    /// The records of the reactions, in order.
    pub entries: Vec<Arc<Entry>>,
    /// Rows of accepted sends that are new or changed.
    pub sent: BTreeMap<SendId, Sent>,
    /// The events that this commit makes count: source, id, receipt.
    pub receipts: Vec<(Arc<str>, Arc<str>, Receipt)>,
    /// Addresses that are not written to any more: keyed hash, reason, since when.
    pub suppressed: Vec<(String, Suppression, Instant)>,
}

impl Change {
    /// How many rows it writes.
    pub fn rows(&self) -> usize {
        // State, and at most a profile, two identities taken and given up, and browsers.
        let browsers = self.after.profile.visitors.len().abs_diff(self.before.profile.visitors.len());
        6 + browsers + self.entries.len() + self.sent.len() + self.receipts.len() + self.suppressed.len()
    }

    fn writes(&self) -> Result<Vec<Write>, TableError> {
        let (id, revision) = (&self.after.id, self.after.state.revision);
        let as_loaded = match self.before.state.revision {
            0 => When::Absent,
            loaded => When::Revision(loaded),
        };
        let mut writes =
            vec![Write::put(row::<StateRow>(state::key(id), revision, &self.after.state)?, as_loaded)];
        let profile_revision = self.after.state.profile_revision;
        if profile_revision != self.before.state.profile_revision {
            let profile: &Profile = &self.after.profile;
            writes
                .push(Write::put(row::<ProfileRow>(profile::key(id), profile_revision, profile)?, When::Any));
        }
        let carried = &self.after.state.entries;
        for entry in self.entries.iter().filter(|entry| !carried.contains(entry)) {
            writes.push(Write::put(timeline_row(id, std::slice::from_ref(entry))?, When::Any));
        }
        for (send, sent) in &self.sent {
            writes.push(Write::put(row::<SentRow>(sent::key(id, send), revision, sent)?, When::Any));
        }
        for (source, event, receipt) in &self.receipts {
            let key = receipt::key(source, event);
            writes.push(Write::put(row::<ReceiptRow>(key, receipt.revision, receipt)?, When::Absent));
        }
        for (hash, reason, at) in &self.suppressed {
            let value = Suppressed { reason: *reason, at: *at };
            writes.push(Write::put(
                row::<SuppressionRow>(suppression::key(hash, *reason), 0, &value)?,
                When::Any,
            ));
        }
        Ok(writes)
    }
}

/// The writes by which identities change hands between contacts that are committed together.
fn identities(changes: &[&Change]) -> Result<Vec<Write>, TableError> {
    let (mut had, mut has) = (BTreeMap::new(), BTreeMap::new());
    for change in changes {
        had.extend(Identity::of(&change.before.profile).into_iter().map(|identity| (identity, *change)));
        has.extend(Identity::of(&change.after.profile).into_iter().map(|identity| (identity, *change)));
    }
    let mut writes = Vec::new();
    for (taken, by) in &has {
        let before = had.get(taken).map(|change| &change.before.id);
        if before == Some(&by.after.id) {
            continue;
        }
        // One that another of them had is this one's if they are as they were loaded, which the commit checks.
        let when = if before.is_some() { When::Any } else { When::Absent };
        let (key, revision) = (identity::key(taken), by.after.state.revision);
        writes.push(Write::put(row::<IdentityRow>(key, revision, &by.after.id)?, when));
    }
    for given_up in had.keys().filter(|identity| !has.contains_key(*identity)) {
        writes.push(Write::delete(identity::key(given_up), When::Any));
    }
    Ok(writes)
}

/// How far a contact that was merged is followed: one contact takes others in at most so often.
const HOPS: usize = limits::MERGED + 1;

/// Above every revision, and as long as each of them in a key.
const LAST: u64 = 999_999_999_999;

impl Repository {
    /// A contact, strongly read; of one that nothing is stored of, the unborn one; of one that was merged into another
    /// one, that one.
    pub async fn contact(&self, id: &ContactId) -> Result<Contact, TableError> {
        let mut contact = self.contact_itself(id).await?;
        for _ in 0..HOPS {
            let Some(into) = contact.merged_into().cloned() else { return Ok(contact) };
            contact = self.contact_itself(&into).await?;
        }
        Err(TableError::Unavailable(format!("{id} was merged into itself")))
    }

    /// A contact as its own rows say, strongly read, also if it was merged into another one.
    pub async fn contact_itself(&self, id: &ContactId) -> Result<Contact, TableError> {
        // The two rows are read side by side. A commit between the two reads shows, and they are read again.
        for _ in 0..5 {
            let rows = self.table.get(&[state::key(id), profile::key(id)]).await?;
            let mut rows = rows.into_iter();
            if let Some(contact) = whole(id, rows.next().flatten(), rows.next().flatten())? {
                return Ok(contact);
            }
        }
        Err(TableError::Unavailable(format!("{id}: its rows change faster than they can be read")))
    }

    /// Several contacts as their own rows say, strongly read, in the order asked for.
    pub async fn contacts_themselves(&self, ids: &[ContactId]) -> Result<Vec<Contact>, TableError> {
        let keys: Vec<Key> = ids.iter().flat_map(|id| [state::key(id), profile::key(id)]).collect();
        let mut rows = if keys.is_empty() { Vec::new() } else { self.table.get(&keys).await? }.into_iter();
        let mut contacts = Vec::with_capacity(ids.len());
        for id in ids {
            let whole = whole(id, rows.next().flatten(), rows.next().flatten())?;
            contacts.push(match whole {
                Some(contact) => contact,
                None => self.contact_itself(id).await?,
            });
        }
        Ok(contacts)
    }

    /// The profiles of several contacts, of those that have one, strongly read: half of what [`Self::contacts_themselves`]
    /// reads, and it does not tell whether they are still there.
    pub async fn profiles(&self, ids: &[ContactId]) -> Result<Vec<Profile>, TableError> {
        let keys: Vec<Key> = ids.iter().map(profile::key).collect();
        let rows = if keys.is_empty() { Vec::new() } else { self.table.get(&keys).await? };
        rows.iter().flatten().map(value::<ProfileRow>).collect()
    }

    /// Commits a change: all of it, or none.
    pub async fn commit(&self, change: &Change) -> Result<(), TableError> {
        self.commit_all(&[change]).await
    }

    /// Commits changes of several contacts: all of them, or none.
    pub async fn commit_all(&self, changes: &[&Change]) -> Result<(), TableError> {
        let mut writes = Vec::new();
        for change in changes {
            writes.extend(change.writes()?);
        }
        writes.extend(identities(changes)?);
        self.table.commit(writes).await
    }

    /// The receipts and identities behind a set of events, strongly read, in the order asked for.
    pub async fn lookup(
        &self,
        events: &[(Arc<str>, Arc<str>)],
        identities: &[Identity],
    ) -> Result<(Vec<Option<Receipt>>, Vec<Option<ContactId>>), TableError> {
        let receipts = events.iter().map(|(source, id)| receipt::key(source, id));
        let keys: Vec<Key> = receipts.chain(identities.iter().map(identity::key)).collect();
        if keys.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let rows = self.table.get(&keys).await?;
        let (receipts, identities) = rows.split_at(events.len());
        let receipts = receipts.iter().map(|row| row.as_ref().map(value::<ReceiptRow>).transpose());
        let identities = identities.iter().map(|row| row.as_ref().map(value::<IdentityRow>).transpose());
        Ok((receipts.collect::<Result<_, _>>()?, identities.collect::<Result<_, _>>()?))
    }

    /// The rows of accepted sends; none for one that has no row.
    pub async fn sent(&self, contact: &ContactId, sends: &[SendId]) -> Result<Rows, TableError> {
        let keys: Vec<Key> = sends.iter().map(|send| sent::key(contact, send)).collect();
        let rows = if keys.is_empty() { Vec::new() } else { self.table.get(&keys).await? };
        let found = sends
            .iter()
            .zip(rows)
            .map(|(send, row)| Ok((send.clone(), row.as_ref().map(value::<SentRow>).transpose()?)));
        found.collect()
    }

    /// The strongest of what stands at an address.
    pub async fn suppression(&self, keyed_hash: &str) -> Result<Option<Suppression>, TableError> {
        Ok(self.suppressions(keyed_hash).await?.first().map(|suppressed| suppressed.reason))
    }

    /// All that stands at an address, the strongest first.
    pub async fn suppressions(&self, keyed_hash: &str) -> Result<Vec<Suppressed>, TableError> {
        let rows = self.all(List::all(suppression::partition(keyed_hash), 10)).await?;
        let mut stands = rows.iter().map(value::<SuppressionRow>).collect::<Result<Vec<_>, _>>()?;
        let rank = |one: &Suppressed| suppression::REASONS.iter().position(|reason| *reason == one.reason);
        stands.sort_by_key(rank);
        Ok(stands)
    }

    /// Suppresses an address outside of any commit.
    pub async fn suppress(
        &self,
        keyed_hash: &str,
        reason: Suppression,
        at: Instant,
    ) -> Result<(), TableError> {
        let row = row::<SuppressionRow>(suppression::key(keyed_hash, reason), 0, &Suppressed { reason, at })?;
        self.table.put_all(vec![(row, When::Any)]).await
    }

    /// Takes one reason for which an address is suppressed back.
    pub async fn lift_suppression(&self, keyed_hash: &str, reason: Suppression) -> Result<(), TableError> {
        self.table.remove_all(vec![(suppression::key(keyed_hash, reason), When::Any)]).await
    }

    /// The records of a contact and of those that were merged into it, newest first.
    pub async fn timeline(
        &self,
        contact: &Contact,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Listed<Arc<Entry>>, TableError> {
        if contact.state.joined.is_empty() {
            return self.own_timeline(contact, cursor, limit).await;
        }
        // Of each, how far it was told: `.` between them, empty at the end.
        let mut told: Vec<Option<String>> = cursor
            .map(|cursor| cursor.split('.').map(|at| Some(at.to_owned())).collect())
            .unwrap_or_default();
        told.resize(1 + contact.state.joined.len(), None);
        let mut known = Vec::new();
        let all = std::iter::once(&contact.id).chain(contact.state.joined.keys());
        for (at, id) in all.enumerate() {
            if told[at].as_deref() == Some("") {
                continue;
            }
            let one = if *id == contact.id { contact.clone() } else { self.contact_itself(id).await? };
            let page = self.own_timeline(&one, told[at].as_deref(), limit).await?;
            let last = page.items.len().saturating_sub(1);
            for (place, entry) in page.items.into_iter().enumerate() {
                let is_end = place == last && page.cursor.is_none();
                known.push((entry.now, at, entry.revision, is_end, entry));
            }
        }
        known.sort_by_key(|(at, whose, revision, ..)| Reverse((*at, *whose, *revision)));
        let more = known.len() > limit;
        known.truncate(limit);
        for (_, at, revision, is_end, _) in &known {
            told[*at] = Some(if *is_end { String::new() } else { revision.to_string() });
        }
        let items: Vec<Arc<Entry>> = known.into_iter().map(|(.., entry)| entry).collect();
        let more = more || told.iter().any(|at| at.as_deref() != Some("")) && items.len() == limit;
        // One of which nothing was told yet begins at its newest record.
        let newest = u64::MAX.to_string();
        let cursor: Vec<String> = told.into_iter().map(|at| at.unwrap_or_else(|| newest.clone())).collect();
        Ok(Listed { items, cursor: more.then(|| cursor.join(".")) })
    }

    /// The records of a contact's own reactions, newest first: those that its state row still carries, and those in rows.
    pub async fn own_timeline(
        &self,
        contact: &Contact,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Listed<Arc<Entry>>, TableError> {
        let before = cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or(u64::MAX);
        let to = timeline::key(&contact.id, before.min(LAST)).sort;
        let list = List::all(timeline::partition(&contact.id), limit).with_prefix(timeline::PREFIX);
        let list = List { direction: Direction::Backward, to: list.to.map(|end| end.min(to)), ..list };
        let page = self.page::<TimelineRow>(&list).await?;
        let in_rows = page.items.into_iter().flat_map(|(_, records)| records.into_entries());
        let known = in_rows.chain(contact.state.entries.iter().cloned());
        let known: BTreeMap<u64, Arc<Entry>> =
            known.filter(|entry| entry.revision < before).map(|entry| (entry.revision, entry)).collect();
        let more = page.cursor.is_some() || known.len() > limit;
        let items: Vec<Arc<Entry>> = known.into_values().rev().take(limit).collect();
        let cursor = items.last().filter(|_| more).map(|last| last.revision.to_string());
        Ok(Listed { items, cursor })
    }
}

/// The contact of its two rows; none if a commit came between reading them.
fn whole(id: &ContactId, state: Option<Row>, profile: Option<Row>) -> Result<Option<Contact>, TableError> {
    let Some(state) = state else { return Ok(Some(Contact::unborn(id.clone()))) };
    let state = value::<StateRow>(&state)?;
    let Some(profile) = profile.filter(|row| row.revision == state.profile_revision) else { return Ok(None) };
    Ok(Some(Contact { id: id.clone(), state, profile: Arc::new(value::<ProfileRow>(&profile)?) }))
}

/// The row of records that followed each other.
pub(super) fn timeline_row(contact: &ContactId, entries: &[Arc<Entry>]) -> Result<Row, TableError> {
    let (first, last) = (entries.first().map_or(0, |entry| entry.revision), entries.last());
    let records = Records::Several(entries.to_vec());
    row::<TimelineRow>(timeline::key(contact, first), last.map_or(0, |entry| entry.revision), &records)
}
