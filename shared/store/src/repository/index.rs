//! Index rows: lists, positions, the directory. A pure function of the contact, written around its commit: put before
//! it, deleted after it, each fenced by the contact's revision, and verified against the contact when read.

use std::collections::BTreeMap;

use flusso_engine::contact::Contact;
use flusso_engine::contact::record::Sort;
use flusso_engine::contact::send::Phase;
use flusso_engine::ids::{ContactId, EnrollmentId, SendId, WorkflowId};

use super::{Change, Listed, Repository};
use crate::codec::{row, value};
use crate::keys::directory::{self, DirectoryRow};
use crate::keys::double::{self, DoubleRow, Suspected};
use crate::keys::list::{self, Joined, ListRow};
use crate::keys::member::{self, MemberRow};
use crate::keys::open_task::{self, OpenTask, OpenTaskRow};
use crate::keys::position::{self, Position, PositionRow};
use crate::keys::unresolved::{self, UnresolvedRow};
use crate::keys::word::{self, Called, WordRow};
use crate::table::{Key, List, Reading, Row, TableError, When};

/// The index rows of a contact.
pub fn rows(contact: &Contact) -> Result<BTreeMap<Key, Row>, TableError> {
    let revision = contact.state.revision;
    let mut rows = Vec::new();
    if contact.is_there() {
        let listed = directory::Listed {
            name: contact.profile.display_name(),
            email: contact.profile.email().map(str::to_owned),
            phone: contact.profile.text("phone").map(str::to_owned),
            created_at: contact.profile.created_at,
        };
        rows.push(row::<DirectoryRow>(directory::key(&contact.id), revision, &listed)?);
        for word in word::of(&contact.profile) {
            rows.push(row::<WordRow>(word::key(&word, &contact.id), revision, &Called {})?);
        }
    }
    for other in contact.profile.doubles.iter().filter(|(_, double)| !double.dismissed) {
        let value = Suspected { kinds: other.1.kinds.iter().cloned().collect(), at: other.1.at };
        rows.push(row::<DoubleRow>(double::key(&contact.id, other.0), revision, &value)?);
    }
    for (name, at) in &contact.profile.lists {
        rows.push(row::<ListRow>(list::key(name, &contact.id), revision, &Joined { at: *at })?);
    }
    for (segment, since) in contact.state.segments() {
        rows.push(row::<MemberRow>(member::key(segment, &contact.id), revision, &Joined { at: since })?);
    }
    for (id, enrollment) in &contact.state.enrollments {
        let value = Position {
            contact: contact.id.clone(),
            version: enrollment.version.clone(),
            step: enrollment.step.clone(),
            since: enrollment.anchor,
        };
        let key = position::key(&enrollment.workflow, contact, id);
        rows.push(row::<PositionRow>(key, revision, &value)?);
    }
    let tasks = contact.profile.objects.records.of(Sort::Task);
    for (id, task) in tasks.filter(|(_, task)| !task.has_ended(Sort::Task)) {
        let assignee = task.text("assignee").unwrap_or_default();
        let key = open_task::key(assignee, task.instant("due"), &contact.id, id);
        let value = OpenTask { contact: contact.id.clone(), task: id.clone() };
        rows.push(row::<OpenTaskRow>(key, revision, &value)?);
    }
    let unresolved =
        contact.state.sends.iter().filter(|(_, send)| matches!(send.phase, Phase::Unresolved { .. }));
    for (id, _) in unresolved {
        rows.push(row::<UnresolvedRow>(unresolved::key(&contact.id, id), revision, &contact.id)?);
    }
    Ok(rows.into_iter().map(|row| (row.key.clone(), row)).collect())
}

impl Repository {
    /// Before a commit: puts what it will make true, and what it takes out of the state row.
    pub async fn put_before(&self, change: &Change) -> Result<(), TableError> {
        let (old, new) = (rows(&change.before)?, rows(&change.after)?);
        let fence = When::Older(change.after.state.revision);
        let changed =
            new.into_iter().filter(|(key, row)| old.get(key).is_none_or(|known| known.body != row.body));
        let dropped = change.dropped()?;
        self.put_fenced(changed.map(|(_, row)| (row, fence)).chain(dropped).collect()).await
    }

    /// After a commit: deletes what it made untrue.
    pub async fn drop_index(&self, before: &Contact, after: &Contact) -> Result<(), TableError> {
        let (old, new) = (rows(before)?, rows(after)?);
        let fence = When::Older(after.state.revision);
        let gone: Vec<(Key, When)> =
            old.into_keys().filter(|key| !new.contains_key(key)).map(|key| (key, fence)).collect();
        if gone.is_empty() { Ok(()) } else { self.table.remove_all(gone).await }
    }

    /// After a commit that did not come about, or of which nobody knows: the committed contact's rows are put again,
    /// and what was put for nothing is deleted.
    pub async fn mend_index(&self, tried: &Contact, committed: &Contact) -> Result<(), TableError> {
        let fence = When::Older(committed.state.revision);
        let true_rows = rows(committed)?;
        self.put_fenced(true_rows.into_values().map(|row| (row, fence)).collect()).await?;
        self.drop_index(tried, committed).await
    }

    /// Puts the rows of a contact that are not there: those of an index that is newer than the contact. How many there
    /// were.
    pub async fn put_missing(&self, contact: &Contact) -> Result<usize, TableError> {
        let stated = rows(contact)?;
        let keys: Vec<Key> = stated.keys().cloned().collect();
        let known = if keys.is_empty() { Vec::new() } else { self.table.get(&keys).await? };
        let missing = stated.into_values().zip(known).filter(|(_, known)| known.is_none());
        let fence = When::Older(contact.state.revision);
        let missing: Vec<(Row, When)> = missing.map(|(row, _)| (row, fence)).collect();
        let many = missing.len();
        self.put_fenced(missing).await?;
        Ok(many)
    }

