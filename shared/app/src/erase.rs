//! Erasing a person (P12, SEM-13): first a mark after which nothing happens to the contact any more, then its rows, parked
//! messages, visits and mails; once more when nobody can still be at work with what was there; then a signed report.

use std::collections::BTreeSet;
use std::sync::Arc;

use flusso_engine::contact::Contact;
use flusso_engine::contact::association::Other;
use flusso_engine::contact::gone::Gone;
use flusso_engine::contact::hidden::{DELETION, Hidden};
use flusso_engine::contact::identity::Identity;
use flusso_engine::definitions::Definitions;
use flusso_engine::ids::{ContactId, JobId};
use flusso_engine::react::Input;
use flusso_engine::time::{Instant, Millis};
use flusso_engine::timeline::What;
use flusso_store::keys::job::{Job, JobState, Over, Task};
use flusso_store::keys::word;
use flusso_store::repository::Removed;
use futures_util::future::try_join_all;
use serde::Serialize;
use serde_json::Value;

use crate::apply::{Applied, Progress};
use crate::documents::blob;
use crate::hand::ByHand;
use crate::ports::queue::Lane;
use crate::ports::secrets::SecretName;
use crate::unsubscribe::sign;
use crate::wake::VERIFIED_AFTER;
use crate::{App, AppError};

/// How often the mark is tried against other commits.
const TRIES: u32 = 10;
/// Records that are read at once.
const RECORDS: usize = 100;
/// Who does it, as records say.
const BY: &str = "erase";
/// For how long the table's own backups go back (DynamoDB: 35 days at most).
const BACKUPS: Millis = Millis::hours(35 * 24);

/// What was erased, and what is kept on purpose. It names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The job that did it.
    pub job: String,
    /// The contact's id, and those of contacts that were merged into it.
    pub contacts: Vec<String>,
    /// Who asked for it.
    pub requested_by: String,
    /// When.
    pub requested_at: String,
    /// When everything was gone for the second time.
    pub finished_at: String,
    /// How many of each sort were removed.
    pub removed: std::collections::BTreeMap<String, u64>,
    /// What is kept, and why.
    pub kept: Vec<&'static str>,
    /// Until when copies of the table that its platform makes by itself may still have it.
    pub backups_until: String,
}

/// What is kept of somebody who was erased.
const KEPT: &[&str] = &[
    "suppression: a keyed hash of each address, so that it is not written to again",
    "chain: a salted digest of each record, whose salt is gone",
    "receipt: a hash of each event's source and id, so that it does not count twice",
    "counters: how many people did what; those behind a number are named by ids that lead nowhere any more",
];

impl App {
    /// Has a person erased, by a job.
    pub async fn erase_contact(&self, id: &str, by: &str) -> Result<JobId, AppError> {
        let contact = self.contact(id).await?;
        let task = Task::Erase { named: names(&contact), files: files(&contact), again: false };
        let over = Over::Contacts { contacts: vec![contact.id.clone()] };
        self.begin_job(task, over, by, None).await
    }

    /// Has somebody erased who was deleted, once the time has passed within which that could be taken back.
    pub(crate) async fn erase_deleted(&self, contact: &Contact) -> Result<(), AppError> {
        let Some(at) = contact.state.hidden.and_then(Hidden::erased_from) else { return Ok(()) };
        let task = Task::Erase { named: Vec::new(), files: Vec::new(), again: false };
        let over = Over::Contacts { contacts: vec![contact.id.clone()] };
        let named = format!("{}.{at}", contact.id);
        self.begin_job(task, over, DELETION, Some((DELETION, &named))).await.map(drop)
    }

