//! Bulk actions: something happens to many contacts, by an event of its own for each.

use std::collections::BTreeMap;
use std::sync::Arc;

use flusso_engine::contact::{Contact, hidden};
use flusso_engine::definitions::Definitions;
use flusso_engine::event::Event;
use flusso_engine::ids::{ContactId, JobId};
use flusso_engine::react::check_event;
use flusso_engine::time::Instant;
use flusso_engine::timeline::{Line, What};
use flusso_store::keys::job::{Job, Over, Task};
use serde_json::{Map, Value};

use super::chunk::Worked;
use super::deals::check_stage;
use super::enroll::check_over;
use crate::accept::{check_size, read_fields};
use crate::campaign::Campaign;
use crate::contacts::SAVED;
use crate::filter::Filter;
use crate::ports::queue::Lane;
use crate::workflows::people::decided;
use crate::{App, AppError};

/// Fields that are one person's own.
const OWN: [&str; 2] = ["email", "phone"];

/// What happens to many contacts.
#[derive(Clone, Debug, PartialEq)]
pub enum BulkAct {
    /// An event that says something of what belongs to them: its type, and what it carries.
    Happen(&'static str, Map<String, Value>),
    /// Fields are set; null clears one.
    Set(Map<String, Value>),
    /// They enter a workflow, with these values for its steps, at most so many an hour (0: as fast as it goes).
    Enroll(String, Map<String, Value>, u32),
    /// They get a message, as people of a workflow of its own, at most so many an hour (0: as fast as it goes).
    Send(Campaign, u32),
    /// Their open deals of a pipeline go to a stage: pipeline, stage, and the one deal if it is only that.
    MoveDeals(Arc<str>, Arc<str>, Option<Arc<str>>),
}

/// A bulk action.
#[derive(Clone, Debug, PartialEq)]
pub struct Bulk {
    /// What it is called.
    pub name: String,
    /// What is done.
    pub act: BulkAct,
    /// To whom.
    pub over: Over,
    /// Whether nobody enters a workflow by it.
    pub quiet: bool,
}

impl App {
    /// Begins a bulk action. With an idempotency key, the same call gives the same job.
    pub async fn begin_bulk(&self, bulk: Bulk, caller: &str, key: Option<&str>) -> Result<JobId, AppError> {
        if let Some(key) = key
            && let Some(known) = self.repository.job_named(caller, key).await?
        {
            return Ok(known);
        }
        let bulk = match bulk.act {
            BulkAct::Send(campaign, per_hour) => {
                self.check_whom(&bulk.over).await?;
                let workflow = self.open_campaign(&bulk.name, &campaign, caller).await?;
                let act = BulkAct::Enroll(workflow.to_string(), Map::new(), per_hour);
                Bulk { act, ..bulk }
            }
            act => Bulk { act, ..bulk },
        };
        let (task, over) = self.bulk_task(bulk, caller).await?;
        let over = match over {
            Over::Chosen { who, .. } => Over::Chosen { choice: self.ports.tokens.token().into(), who },
            over => over,
        };
        self.begin_job(task, over, caller, key.map(|key| (caller, key))).await
    }

    /// The definitions, if they have those whom a bulk action goes over.
    async fn check_whom(&self, over: &Over) -> Result<Arc<Definitions>, AppError> {
        let definitions = self.definitions().await?;
        check_over(over, &definitions)?;
        if let Over::Chosen { who, .. } = over {
            Filter::read(who, &definitions)?;
        }
        Ok(definitions)
    }

