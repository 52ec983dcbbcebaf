//! Taking an import back, row by row: who was made by it and has nothing else is deleted, and may be restored; of who was
//! there before, what is still as the import left it becomes what it was.

use std::sync::Arc;

use flusso_engine::contact::hidden::DELETED;
use flusso_engine::contact::{Contact, hidden};
use flusso_engine::definitions::Definitions;
use flusso_engine::react::{Input, UNDONE, Undo};
use flusso_engine::time::Instant;
use flusso_engine::timeline::What;
use flusso_store::keys::job::{Cursor, Job, JobState};
use flusso_store::keys::receipt::Receipt;
use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Map, json};

use super::rows::{event_id, source};
use super::work::Tally;
use crate::jobs::LASTS;
use crate::ports::queue::Lane;
use crate::workflows::people::decided;
use crate::{App, AppError};

/// Rows that are looked up at once.
const BATCH: u64 = 500;
/// Contacts that are worked on at once.
const AT_ONCE: usize = 50;
/// Records of a contact that are looked through for what happened to it since.
const RECORDS: usize = 100;

/// What became of a row: how it is counted, and the contact with which something was left.
type Undone = (&'static str, Option<(Contact, &'static str)>);

impl App {
    /// Goes on with taking an import back.
    pub(super) async fn undo_on(&self, id: &str, job: &mut Job, began: Instant) -> Result<Tally, AppError> {
        let definitions = self.definitions().await?;
        let mut tally = Tally::default();
        let done =
            |job: &Job| job.cursor.as_ref().and_then(|cursor| cursor.after.as_deref()?.parse::<u64>().ok());
        let mut row = done(job).unwrap_or(0);
        // The first row may have named the columns; the last one is as many further.
        let last = job.of + 1;
        while self.now().since(began) <= LASTS && row < last {
            let next = last.min(row + BATCH);
            let keys: Vec<_> = (row + 1..=next).map(|row| (source(id), event_id(row))).collect();
            let (receipts, _) = self.repository.lookup(&keys, &[]).await?;
            let found = (row + 1..).zip(receipts).filter_map(|(row, receipt)| Some((row, receipt?)));
            let at = job.created_at;
            let worked =
                found.map(|(row, receipt)| {
                    let definitions = definitions.clone();
                    async move {
                        Ok::<_, AppError>((row, self.undo_row(id, row, receipt, definitions, at).await?))
                    }
                });
            let worked: Vec<_> = stream::iter(worked).buffered(AT_ONCE).collect().await;
            for undone in worked {
                let (row, (counted, left)) = undone?;
                tally.count(counted);
                if let Some((contact, code)) = left {
                    tally.count("left");
                    let said = json!({ "row": row, "code": code, "contact": contact.id.to_string() });
                    tally.wrong.extend(format!("{said}\n").bytes());
                }
            }
            row = next;
        }
        job.done = row.min(job.of);
        if row >= last {
            job.state = JobState::Done;
        }
        let cursor = Cursor { shard: 0, after: Some(row.to_string()) };
        job.cursor = (job.state != JobState::Done).then_some(cursor);
        Ok(tally)
    }

    async fn undo_row(
        &self,
        id: &str,
        row: u64,
        receipt: Receipt,
        mut definitions: Arc<Definitions>,
        at: Instant,
    ) -> Result<Undone, AppError> {
        let contact = self.repository.contact(&receipt.contact).await?;
        if !contact.is_there() {
            return Ok(("gone", None));
        }
        if contact.id != receipt.contact {
            return Ok(("kept", Some((contact, "merged_since"))));
        }
        let lines = self.lines_then(&contact, receipt.revision).await?;
        let own = || lines.iter().filter(|line| line.workflow.is_none()).map(|line| &line.what);
        let made = own().any(|what| matches!(what, What::ContactCreated | What::Restored));
        let by: Arc<str> = format!("undo:{id}").into();
        let touched = self.is_touched(&contact, receipt.revision, &by).await?;
        if made && !touched {
            let event = decided(&by, &event_id(row), DELETED, Map::new(), at);
            self.tell(Lane::Bulk, &mut definitions, &contact.id, event, |_| true).await?;
            return Ok(("deleted", None));
        }
        let mut undo = Undo::of(source(id), own());
        let all = undo.fields.len();
        if made {
            // What they are known by is in use.
            undo.fields.clear();
        }
        // Another contact may have the address by now.
        undo.fields.retain(|(name, was, _)| !["email", "phone"].contains(&&**name) || was.is_null());
        let mut left = match (made, undo.fields.len() < all) {
            (true, _) => Some("touched_since"),
            (false, true) => Some("address_changed"),
            (false, false) => None,
        };
        let data = serde_json::to_value(&undo).unwrap_or_default();
        let data = Map::from_iter([("undo".to_owned(), data)]);
        let event = decided(&by, &event_id(row), UNDONE, data, at);
        let told = self.tell(Lane::Bulk, &mut definitions, &contact.id, event, |_| true).await?;
        let Some((contact, revision)) = told else { return Ok(("gone", None)) };
        let lines = self.lines_then(&contact, revision).await?;
        let kept = |what: &What| matches!(what, What::FieldKept { reason, .. } if reason == "changed_since");
        if lines.iter().any(|line| kept(&line.what)) {
            left = left.or(Some("changed_since"));
        }
        let counted = if lines.iter().any(|line| !kept(&line.what)) { "reverted" } else { "kept" };
        Ok((counted, left.map(|code| (contact, code))))
    }

    /// Whether anything but the import, and its undoing, happened to a contact since a revision.
    async fn is_touched(&self, contact: &Contact, since: u64, by: &str) -> Result<bool, AppError> {
        if contact.state.revision == since {
            return Ok(false);
        }
        let page = self.repository.own_timeline(contact, None, RECORDS).await?;
        let later = page.items.iter().take_while(|entry| entry.revision > since);
        let is_other = |input: &Input| match input {
            // Somebody may have deleted and restored it by hand: that says nothing new of the person.
            Input::Event { event, .. } => *event.source != *by && !hidden::KINDS.contains(&&*event.kind),
            Input::Claim { .. } | Input::Merge { .. } | Input::Part { .. } => true,
            _ => false,
        };
        let mut seen = 0;
        for entry in later {
            seen += 1;
            if is_other(&entry.input) {
                return Ok(true);
            }
        }
        // So much happened that nobody looks through it.
        Ok(seen == RECORDS)
    }
}
