//! A chunk of an import: rows are read, and each is an event of its own for one contact. Tried, it is the same reaction
//! without its commit.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use flusso_engine::contact::Contact;
use flusso_engine::contact::identity::{Identity, Taken};
use flusso_engine::definitions::Definitions;
use flusso_engine::event::Event;
use flusso_engine::ids::ContactId;
use flusso_engine::react::{Input, Rows};
use flusso_engine::time::Instant;
use flusso_engine::timeline::{Line, What};
use flusso_store::keys::import::{Import, Mode, Plan, Shape, Stage};
use flusso_store::keys::job::{Cursor, Job, JobState};
use flusso_store::keys::receipt::Receipt;
use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::json;

use super::read::{Place, Row, parts};
use super::rows::{Bad, Reader, source};
use crate::accept::body_hash;
use crate::apply::{Applied, CONFLICTS, Progress};
use crate::events::identities_of;
use crate::failpoint::failpoint;
use crate::jobs::LASTS;
use crate::ports::queue::Lane;
use crate::{App, AppError};

/// Rows that are looked up at once.
const BATCH: usize = 500;
/// Contacts that are worked on at once.
const AT_ONCE: usize = 100;
/// A file of rows with which something is wrong has about so many bytes at most.
const WRONG: usize = 3 << 20;

/// What a chunk has come to.
#[derive(Default)]
pub(super) struct Tally {
    pub counts: BTreeMap<Arc<str>, u64>,
    pub failed: u64,
    /// Rows with which something is wrong, a JSON object in each line.
    pub wrong: Vec<u8>,
}

impl Tally {
    pub(super) fn count(&mut self, name: &str) {
        match self.counts.get_mut(name) {
            Some(count) => *count += 1,
            None => drop(self.counts.insert(name.into(), 1)),
        }
    }

    /// Keeps a row with what is wrong with it.
    fn keep(&mut self, row: &Row, bad: &Bad, first: Option<u64>) {
        let said = json!({
            "row": row.number, "code": bad.code, "column": bad.column, "first": first, "cells": row.cells,
        });
        self.wrong.extend(said.to_string().bytes());
        self.wrong.push(b'\n');
    }

    fn refuse(&mut self, row: &Row, bad: &Bad) {
        self.failed += 1;
        self.count(&format!("bad.{}", bad.code));
        self.keep(row, bad, None);
    }
}

/// The rows in which somebody stood before: by identity while it is tried, by row when it is done.
pub(super) enum Seen {
    Names(HashMap<u64, u32>, Vec<(u32, u32)>),
    Rows(Vec<(u32, u32)>),
}

impl Seen {
    /// The row in which the person of this one stood first.
    fn before(&mut self, row: u64, identities: &[Identity], by_address: bool) -> Option<u64> {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        match self {
            Self::Rows(rows) => {
                let at = rows.binary_search_by_key(&row, |(row, _)| *row).ok()?;
                Some(u64::from(rows[at].1))
            }
            Self::Names(names, doubles) => {
                let finds = |one: &&Identity| by_address || matches!(one, Identity::External(_));
                let first = identities.iter().filter(finds).find_map(|one| names.get(&short(one)).copied());
                for one in identities {
                    names.entry(short(one)).or_insert(row);
                }
                doubles.extend(first.map(|first| (row, first)));
                first.map(u64::from)
            }
        }
    }
}