    /// Goes on with erasing.
    pub(crate) async fn erase_on(
        &self,
        job: &mut Job,
        definitions: &Arc<Definitions>,
    ) -> Result<(), AppError> {
        let (Task::Erase { named, files: known, again }, Over::Contacts { contacts }) =
            (&job.task, &job.over)
        else {
            return Ok(());
        };
        let (mut named, mut all, again) = (named.clone(), known.clone(), *again);
        if again && named.is_empty() {
            // What it was looked for by is gone from the row; from the medium, with this.
            for id in contacts {
                let joined = self.repository.contact_itself(id).await?.state.joined;
                for id in std::iter::once(id).chain(joined.keys()) {
                    self.ports.traces.forget(id, &[]).await?;
                }
            }
            job.state = JobState::Done;
            (job.of, job.done) = (1, 1);
            (job.counting, job.cursor) = (None, None);
            return Ok(());
        }
        for id in contacts.clone() {
            let contact = self.repository.contact(&id).await?;
            // They were restored meanwhile.
            let restored = *job.started_by == *DELETION && contact.is_there() && !contact.is_deleted();
            if restored {
                continue;
            }
            named.extend(names(&contact));
            all.extend(files(&contact));
            self.let_go(&contact).await?;
            self.forget(job, &contact.id, &named).await?;
            let own = std::iter::once(&contact.id).chain(contact.state.joined.keys());
            let known = try_join_all(own.map(|id| self.repository.contact_itself(id))).await?;
            if !self.mark_erased(definitions, &contact.id, &job.started_by).await? {
                continue;
            }
            for one in &known {
                self.forget_words(one).await?;
            }
            for joined in contact.state.joined.keys() {
                self.mark_erased(definitions, joined, BY).await?;
            }
            self.forget(job, &contact.id, &named).await?;
            for id in std::iter::once(&contact.id).chain(contact.state.joined.keys()) {
                count(job, self.repository.erase_partition(id).await?);
            }
        }
        let files = self.forget_files(&named).await?;
        count(job, Removed::from([("lists", files)]));
        let all: BTreeSet<String> = all.into_iter().collect();
        for file in &all {
            self.ports.blobs.remove(file).await?;
        }
        if again {
            count(job, Removed::from([("files", all.len() as u64)]));
            job.task = Task::Erase { named: Vec::new(), files: Vec::new(), again };
            job.not_before = None;
        } else {
            let named: BTreeSet<String> = named.into_iter().collect();
            let (named, files) = (named.into_iter().collect(), all.into_iter().collect());
            job.task = Task::Erase { named, files, again: true };
            job.not_before = Some(self.now() + VERIFIED_AFTER);
        }
        Ok(())
    }

    /// Whoever the contact was something to is told that it is not any more.
    async fn let_go(&self, contact: &Contact) -> Result<(), AppError> {
        let was = |id: &ContactId| *id == contact.id || contact.state.joined.contains_key(id);
        for other in others(contact) {
            let there = match self.contact(other.as_str()).await {
                Ok(there) => there,
                Err(AppError::NotFound { .. } | AppError::Gone { .. }) => continue,
                Err(error) => return Err(error),
            };
            let hand = ByHand { contact: there.id.to_string(), caller: BY.to_owned(), key: None };
            for one in &there.profile.objects.associations {
                let Other::Contact(id) = &one.other else { continue };
                if was(id) {
                    let event = format!("{}.{id}.{}", there.id, one.kind);
                    let said = [("type", &*one.kind), ("contact", id.as_str())];
                    let data =
                        said.map(|(name, value)| (name.to_owned(), value.into())).into_iter().collect();
                    self.happen(&hand, &event, "association.removed", data, |_| true).await?;
                }
            }
        }
        Ok(())
    }

    /// What is no row of the contact's own.
    async fn forget(&self, job: &mut Job, contact: &ContactId, named: &[String]) -> Result<(), AppError> {
        count(job, self.repository.erase_parked(named).await?);
        count(job, self.repository.erase_visits(named).await?);
        let ids = named.iter().filter(|name| name.starts_with("con_")).map(|id| ContactId::new(id.as_str()));
        for id in std::iter::once(contact.clone()).chain(ids).collect::<BTreeSet<_>>() {
            let mails = self.ports.traces.forget(&id, named).await?;
            count(job, Removed::from([("mails", mails)]));
        }
        Ok(())
    }

