//! The past of everybody, given to a draft: what it would have done, by the same engine under a virtual clock. Nothing is
//! sent, and nothing is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use flusso_engine::condition::RingSince;
use flusso_engine::contact::Contact;
use flusso_engine::definitions::{Active, Definitions};
use flusso_engine::ids::{ContactId, StepId, WorkflowId};
use flusso_engine::life::Life;
use flusso_engine::react::{Input, is_command};
use flusso_engine::time::{Instant, Millis};
use flusso_engine::timeline::{Entry, Line, What};
use flusso_engine::workflow::{Program, Severity, check};
use flusso_store::keys::job::{Cursor, Over};
use futures_util::future::try_join_all;

use crate::simulate::{Happening, Reactions, Run};
use crate::workflows::save::one_program;
use crate::{App, AppError};

/// Contacts that are worked on between two looks at the clock.
const AT_ONCE: usize = 50;
/// Whoever asks is not kept waiting for longer.
const LASTS: Millis = Millis::seconds(25);
/// Records that are read at once.
const PAGE: usize = 100;
/// Most people who are named.
const NAMED: usize = 100;
/// Two messages that come so close are told.
const CLOSE: Millis = Millis::hours(24);

/// What a draft would have done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rehearsal {
    /// From when on it would have been active.
    pub since: Instant,
    /// Whose past it was given.
    pub contacts: u64,
    /// How often somebody would have entered.
    pub entered: u64,
    /// How these enrollments would have ended: `completed`, `exited`, `failed`; the others would be inside.
    pub ended: BTreeMap<&'static str, u64>,
    /// Messages that would have gone, by step.
    pub messages: BTreeMap<StepId, u64>,
    /// Messages that would not have gone, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Of those that would have gone, how many within a day of one that really went for another workflow.
    pub overlaps: u64,
    /// Messages that really went for this workflow in that time.
    pub really: u64,
    /// Those who would have had the most messages: who, their name, how many.
    pub people: Vec<(ContactId, String, u64)>,
    /// The reactions that the workflow would have added, of all contacts together: what it would have cost.
    pub added: Reactions,
    /// Whether everybody's past was told; else it took too long.
    pub complete: bool,
}

impl App {
    /// Gives the past of all contacts to a document, as if it had been active since an instant.
    pub async fn rehearse(&self, source: &str, since: Instant) -> Result<Rehearsal, AppError> {
        let (program, _) = one_program(source, None)?;
        let present = self.definitions().await?;
        let errors: Vec<_> = check::check(&program, &present);
        let errors: Vec<_> =
            errors.into_iter().filter(|problem| problem.severity == Severity::Error).collect();
        if !errors.is_empty() {
            return Err(AppError::Problems(errors));
        }
        let definitions = alone(&present, &program, since);
        let began = self.now();
        let mut told = Rehearsal { since, complete: true, ..Rehearsal::default() };
        let mut next = Some(Cursor::default());
        while let Some(from) = next {
            if self.now().since(began) > LASTS {
                told.complete = false;
                break;
            }
            let (some, after) = self.repository.walk(&Over::All, &from, AT_ONCE).await?;
            let pasts = try_join_all(some.iter().map(|id| self.past(id))).await?;
            for (contact, entries) in pasts.iter().filter(|(contact, _)| contact.is_there()) {
                told.contacts += 1;
                let run = relive(&definitions, contact, entries, began)?;
                told.added.looks += run.reactions.looks;
                told.added.messages += run.reactions.messages;
                told.take(contact, &program.workflow, &run.happened, entries);
            }
            next = after;
        }
        told.people.sort_by(|one, other| (other.2, &one.0).cmp(&(one.2, &other.0)));
        told.people.truncate(NAMED);
        Ok(told)
    }

    /// A contact, and all of its records, the first one first.
    async fn past(&self, id: &ContactId) -> Result<(Contact, Vec<Arc<Entry>>), AppError> {
        let contact = self.repository.contact_itself(id).await?;
        let (mut entries, mut cursor) = (Vec::new(), None);
        loop {
            let page = self.repository.timeline(&contact, cursor.as_deref(), PAGE).await?;
            entries.extend(page.items);
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        entries.reverse();
        Ok((contact, entries))
    }
}

/// The account with this workflow and no other one.
fn alone(present: &Definitions, program: &Arc<Program>, since: Instant) -> Definitions {
    let mut definitions = present.clone();
    let (version, program) = (program.version.clone(), program.clone());
    for spec in program.rings() {
        definitions.rings.entry(spec.id.clone()).or_insert(RingSince { spec, since: Instant::default() });
    }
    let life = Life::new(since);
    let active = Active { version, since, since_number: 0, life, program: program.clone() };
    definitions.workflows = BTreeMap::from([(program.workflow.clone(), active)]);
    definitions.indexed()
}

/// What comes of a contact's events, given once more, each at its time.
fn relive(
    definitions: &Definitions,
    contact: &Contact,
    entries: &[Arc<Entry>],
    until: Instant,
) -> Result<Run, AppError> {
    let began = entries.first().map_or(until, |first| first.now);
    let mut run = Run::new(definitions.clone(), contact.id.clone(), began);
    for entry in entries {
        let Input::Event { event, taken } = &entry.input else { continue };
        if !is_command(&event.kind) {
            run.pass(entry.now)?;
            run.input(Input::Event { event: event.clone(), taken: taken.clone() })?;
        }
    }
    run.pass(until)?;
    Ok(run)
}

impl Rehearsal {
    fn take(
        &mut self,
        contact: &Contact,
        workflow: &WorkflowId,
        happened: &[Happening],
        real: &[Arc<Entry>],
    ) {
        let since = self.since;
        let sent = |line: &&Line| matches!(line.what, What::Sent { .. }) && line.at >= since;
        let real: Vec<&Line> = real.iter().flat_map(|entry| &entry.lines).filter(sent).collect();
        let is_own = |line: &Line| line.workflow.as_ref() == Some(workflow);
        self.really += real.iter().filter(|line| is_own(line)).count() as u64;
        let mut messages = 0;
        for happening in happened {
            let Happening::Line(line) = happening else { continue };
            if !is_own(line) || line.at < since {
                continue;
            }
            match &line.what {
                What::Enrolled { .. } => self.entered += 1,
                What::Completed { .. } => *self.ended.entry("completed").or_default() += 1,
                What::Exited { .. } => *self.ended.entry("exited").or_default() += 1,
                What::Failed { .. } => *self.ended.entry("failed").or_default() += 1,
                What::SendSkipped { reason, .. } => *self.skipped.entry(reason.clone()).or_default() += 1,
                What::Sent { .. } => {
                    messages += 1;
                    *self
                        .messages
                        .entry(line.step.clone().unwrap_or_else(|| StepId::new("")))
                        .or_default() += 1;
                    let near = |other: &&&Line| !is_own(other) && other.at.since(line.at).0.abs() < CLOSE.0;
                    self.overlaps += u64::from(real.iter().any(|other| near(&other)));
                }
                _ => {}
            }
        }
        if messages > 0 {
            self.people.push((contact.id.clone(), contact.profile.display_name(), messages));
        }
    }
}
