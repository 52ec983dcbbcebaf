//! What a bulk action would do, before it is done: the very reactions, without a commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use flusso_engine::condition::Truth;
use flusso_engine::contact::{Contact, hidden};
use flusso_engine::definitions::Definitions;
use flusso_engine::event::Event;
use flusso_engine::ids::{ContactId, JobId};
use flusso_engine::react::Input;
use flusso_engine::time::{Instant, Millis};
use flusso_engine::timeline::What;
use flusso_store::keys::job::{Cursor, Over, Task};

use super::enroll::{Entered, entered, requested};
use super::tell::{became, concerns};
use super::{Bulk, BulkAct, deals};
use crate::filter::Filter;
use crate::{App, AppError};

/// Contacts that are worked on between two looks at the clock.
const AT_ONCE: usize = 100;
/// Most of those whom it would pass over that are named.
const NAMED: usize = 100;
/// Whoever asks is not kept waiting for longer.
const LASTS: Millis = Millis::seconds(8);

/// What a bulk action would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BulkPreview {
    /// How many contacts were looked at that it goes over.
    pub of: u64,
    /// What would come of it for them, by name: `enrolled`, `changed`, `unchanged`, `moved`, `no_deal`, `later`,
    /// `sent`, `held`.
    pub counts: BTreeMap<String, u64>,
    /// How many it would pass over, by why: a code.
    pub skipped: BTreeMap<String, u64>,
    /// The first of those: who, their name, and why.
    pub people: Vec<(ContactId, String, String)>,
    /// Whether everybody was looked at; else it took too long.
    pub complete: bool,
}

impl BulkPreview {
    fn take(&mut self, contact: &Contact, outcome: Result<&str, String>) {
        self.of += 1;
        match outcome {
            Ok(what) => *self.counts.entry(what.to_owned()).or_default() += 1,
            Err(why) => {
                *self.skipped.entry(why.clone()).or_default() += 1;
                if self.people.len() < NAMED {
                    self.people.push((contact.id.clone(), contact.profile.display_name(), why));
                }
            }
        }
    }
}

impl App {
    /// What a bulk action would do to whom. Nothing of it is done.
    pub async fn preview_bulk(&self, bulk: Bulk, caller: &str) -> Result<BulkPreview, AppError> {
        let began = self.now();
        let mut definitions = self.definitions().await?;
        let sends = matches!(bulk.act, BulkAct::Send(..));
        if let BulkAct::Send(campaign, _) = &bulk.act {
            definitions = self.with_campaign(&definitions, &bulk.name, campaign)?;
        }
        let (task, over) = self.bulk_task(bulk, caller).await?;
        // Whoever is chosen by a condition is looked for among all.
        let filter = match &over {
            Over::Chosen { who, .. } => Some(Filter::read(who, &definitions)?),
            _ => None,
        };
        let kind = match &task {
            Task::Tell { kind, .. } => kind.to_string(),
            _ => String::new(),
        };
        let named = matches!(over, Over::Contacts { .. });
        let may = |contact: &Contact| {
            let there = contact.is_there() && (hidden::KINDS.contains(&&*kind) || !contact.is_deleted());
            if named { there } else { concerns(&kind, contact) }
        };
        let walked = if filter.is_some() { Over::All } else { over };
        let mut preview = BulkPreview { complete: true, ..BulkPreview::default() };
        let mut next = Some(Cursor::default());
        while let Some(from) = next {
            if self.now().since(began) > LASTS {
                preview.complete = false;
                break;
            }
            let (some, after) = self.repository.walk(&walked, &from, AT_ONCE).await?;
            for contact in self.repository.contacts_themselves(&some).await? {
                let is_chosen = filter
                    .as_ref()
                    .is_none_or(|filter| filter.asks(&contact, &definitions, began) == Truth::Yes);
                if may(&contact) && walked.has(&contact) && is_chosen {
                    let outcome =
                        self.foresee_bulk(&mut definitions, (&task, sends), &contact, began).await?;
                    preview.take(&contact, outcome);
                } else if matches!(walked, Over::Contacts { .. }) {
                    preview.take(&contact, Err("contact_unknown".to_owned()));
                }
            }
            next = after;
        }
        Ok(preview)
    }

    async fn foresee_bulk(
        &self,
        definitions: &mut Arc<Definitions>,
        (task, sends): (&Task, bool),
        contact: &Contact,
        now: Instant,
    ) -> Result<Result<&'static str, String>, AppError> {
        let job = JobId::new("preview");
        let events: Vec<Event> = match task {
            Task::Enroll { workflow, data, .. } => {
                vec![requested(super::source(&job), contact.id.as_str().into(), workflow, data, now)]
            }
            Task::Tell { kind, data, fields, quiet, .. } => {
                let event = super::tell::event(&job, &contact.id, (kind, data, fields), now);
                vec![Event { quiet: *quiet, ..event }]
            }
            task => deals::events(task, contact, &super::source(&job), now),
        };
        let mut outcome = Ok("no_deal");
        for event in events {
            let input = Input::Event { event, taken: Vec::new() };
            let (after, lines) = self.imagine(definitions, contact, &input, now).await?;
            let of_event = match task {
                Task::Enroll { workflow, .. } => match entered(&lines, workflow) {
                    Entered::Enrolled(_) if sends => {
                        let skipped = lines.into_iter().find_map(|line| match line.what {
                            What::SendSkipped { reason, .. } | What::StepSkipped { reason } => Some(reason),
                            _ => None,
                        });
                        match skipped {
                            Some(reason) => Err(reason),
                            None => self.foresee_gate(definitions, &after, workflow, now).await?,
                        }
                    }
                    Entered::Enrolled(_) => Ok("enrolled"),
                    Entered::Later => Ok("later"),
                    Entered::Ignored(reason) => Err(reason),
                },
                Task::MoveDeals { .. } => {
                    became(&lines).map(|what| if what == "changed" { "moved" } else { what })
                }
                _ => became(&lines),
            };
            if outcome != Ok("moved") {
                outcome = of_event;
            }
        }
        Ok(outcome)
    }
}