/// An identity in few bytes: so few that a million fit into memory, and enough that two are told apart.
fn short(identity: &Identity) -> u64 {
    let mut hasher = DefaultHasher::new();
    match identity {
        Identity::Email(email) => ("email", email.to_lowercase()).hash(&mut hasher),
        Identity::Phone(name) | Identity::External(name) | Identity::Visitor(name) => {
            (identity.kind(), name).hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// A row that says something of somebody.
struct Item {
    row: Row,
    event: Event,
    identities: Vec<Identity>,
}

/// Whose an item's identities are, and whether it was done before.
#[derive(Clone, Default)]
struct Found {
    owners: Vec<Option<ContactId>>,
    receipt: Option<Receipt>,
}

/// What became of a row.
enum Became {
    /// It was taken in: the lines of the reaction.
    Taken(Vec<Line>),
    /// It was not, as the mode has it.
    Left(&'static str),
}

/// What is the same for all rows of a chunk.
struct Work<'w> {
    reader: Reader<'w>,
    plan: &'w Plan,
    stage: Stage,
    /// By what contacts react.
    definitions: Arc<Definitions>,
}

impl App {
    /// Goes on with the rows of a file.
    pub(super) async fn rows_on(
        &self,
        (id, import): (&str, &Import),
        (shape, plan): (&Shape, &Plan),
        stage: Stage,
        job: &mut Job,
        began: Instant,
    ) -> Result<Tally, AppError> {
        let definitions = self.definitions().await?;
        let read_by = with_plan(&definitions, plan);
        let reader = Reader {
            plan,
            columns: &shape.columns,
            definitions: &read_by,
            source: source(id),
            at: job.created_at,
        };
        let work = Work { reader, plan, stage, definitions: definitions.clone() };
        let mut place =
            job.cursor.as_ref().and_then(|cursor| Place::read(cursor.after.as_deref()?)).unwrap_or_default();
        let mut seen = self.seen(id, stage, place).await?;
        let mut tally = Tally::default();
        let parts = parts(id, import);
        let mut stretch = self.stretch(&parts, place.bytes).await?;
        while self.now().since(began) <= LASTS && tally.wrong.len() < WRONG {
            if stretch.as_ref().is_some_and(|stretch| !stretch.has(place)) {
                stretch = self.stretch(&parts, place.bytes).await?;
            }
            let Some(there) = &stretch else {
                job.state = JobState::Done;
                break;
            };
            let (mut rows, next) = there.rows(shape, place, BATCH);
            rows.retain(|row| (row.number > 1 || !shape.header) && !row.is_blank());
            job.done += rows.len() as u64;
            self.batch(&work, rows, &mut seen, &mut tally).await?;
            place = next;
            failpoint("rows-done");
        }
        if stage == Stage::Check {
            // As many as there are, if the rest is like what was read.
            let bytes: u64 = parts.iter().map(|(_, bytes)| bytes).sum();
            job.of = match job.state {
                JobState::Done => job.done,
                _ => job.done.saturating_mul(bytes) / place.bytes.max(1),
            };
        }
        let cursor = Cursor { shard: 0, after: Some(place.written()) };
        job.cursor = (job.state != JobState::Done).then_some(cursor);
        if let (Stage::Check, Seen::Names(names, doubles)) = (stage, &seen) {
            self.keep_seen(id, names, doubles, job.state == JobState::Done).await?;
        }
        Ok(tally)
    }

    /// The rows in which people stood before, as an earlier chunk or the trial has left it.
    async fn seen(&self, id: &str, stage: Stage, place: Place) -> Result<Seen, AppError> {
        let blob = |name: &str| format!("imports/{id}/{name}");
        let pairs = |bytes: Vec<u8>| -> Vec<(u32, u32)> {
            let number = |bytes: &[u8]| bytes.try_into().map_or(0, u32::from_le_bytes);
            bytes.chunks_exact(8).map(|pair| (number(&pair[..4]), number(&pair[4..]))).collect()
        };
        let fresh = stage == Stage::Check && place == Place::default();
        let doubles = if fresh { None } else { self.ports.blobs.get(&blob("doubles")).await? };
        let doubles = pairs(doubles.unwrap_or_default());
        if stage == Stage::Apply {
            return Ok(Seen::Rows(doubles));
        }
        let bytes = if fresh { None } else { self.ports.blobs.get(&blob("seen")).await? };
        let bytes = bytes.unwrap_or_default();
        let name = |one: &[u8]| {
            let (name, row) = one.split_at(8);
            Some((u64::from_le_bytes(name.try_into().ok()?), u32::from_le_bytes(row.try_into().ok()?)))
        };
        // A chunk that is done again has left what it saw: what comes after its beginning is not seen yet.
        let is_before = |row: u32| u64::from(row) <= place.rows;
        let names = bytes.chunks_exact(12).filter_map(name).filter(|(_, row)| is_before(*row)).collect();
        let doubles = doubles.into_iter().filter(|(row, _)| is_before(*row)).collect();
        Ok(Seen::Names(names, doubles))
    }

    async fn keep_seen(
        &self,
        id: &str,
        names: &HashMap<u64, u32>,
        doubles: &[(u32, u32)],
        done: bool,
    ) -> Result<(), AppError> {
        let pairs = doubles.iter().flat_map(|(row, first)| [row.to_le_bytes(), first.to_le_bytes()]);
        self.ports.blobs.put(&format!("imports/{id}/doubles"), pairs.flatten().collect()).await?;
        let seen = format!("imports/{id}/seen");
        if done {
            return Ok(self.ports.blobs.remove(&seen).await?);
        }
        let mut bytes = Vec::with_capacity(names.len() * 12);
        for (name, row) in names {
            bytes.extend(name.to_le_bytes());
            bytes.extend(row.to_le_bytes());
        }
        Ok(self.ports.blobs.put(&seen, bytes).await?)
    }

    async fn batch(
        &self,
        work: &Work<'_>,
        rows: Vec<Row>,
        seen: &mut Seen,
        tally: &mut Tally,
    ) -> Result<(), AppError> {
        let account = &work.definitions.account;
        let mut items = Vec::new();
        for row in rows {
            let event = match work.reader.event(&row) {
                Ok(event) => event,
                Err(bad) => {
                    tally.refuse(&row, &bad);
                    continue;
                }
            };
            let identities = identities_of(account, &event);
            if let Some(first) = seen.before(row.number, &identities, !account.duplicates) {
                tally.count("duplicate");
                tally.keep(&row, &Bad { code: "duplicate", column: None }, Some(first));
                continue;
            }
            items.push(Item { row, event, identities });
        }
        let found = self.find(work, &items).await?;
        // Made before they are worked on: what is handed in must not hold the closure that makes it.
        let worked: Vec<_> =
            items.iter().zip(found).map(|(item, found)| self.row(work, item, found)).collect();
        let worked: Vec<_> = stream::iter(worked).buffered(AT_ONCE).collect().await;
        let mut born = Vec::new();
        for (item, became) in items.iter().zip(worked) {
            let (became, contact) = became?;
            note(tally, &item.row, &became);
            born.extend(contact);
        }
        self.bring_all_up(work, born).await
    }

    /// Whoever was made while the definitions changed reacts by those of now: the job that came with them may have gone
    /// over all contacts before.
    async fn bring_all_up(&self, work: &Work<'_>, born: Vec<Contact>) -> Result<(), AppError> {
        if born.is_empty() || self.repository.head_at(work.definitions.number + 1).await?.is_none() {
            return Ok(());
        }
        let mut definitions = self.definitions().await?;
        for contact in born {
            self.drive_by(Lane::Bulk, &mut definitions, contact, Input::Wake).await?;
        }
        Ok(())
    }

    /// Whose the identities of some rows are; and, where they are somebody's, whether the row was done before.
    async fn find(&self, work: &Work<'_>, items: &[Item]) -> Result<Vec<Found>, AppError> {
        let identities: Vec<Identity> = items.iter().flat_map(|item| item.identities.clone()).collect();
        let mut owners = self.repository.lookup(&[], &identities).await?.1.into_iter();
        let mut found: Vec<Found> = items
            .iter()
            .map(|item| Found {
                owners: owners.by_ref().take(item.identities.len()).collect(),
                receipt: None,
            })
            .collect();
        if work.stage == Stage::Apply {
            let known = |found: &Found| found.owners.iter().any(Option::is_some);
            let asked: Vec<usize> = (0..items.len()).filter(|at| known(&found[*at])).collect();
            let keys = asked.iter().map(|at| (items[*at].event.source.clone(), items[*at].event.id.clone()));
            let (receipts, _) = self.repository.lookup(&keys.collect::<Vec<_>>(), &[]).await?;
            for (at, receipt) in asked.into_iter().zip(receipts) {
                found[at].receipt = receipt;
            }
        }
        Ok(found)
    }

    /// Takes a row in, or tries to; what became of it, and the contact if it is new.
    async fn row(
        &self,
        work: &Work<'_>,
        item: &Item,
        mut found: Found,
    ) -> Result<(Became, Option<Contact>), AppError> {
        for _ in 0..=CONFLICTS {
            if let Some(receipt) = &found.receipt {
                let contact = self.repository.contact(&receipt.contact).await?;
                self.act_by(Lane::Bulk, &contact).await?;
                return Ok((Became::Taken(self.lines_then(&contact, receipt.revision).await?), None));
            }
            let by_address = !work.definitions.account.duplicates;
            let finds = |one: &Identity| by_address || matches!(one, Identity::External(_));
            let mut owners = item.identities.iter().zip(&found.owners);
            let owner = owners.find_map(|(one, owner)| owner.clone().filter(|_| finds(one)));
            let fresh = || Contact::unborn(ContactId::derive(&item.event.source, &item.event.id));
            let contact = match &owner {
                Some(owner) => self.repository.contact(owner).await?,
                None => fresh(),
            };
            let there = contact.is_there() && !contact.is_deleted();
            match work.plan.mode {
                Mode::Create if there => return Ok((Became::Left("exists"), None)),
                Mode::Update if !there => return Ok((Became::Left("unknown"), None)),
                _ => {}
            }
            let contact = if contact.is_unborn() || contact.is_there() { contact } else { fresh() };
            let input = input(item, &contact, &found.owners);
            let mut definitions = work.definitions.clone();
            if work.stage == Stage::Check {
                let mut rows = Rows::new();
                let now = self.now();
                let reaction = self.decide(&mut definitions, &contact, &input, now, &mut rows).await?;
                return Ok((Became::Taken(reaction.entry.lines), None));
            }
            let event = &item.event;
            let receipt = Some((event.source.clone(), event.id.clone(), body_hash(event)));
            let born = contact.is_unborn();
            let inputs = vec![Applied { input, receipt }];
            if let Progress::Done(after) =
                self.apply_by(Lane::Bulk, &mut definitions, contact, inputs).await?
            {
                let lines = self.lines_then(&after, after.state.revision).await?;
                return Ok((Became::Taken(lines), born.then_some(*after)));
            }
            // Somebody else was quicker, or it was done before.
            let key = [(event.source.clone(), event.id.clone())];
            let (receipts, owners) = self.repository.lookup(&key, &item.identities).await?;
            found = Found { owners, receipt: receipts.into_iter().next().flatten() };
        }
        Err(AppError::Unavailable("the contact changes too fast".to_owned()))
    }

    /// What the reaction says that made a revision.
    pub(super) async fn lines_then(&self, contact: &Contact, revision: u64) -> Result<Vec<Line>, AppError> {
        let carried = contact.state.entries.iter().find(|entry| entry.revision == revision);
        match carried {
            Some(entry) => Ok(entry.lines.clone()),
            None => self.lines_of(contact, revision).await,
        }
    }
}

/// What is said, and whose the identities in it are that are not the contact's.
fn input(item: &Item, contact: &Contact, owners: &[Option<ContactId>]) -> Input {
    let taken = item.identities.iter().zip(owners).filter_map(|(identity, owner)| {
        let owner = owner.clone().filter(|owner| *owner != contact.id)?;
        Some(Taken { identity: identity.clone(), owner: Some(owner) })
    });
    Input::Event { event: item.event.clone(), taken: taken.collect() }
}

/// Counts what became of a row.
fn note(tally: &mut Tally, row: &Row, became: &Became) {
    let lines = match became {
        Became::Left(code) => {
            tally.count(code);
            return tally.keep(row, &Bad { code, column: None }, None);
        }
        Became::Taken(lines) => lines,
    };
    tally.count(outcome(lines));
    for line in lines {
        match &line.what {
            What::Enrolled { .. } => {
                let workflow = line.workflow.as_ref().map(ToString::to_string).unwrap_or_default();
                tally.count(&format!("enters.{workflow}"));
            }
            What::IdentityTaken { kind } => {
                tally.count("taken");
                let column = Some(kind.as_str().into());
                tally.keep(row, &Bad { code: "identity_taken", column }, None);
            }
            What::LimitReached { limit } if line.workflow.is_none() && limit != "rings" => {
                tally.count("limited");
                let column = Some(limit.as_str().into());
                tally.keep(row, &Bad { code: "limit_reached", column }, None);
            }
            _ => {}
        }
    }
}

/// What a row did to its contact.
fn outcome(lines: &[Line]) -> &'static str {
    let own = || lines.iter().filter(|line| line.workflow.is_none()).map(|line| &line.what);
    let nothing = |what: &What| {
        matches!(
            what,
            What::FieldKept { .. }
                | What::IdentityTaken { .. }
                | What::LimitReached { .. }
                | What::LeftForLater { .. }
        )
    };
    if own().any(|what| matches!(what, What::ContactCreated)) {
        "created"
    } else if own().any(|what| matches!(what, What::Restored)) {
        "restored"
    } else if own().all(nothing) {
        "unchanged"
    } else {
        "updated"
    }
}

/// The account as an import reads its rows: with the fields that it defines, and the country of its numbers.
fn with_plan(definitions: &Arc<Definitions>, plan: &Plan) -> Arc<Definitions> {
    if plan.fields.is_empty() && plan.country.is_empty() {
        return definitions.clone();
    }
    let mut own = (**definitions).clone();
    let mut catalogue = (*own.catalogue).clone();
    for (key, field) in &plan.fields {
        catalogue.fields.entry(key.clone()).or_insert_with(|| field.clone());
    }
    own.catalogue = Arc::new(catalogue);
    if !plan.country.is_empty() {
        own.account.country = plan.country.clone();
    }
    Arc::new(own)
}
