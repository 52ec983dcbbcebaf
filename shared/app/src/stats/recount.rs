//! Recounting: what the timelines say that the counters should be (P11). It reads only.

use flusso_engine::contact::Contact;
use flusso_engine::ids::{ContactId, WorkflowId};
use flusso_engine::tally::{Counter, Tally};
use flusso_store::repository::{Happened, Listed, Wanted};

use crate::replay::{Replay, Stuck};
use crate::{App, AppError};

/// What is read of a journal at once.
const HAPPENED: usize = 1_000;

/// What some contacts should have counted.
#[derive(Clone, Debug, Default)]
pub struct Recounted {
    /// How many contacts.
    pub contacts: usize,
    /// What their reactions count, made once more from their timelines.
    pub tally: Tally,
    /// Those whose timelines can't be gone through any more, and why.
    pub stuck: Vec<(ContactId, String)>,
}

impl App {
    /// Goes through the timelines of one page of contacts, those merged into them among them. What was counted of contacts
    /// that were erased is in no timeline any more: the journal has it.
    pub async fn recount(&self, cursor: Option<&str>, limit: usize) -> Result<Listed<Recounted>, AppError> {
        let page = self.contacts(cursor, limit).await?;
        let mut recounted = Recounted { contacts: page.items.len(), ..Recounted::default() };
        let mut replay = Replay::new(self);
        for contact in &page.items {
            let mut all = vec![contact.clone()];
            for joined in contact.state.joined.keys() {
                all.push(self.repository.contact_itself(joined).await?);
            }
            for one in all {
                match self.recount_one(&mut replay, &one, &mut recounted.tally).await {
                    Ok(()) => {}
                    Err(Stuck::Refused(why)) => recounted.stuck.push((one.id.clone(), why)),
                    Err(Stuck::App(error)) => return Err(error),
                }
            }
        }
        Ok(Listed { items: vec![recounted], cursor: page.cursor })
    }

    /// What the counters of a workflow say; and what of it was counted of contacts that are no more, one page of the
    /// journal, with the cursor of the next.
    pub async fn counters(
        &self,
        id: &str,
        cursor: Option<&str>,
    ) -> Result<(Vec<(Counter, i64)>, Tally, Option<String>), AppError> {
        let counters = self.repository.counters(&WorkflowId::new(id)).await?;
        let page = self.counted(id, Wanted::default(), cursor, HAPPENED).await?;
        let mut gone = Tally::default();
        for (happened, contact) in page.items {
            if contact.is_some() {
                continue;
            }
            let Happened { version, step, name, by, .. } = happened;
            gone.add(Counter { workflow: WorkflowId::new(id), version, step, name }, by);
        }
        Ok((counters, gone, page.cursor))
    }

    async fn recount_one(
        &self,
        replay: &mut Replay<'_>,
        contact: &Contact,
        tally: &mut Tally,
    ) -> Result<(), Stuck> {
        replay.begin(&contact.id);
        for entry in self.own_records(contact).await? {
            tally.merge(&replay.step(&entry).await?.1);
        }
        Ok(())
    }
}