    /// What a bulk action does to each, and to whom; whatever is wrong with it is told.
    pub(super) async fn bulk_task(&self, bulk: Bulk, caller: &str) -> Result<(Task, Over), AppError> {
        let definitions = self.check_whom(&bulk.over).await?;
        let name: Arc<str> = bulk.name.into();
        let (kind, data, fields) = match bulk.act {
            BulkAct::Happen(kind, data) => (kind, data, Map::new()),
            BulkAct::Set(fields) => (SAVED, Map::new(), fields),
            BulkAct::Enroll(workflow, data, per_hour) => {
                let (_, workflow) = self.open_workflow(&workflow, &data).await?;
                return Ok((Task::Enroll { workflow, data, name, per_hour }, bulk.over));
            }
            BulkAct::Send(_, per_hour) => {
                let (workflow, data) = (Campaign::workflow(&name), Map::new());
                return Ok((Task::Enroll { workflow, data, name, per_hour }, bulk.over));
            }
            BulkAct::MoveDeals(pipeline, stage, deal) => {
                check_stage(&definitions, &pipeline, &stage)?;
                return Ok((Task::MoveDeals { name, pipeline, stage, deal, quiet: bulk.quiet }, bulk.over));
            }
        };
        check_event(kind, &data).map_err(|(name, message)| AppError::invalid(name, "event.data", message))?;
        if let Some(own) = OWN.iter().find(|own| fields.contains_key(**own)) {
            let message = format!("`{own}` is one person's own: change it on their card");
            return Err(AppError::invalid(format!("set.{own}"), "bulk.own", message));
        }
        let fields = bulk_fields(&fields, &definitions)?;
        let told = decided(caller, &name, kind, data.clone(), self.now());
        check_size(&Event { fields: fields.clone().into_iter().collect(), ..told })?;
        Ok((Task::Tell { name, kind: kind.into(), data, fields, quiet: bulk.quiet }, bulk.over))
    }

    pub(super) async fn tell_one(
        &self,
        definitions: &mut Arc<Definitions>,
        job: &Job,
        contact: &ContactId,
        event: Event,
    ) -> Result<Worked, AppError> {
        let named = matches!(job.over, Over::Contacts { .. });
        let kind = event.kind.clone();
        let may = |contact: &Contact| {
            if named {
                hidden::KINDS.contains(&&*kind) || !contact.is_deleted()
            } else {
                concerns(&kind, contact)
            }
        };
        let is_meant = |contact: &Contact| job.means(contact) && may(contact);
        let told = self.tell(Lane::Bulk, definitions, contact, event, is_meant).await?;
        let Some((contact, revision)) = told else {
            // Somebody named it; a row of an index may have been left of one that is gone, or is no member any more.
            if !named {
                return Ok(Ok(Vec::new()));
            }
            let deleted = self.repository.contact(contact).await?.is_deleted();
            return Ok(Err(if deleted { "contact_deleted" } else { "contact_unknown" }.to_owned()));
        };
        Ok(became(&self.lines_of(&contact, revision).await?).map(|what| vec![what]))
    }
}

/// What the lines of a reaction say of what was told.
pub(super) fn became(lines: &[Line]) -> Result<&'static str, String> {
    let own = || lines.iter().filter(|line| line.workflow.is_none());
    if own().any(|line| matches!(&line.what, What::LimitReached { limit } if limit != "rings")) {
        return Err("limit_reached".to_owned());
    }
    Ok(if own().next().is_some() { "changed" } else { "unchanged" })
}

/// Whether an event is about such a contact where nobody named it: only what takes hiding back is about those that are
/// hidden.
pub(super) fn concerns(kind: &str, contact: &Contact) -> bool {
    match kind {
        hidden::RESTORED => contact.is_deleted(),
        hidden::UNARCHIVED => contact.is_there() && !contact.is_shown() && !contact.is_deleted(),
        _ => contact.is_shown(),
    }
}

/// The fields as they are kept, those that are cleared among them.
fn bulk_fields(said: &Map<String, Value>, definitions: &Definitions) -> Result<Map<String, Value>, AppError> {
    let at = |field: &str| field.replacen("contact.", "set.", 1);
    let kept = read_fields(said, at, Some(definitions))?;
    let cleared = said.iter().filter(|(_, value)| value.is_null());
    Ok(kept.into_iter().chain(cleared.map(|(name, _)| (name.clone(), Value::Null))).collect())
}

/// What a contact is told.
pub(super) fn event(
    job: &JobId,
    contact: &ContactId,
    (kind, data, fields): (&str, &Map<String, Value>, &Map<String, Value>),
    at: Instant,
) -> Event {
    let event = decided(&super::source(job), contact.as_str(), kind, data.clone(), at);
    let fields: BTreeMap<String, Value> = fields.clone().into_iter().collect();
    Event { fields, ..event }
}
