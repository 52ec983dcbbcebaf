//! What people and tools read: contacts, their timelines, the counts of a workflow.

use std::collections::BTreeMap;
use std::sync::Arc;

use flusso_engine::contact::Contact;
use flusso_engine::contact::fields;
use flusso_engine::contact::gone::Gone;
use flusso_engine::contact::identity::Identity;
use flusso_engine::contact::record::Sort;
use flusso_engine::ids::{ContactId, SendId, StepId, WorkflowId};
use flusso_engine::timeline::Entry;
use flusso_store::keys::open_task::OpenTask;
use flusso_store::repository::Listed;

use crate::{App, AppError};

/// The counts of a workflow, over all its versions. Entered = inside + completed + exited + failed + cancelled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Enrollments ever.
    pub entered: i64,
    /// Enrollments now.
    pub inside: i64,
    /// Came to the end.
    pub completed: i64,
    /// Left early.
    pub exited: i64,
    /// Could not go on.
    pub failed: i64,
    /// Were cancelled.
    pub cancelled: i64,
    /// By step, in the order of the document; steps of older versions last.
    pub steps: Vec<StepCounts>,
}

/// The counts of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepCounts {
    /// Which.
    pub step: String,
    /// By name: `reached`, `inside`, `sent`, `opened`, `replied`, `skipped.<reason>`, …
    pub counts: BTreeMap<String, i64>,
}

impl App {
    /// A contact by its id.
    pub async fn contact(&self, id: &str) -> Result<Contact, AppError> {
        let contact = self.repository.contact(&ContactId::new(id)).await?;
        if let Some(Gone::Erased { at }) = contact.state.gone {
            return Err(AppError::Gone { what: "contact", id: id.to_owned(), at });
        }
        if !contact.is_there() {
            return Err(AppError::NotFound { what: "contact", id: id.to_owned() });
        }
        Ok(contact)
    }

    /// A contact by its e-mail address or phone number.
    pub async fn find_contact(
        &self,
        email: Option<&str>,
        phone: Option<&str>,
    ) -> Result<Option<Contact>, AppError> {
        let unreadable =
            |field: &str, what: &str| AppError::invalid(field, "value.unreadable", format!("not {what}"));
        let email = email
            .map(|email| fields::email(email).ok_or_else(|| unreadable("email", "an e-mail address")))
            .transpose()?;
        let phone = match phone {
            None => None,
            Some(phone) => {
                let country = self.account().await?.country;
                let read = fields::phone_in(phone, &country);
                Some(read.ok_or_else(|| unreadable("phone", "a phone number"))?)
            }
        };
        let identities = Identity::among(email.as_deref(), phone.as_deref());
        let (_, owners) = self.repository.lookup(&[], &identities).await?;
        let Some(owner) = owners.into_iter().flatten().next() else { return Ok(None) };
        let contact = self.repository.contact(&owner).await?;
        Ok(contact.is_there().then_some(contact))
    }

    /// A contact, and the latest of its records.
    pub async fn card(&self, id: &str, limit: usize) -> Result<(Contact, Listed<Arc<Entry>>), AppError> {
        let contact = self.contact(id).await?;
        let page = self.repository.timeline(&contact, None, limit).await?;
        Ok((contact, page))
    }

    /// The records of a contact, newest first.
    pub async fn timeline(
        &self,
        id: &str,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Listed<Arc<Entry>>, AppError> {
        let contact = self.contact(id).await?;
        Ok(self.repository.timeline(&contact, cursor.as_deref(), limit).await?)
    }

    /// The open tasks of a colleague, the next one first, each with its contact; those of nobody, if none is named.
    pub async fn open_tasks(
        &self,
        assignee: &str,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Listed<(Contact, Arc<str>)>, AppError> {
        let page = self.repository.open_tasks(assignee, cursor, limit).await?;
        let mut items: Vec<(Contact, Arc<str>)> = Vec::new();
        for OpenTask { contact, task } in page.items {
            let contact = self.repository.contact(&contact).await?;
            let known = contact.profile.objects.records.get(Sort::Task, &task);
            let is_theirs = known.is_some_and(|known| {
                !known.has_ended(Sort::Task) && known.text("assignee").unwrap_or_default() == assignee
            });
            // One of which the date has changed may stand there twice.
            let is_new = !items.iter().any(|(there, known)| there.id == contact.id && *known == task);
            if is_theirs && is_new {
                items.push((contact, task));
            }
        }
        Ok(Listed { items, cursor: page.cursor })
    }

    /// The counts of a workflow.
    pub async fn counts(&self, id: &str) -> Result<Counts, AppError> {
        let workflow = WorkflowId::new(id);
        let info = self.workflow(id).await?;
        let order: Vec<StepId> = match &info.version {
            Some(version) => self.program(version).await?.step_ids(),
            None => Vec::new(),
        };
        let mut counts = Counts::default();
        let mut steps: BTreeMap<(usize, String), BTreeMap<String, i64>> =
            order.iter().enumerate().map(|(at, step)| ((at, step.to_string()), BTreeMap::new())).collect();
        for (counter, value) in self.repository.counters(&workflow).await? {
            match (&counter.step, &*counter.name) {
                (None, "entered") => counts.entered += value,
                (None, "completed") => counts.completed += value,
                (None, "exited") => counts.exited += value,
                (None, "failed") => counts.failed += value,
                (None, "cancelled") => counts.cancelled += value,
                (None, _) => {}
                (Some(step), name) => {
                    if name == "inside" {
                        counts.inside += value;
                    }
                    let place = order.iter().position(|known| known == step).unwrap_or(order.len());
                    *steps
                        .entry((place, step.to_string()))
                        .or_default()
                        .entry(name.to_owned())
                        .or_default() += value;
                }
            }
        }
        counts.steps = steps.into_iter().map(|((_, step), counts)| StepCounts { step, counts }).collect();
        Ok(counts)
    }

    /// Sends of which nobody knows after a day whether they went, each confirmed by its contact.
    pub async fn unresolved(&self) -> Result<Vec<(ContactId, SendId)>, AppError> {
        Ok(self.repository.unresolved(usize::MAX).await?)
    }
}