    async fn put_fenced(&self, rows: Vec<(Row, When)>) -> Result<(), TableError> {
        if rows.is_empty() { Ok(()) } else { self.table.put_all(rows).await }
    }

    /// The people inside a workflow as the index states them, one page of one shard; verify each against its contact.
    pub async fn positions(
        &self,
        workflow: &WorkflowId,
        shard: u8,
        cursor: Option<String>,
    ) -> Result<Listed<(EnrollmentId, Position)>, TableError> {
        let list = List { cursor, ..List::all(position::partition(workflow, shard), 100) };
        let page = self.page::<PositionRow>(&list).await?;
        let items = page.items.into_iter().map(|(sort, position)| (position::enrollment(&sort), position));
        Ok(Listed { items: items.collect(), cursor: page.cursor })
    }

    /// The people on a list as the index states them, one page of one shard; verify each against its contact.
    pub async fn on_list(
        &self,
        name: &str,
        shard: u8,
        cursor: Option<String>,
    ) -> Result<Listed<ContactId>, TableError> {
        let list = List { cursor, ..List::all(list::partition(name, shard), 100) };
        let page = self.page::<ListRow>(&list).await?;
        Ok(Listed {
            items: page.items.into_iter().map(|(sort, _)| ContactId::new(sort)).collect(),
            cursor: page.cursor,
        })
    }

    /// The contacts that are looked for by words that begin so, as the index states them, in the order of the words, one
    /// page; verify each against its contact. The cursor can also be made: `<word> <contact>`.
    pub async fn called(
        &self,
        beginning: &str,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Listed<(String, ContactId)>, TableError> {
        let list = List::all(word::partition(beginning), limit).with_prefix(beginning);
        let page = self.page::<WordRow>(&List { cursor, reading: Reading::Eventual, ..list }).await?;
        let items = page.items.iter().filter_map(|(sort, _)| word::of_sort(sort));
        let items = items.map(|(word, contact)| (word.to_owned(), contact)).collect();
        Ok(Listed { items, cursor: page.cursor })
    }

    /// Removes rows of words that their contacts, as they are read at a revision, have no more.
    pub async fn drop_words(&self, stale: &[(String, ContactId, u64)]) -> Result<(), TableError> {
        let gone = stale.iter().map(|(word, contact, read)| (word::key(word, contact), When::Older(*read)));
        if stale.is_empty() { Ok(()) } else { self.table.remove_all(gone.collect()).await }
    }

    /// The members of a segment as the index states them, one page of one shard; verify each against its contact.
    pub async fn members(
        &self,
        segment: &str,
        shard: u8,
        cursor: Option<String>,
    ) -> Result<Listed<ContactId>, TableError> {
        let list = List { cursor, ..List::all(member::partition(segment, shard), 100) };
        let page = self.page::<MemberRow>(&list).await?;
        Ok(Listed {
            items: page.items.into_iter().map(|(sort, _)| ContactId::new(sort)).collect(),
            cursor: page.cursor,
        })
    }

    /// Pairs of contacts that may be one person, as the index states them, one page; verify each against the first.
    pub async fn doubles(
        &self,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Listed<(ContactId, ContactId)>, TableError> {
        let list = List { cursor, ..List::all(double::PARTITION, limit) };
        let page = self.page::<DoubleRow>(&list).await?;
        let items = page.items.into_iter().filter_map(|(sort, _)| double::pair(&sort));
        Ok(Listed { items: items.collect(), cursor: page.cursor })
    }

    /// The open tasks of a colleague as the index states them, the next one first, one page; verify each against its
    /// contact.
    pub async fn open_tasks(
        &self,
        assignee: &str,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Listed<OpenTask>, TableError> {
        let list = List { cursor, ..List::all(open_task::partition(assignee), limit) };
        let page = self.page::<OpenTaskRow>(&list).await?;
        Ok(Listed { items: page.items.into_iter().map(|(_, task)| task).collect(), cursor: page.cursor })
    }

    /// Sends of which nobody knows after a day whether they went, each confirmed by its contact; `most` at most.
    pub async fn unresolved(&self, most: usize) -> Result<Vec<(ContactId, SendId)>, TableError> {
        let mut confirmed = Vec::new();
        for row in self.all(List::all(unresolved::PARTITION, 100)).await? {
            let (contact, send) = (value::<UnresolvedRow>(&row)?, unresolved::send(&row.key.sort));
            let open =
                self.contact_itself(&contact).await?.state.sends.get(&send).map(|send| send.phase.clone());
            if matches!(open, Some(Phase::Unresolved { .. })) {
                confirmed.push((contact, send));
            }
            if confirmed.len() >= most {
                break;
            }
        }
        Ok(confirmed)
    }

    /// The contacts of a directory shard as the index states them, one page; verify each against its contact.
    pub async fn directory(
        &self,
        shard: u8,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Listed<(ContactId, directory::Listed)>, TableError> {
        let list = List::all(directory::partition(shard), limit);
        let list = List { cursor, reading: Reading::Eventual, ..list };
        let page = self.page::<DirectoryRow>(&list).await?;
        let items = page.items.into_iter().map(|(sort, listed)| (ContactId::new(sort), listed));
        Ok(Listed { items: items.collect(), cursor: page.cursor })
    }
}