    /// By whatever the contact was ever called, as its records say, it is found no more: a row of a former name may have
    /// been left.
    async fn forget_words(&self, contact: &Contact) -> Result<(), AppError> {
        let mut words: BTreeSet<String> = word::of(&contact.profile);
        let mut cursor = None;
        loop {
            let page = self.repository.own_timeline(contact, cursor.as_deref(), RECORDS).await?;
            for line in page.items.iter().flat_map(|entry| &entry.lines) {
                let What::FieldSet { field, from, to } = &line.what else { continue };
                if word::FIELDS.contains(&&**field) {
                    let values = [from, to].into_iter().flatten().filter_map(Value::as_str);
                    words.extend(values.flat_map(|value| word::of_value(field, value)));
                }
            }
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        let gone: Vec<_> = words.into_iter().map(|word| (word, contact.id.clone(), u64::MAX)).collect();
        Ok(self.repository.drop_words(&gone).await?)
    }

    /// Nothing happens to the contact any more; false if somebody took back what was to end in this.
    async fn mark_erased(
        &self,
        definitions: &Arc<Definitions>,
        id: &ContactId,
        by: &str,
    ) -> Result<bool, AppError> {
        let by = if by == DELETION { DELETION } else { BY };
        let mut definitions = definitions.clone();
        for _ in 0..TRIES {
            let contact = self.repository.contact_itself(id).await?;
            if contact.is_unborn() || matches!(contact.state.gone, Some(Gone::Erased { .. })) {
                return Ok(true);
            }
            let inputs = vec![Applied { input: Input::Erase { by: by.into() }, receipt: None }];
            if let Progress::Done(after) =
                self.apply_by(Lane::Bulk, &mut definitions, contact, inputs).await?
            {
                return Ok(!after.is_there());
            }
        }
        Err(AppError::Unavailable("the contact changes too fast".to_owned()))
    }

    /// The report of an erasure that is done, and its signature.
    pub async fn erasure_report(&self, id: &str) -> Result<(Report, String), AppError> {
        let job = self.job(id).await?;
        let (Task::Erase { .. }, Over::Contacts { contacts }) = (&job.task, &job.over) else {
            return Err(AppError::NotFound { what: "report", id: id.to_owned() });
        };
        let Some(finished_at) = job.ended_at.filter(|_| job.state == JobState::Done) else {
            let message = "the erasure is not finished: it is done once more 15 minutes after the first time";
            return Err(AppError::Conflict { code: "erasure.unfinished", message: message.to_owned() });
        };
        let mut all = contacts.clone();
        for contact in contacts {
            all.extend(self.repository.contact_itself(contact).await?.state.joined.into_keys());
        }
        let report = Report {
            job: id.to_owned(),
            contacts: all.iter().map(ToString::to_string).collect(),
            requested_by: job.started_by.to_string(),
            requested_at: job.created_at.to_string(),
            finished_at: finished_at.to_string(),
            removed: job.counts.iter().map(|(name, n)| (name.to_string(), *n)).collect(),
            kept: KEPT.to_vec(),
            backups_until: (finished_at + BACKUPS).to_string(),
        };
        let secret = self.ports.secrets.current(SecretName::Unsubscribe);
        let text = serde_json::to_string(&report).unwrap_or_default();
        let signature = sign(&secret, &format!("erasure.{text}"));
        let signature = signature.ok_or_else(|| AppError::Unavailable("no key to sign with".to_owned()))?;
        Ok((report, format!("{}.{signature}", secret.key_id)))
    }

    /// Whether a job is to wait, and how long.
    pub(crate) fn rest_of(&self, job: &Job) -> Option<Millis> {
        let now: Instant = self.now();
        job.not_before.map(|at| at.since(now)).filter(|rest| rest.0 > 0)
    }
}

fn count(job: &mut Job, removed: Removed) {
    for (name, n) in removed.into_iter().filter(|(_, n)| *n > 0) {
        *job.counts.entry(name.into()).or_default() += n;
    }
}

/// The contacts to whom a contact is something.
fn others(contact: &Contact) -> BTreeSet<ContactId> {
    let associations = contact.profile.objects.associations.iter();
    let others = associations.filter_map(|one| match &one.other {
        Other::Contact(id) => Some(id.clone()),
        Other::Company(_) => None,
    });
    others.collect()
}

/// The files of a contact, by their names among the blobs.
fn files(contact: &Contact) -> Vec<String> {
    contact.profile.objects.documents.iter().map(|document| blob(&contact.id, document)).collect()
}

/// By what a contact can be found where it is no row of its own.
fn names(contact: &Contact) -> Vec<String> {
    let profile = &contact.profile;
    let identities = Identity::of(profile).into_iter().chain(profile.shared.iter().cloned());
    let names = identities.map(|identity| match identity {
        Identity::Email(name)
        | Identity::Phone(name)
        | Identity::External(name)
        | Identity::Visitor(name) => name,
    });
    let ids = std::iter::once(&contact.id).chain(contact.state.joined.keys()).map(ToString::to_string);
    let stated = ["email", "phone"].into_iter().filter_map(|field| profile.text(field).map(str::to_owned));
    names.chain(ids).chain(stated).collect()
}
