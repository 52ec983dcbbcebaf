//! Moving the deals of many contacts to a stage: an event for each deal, as if somebody moved it by hand.

use std::sync::Arc;

use flusso_engine::contact::Contact;
use flusso_engine::contact::record::Sort;
use flusso_engine::definitions::Definitions;
use flusso_engine::event::Event;
use flusso_engine::ids::{ContactId, JobId};
use flusso_engine::time::Instant;
use flusso_store::keys::job::{Job, Over, Task};
use serde_json::{Map, Value, json};

use super::chunk::Worked;
use super::tell::became;
use crate::ports::queue::Lane;
use crate::workflows::people::decided;
use crate::{App, AppError};

/// What a deal is moved by.
const MOVED: &str = "deal.updated";

impl App {
    pub(super) async fn move_deals_of(
        &self,
        definitions: &mut Arc<Definitions>,
        id: &JobId,
        job: &Job,
        contact: &ContactId,
    ) -> Result<Worked, AppError> {
        let before = self.repository.contact_itself(contact).await?;
        if !before.is_there() || before.is_deleted() || !job.means(&before) {
            let named = matches!(job.over, Over::Contacts { .. });
            return Ok(if named { Err("contact_unknown".to_owned()) } else { Ok(Vec::new()) });
        }
        let mut outcome = "no_deal";
        for event in events(&job.task, &before, &super::source(id), job.created_at) {
            let told = self.tell(Lane::Bulk, definitions, contact, event, |_| true).await?;
            let Some((after, revision)) = told else { return Ok(Ok(Vec::new())) };
            match became(&self.lines_of(&after, revision).await?) {
                Ok("changed") => outcome = "moved",
                Ok(_) if outcome == "no_deal" => outcome = "unchanged",
                Ok(_) => {}
                Err(reason) => return Ok(Err(reason)),
            }
        }
        Ok(Ok(vec![outcome]))
    }
}

/// The events by which the deals that are meant are moved: of those too that are there already, so that a chunk that is
/// done again finds what it did.
pub(super) fn events(task: &Task, contact: &Contact, source: &str, at: Instant) -> Vec<Event> {
    let Task::MoveDeals { pipeline, stage, deal, quiet, .. } = task else { return Vec::new() };
    let deals = contact.profile.objects.records.of(Sort::Deal);
    let meant = deals.filter(|(id, record)| {
        !record.has_ended(Sort::Deal)
            && record.text("pipeline") == Some(pipeline)
            && deal.as_ref().is_none_or(|deal| deal == *id)
    });
    let event = |id: &str| {
        let said = [("deal", json!(id)), ("stage", json!(stage))];
        let data: Map<String, Value> =
            said.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Event { quiet: *quiet, ..decided(source, &format!("{}.{id}", contact.id), MOVED, data, at) }
    };
    meant.map(|(id, _)| event(id)).collect()
}

/// Refuses a stage that there is not.
pub(super) fn check_stage(definitions: &Definitions, pipeline: &str, stage: &str) -> Result<(), AppError> {
    for (field, text) in [("pipeline", pipeline), ("stage", stage)] {
        if text.trim().is_empty() {
            return Err(AppError::invalid(
                format!("move_deals.{field}"),
                "bulk.stage",
                format!("name a {field}"),
            ));
        }
    }
    let said = [("pipeline", pipeline), ("stage", stage)];
    let data = said.map(|(name, value)| (name.to_owned(), value.into())).into_iter().collect();
    definitions
        .check_deal(MOVED, &data)
        .map_err(|(field, message)| AppError::invalid(format!("move_deals.{field}"), "bulk.stage", message))
}
