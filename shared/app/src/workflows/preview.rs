//! What activating a version would do to those inside, counted before it is done: the very reaction, without a commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use flusso_engine::calendar;
use flusso_engine::contact::Contact;
use flusso_engine::contact::enrollment::Enrollment;
use flusso_engine::definitions::{Active, Definitions};
use flusso_engine::ids::{EnrollmentId, StepId, VersionId, WorkflowId};
use flusso_engine::life::Life;
use flusso_engine::react::{self, Input, Need, Refusal, Rows};
use flusso_engine::time::{Instant, Millis};
use flusso_engine::timeline::Line;
use flusso_store::keys::job::{Cursor, Over, Task};
use serde_json::{Map, Value, json};

use super::activate::{Activation, People};
use super::people::decided;
use super::take_in::Intake;
use crate::{App, AppError};

/// Most people whom a preview names.
const NAMED: usize = 100;
/// Contacts that are worked on between two looks at the clock.
const AT_ONCE: usize = 50;
/// Whoever asks is not kept waiting for longer.
const LASTS: Millis = Millis::seconds(20);

/// Whoever is overdue by another zone goes on when it is their turn, within so long.
const TURNS: Millis = Millis::hours(1);

/// What would become of those inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// The version that would be activated.
    pub version: Option<VersionId>,
    /// Enrollments, by what would become of each: `unchanged`, `earlier`, `later`, `moved`, `exited`, `refused`.
    pub counts: BTreeMap<Arc<str>, u64>,
    /// Enrollments by the version that they run now.
    pub versions: BTreeMap<VersionId, u64>,
    /// Steps that are gone, with how many people stand at each: each needs a step to go to, or goes out.
    pub gone: BTreeMap<StepId, u64>,
    /// Messages that would go within the next hour.
    pub messages: u64,
    /// Some of those for whom something changes: who, which step, and what.
    pub people: Vec<Changed>,
    /// Who would be taken in, if that was asked for.
    pub take_in: Option<Intake>,
    /// Whether everybody was counted; else it took too long.
    pub complete: bool,
}

/// Somebody for whom something would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Their name.
    pub name: String,
    /// The enrollment.
    pub enrollment: EnrollmentId,
    /// The contact.
    pub contact: flusso_engine::ids::ContactId,
    /// The step at which it stands.
    pub step: StepId,
    /// What would become of it.
    pub what: &'static str,
    /// When it would go on now, and then.
    pub due: (Option<Instant>, Option<Instant>),
}

impl Changed {
    fn of(
        contact: &Contact,
        id: &EnrollmentId,
        (was, is): (&Enrollment, Option<&Enrollment>),
        what: &'static str,
    ) -> Self {
        Self {
            name: contact.profile.display_name(),
            enrollment: id.clone(),
            contact: contact.id.clone(),
            step: was.step.clone(),
            what,
            due: (was.waiting.due_at(), is.and_then(|is| is.waiting.due_at())),
        }
    }
}

/// What another zone of the account would do to waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// Enrollments that wait, by what would become of them: `unchanged`, `earlier`, `later`.
    pub counts: BTreeMap<&'static str, u64>,
    /// Some of those whose wait would move.
    pub people: Vec<Changed>,
    /// Whether everybody was counted; else it took too long.
    pub complete: bool,
}

impl App {
    /// What moving the waits would do if the account's zone were another one. Nothing of it is done.
    pub async fn preview_zone(&self, zone: &str) -> Result<Moves, AppError> {
        let began = self.now();
        let present = self.definitions().await?;
        let mut definitions = (*present).clone();
        definitions.account.zone = zone.into();
        definitions.zone = calendar::zone(zone).ok_or_else(|| unknown_zone(zone))?;
        definitions.number += 1;
        let mut definitions = Arc::new(definitions.indexed());
        let task = Task::MoveWaits { from: present.account.zone.clone() };
        let mut told = Moves { complete: true, ..Moves::default() };
        for workflow in present.workflows.keys() {
            let mut next = Some(Cursor::default());
            while let Some(from) = next {
                if self.now().since(began) > LASTS {
                    told.complete = false;
                    return Ok(told);
                }
                let over = Over::Inside { workflow: workflow.clone() };
                let (mut some, after) = self.repository.walk(&over, &from, AT_ONCE).await?;
                some.sort();
                some.dedup();
                for contact in some {
                    let before = self.repository.contact_itself(&contact).await?;
                    let Some((kind, data)) = command(&task) else { continue };
                    let event = decided("preview", "preview", kind, data, began);
                    let input = Input::Event { event, taken: Vec::new() };
                    let (after, _) = self.imagine(&mut definitions, &before, &input, began).await?;
                    told.take(&before, &after, workflow);
                }
                next = after;
            }
        }
        Ok(told)
    }

    /// What activating the newest version would do to those inside. Nothing of it is done.
    pub async fn preview(&self, id: &str, how: &Activation) -> Result<Preview, AppError> {
        let workflow = WorkflowId::new(id);
        let (_, program, _) = self.to_activate(&workflow, how).await?;
        let now = self.now();
        let mut definitions = (*self.definitions().await?).clone();
        let known = definitions.workflows.get(&workflow);
        let life = known.map_or_else(|| Life::new(now), |active| active.life.clone());
        let version = program.version.clone();
        definitions.number += 1;
        let since_number = definitions.number;
        let active = Active { version: version.clone(), since: now, since_number, life, program };
        definitions.workflows.insert(workflow.clone(), active);
        let mut definitions = Arc::new(definitions.indexed());
        let mut preview = self.foresee_all(&mut definitions, &workflow, &version, how).await?;
        if let Some(whom) = &how.take_in {
            preview.take_in = Some(self.foresee_intake(&mut definitions, &workflow, whom).await?);
        }
        Ok(preview)
    }

    /// What these definitions would do to those inside a workflow.
    pub(crate) async fn foresee_all(
        &self,
        definitions: &mut Arc<Definitions>,
        workflow: &WorkflowId,
        version: &VersionId,
        how: &Activation,
    ) -> Result<Preview, AppError> {
        let now = self.now();
        let mut preview = Preview { version: Some(version.clone()), complete: true, ..Preview::default() };
        let mut next = Some(Cursor::default());
        while let Some(from) = next {
            if self.now().since(now) > LASTS {
                preview.complete = false;
                break;
            }
            let over = Over::Inside { workflow: workflow.clone() };
            let (mut some, after) = self.repository.walk(&over, &from, AT_ONCE).await?;
            some.sort();
            some.dedup();
            for contact in some {
                let contact = self.repository.contact_itself(&contact).await?;
                self.foresee(definitions, contact, workflow, how, &mut preview).await?;
            }
            next = after;
        }
        Ok(preview)
    }

    async fn foresee(
        &self,
        definitions: &mut Arc<Definitions>,
        before: Contact,
        workflow: &WorkflowId,
        how: &Activation,
        preview: &mut Preview,
    ) -> Result<(), AppError> {
        let version = preview.version.clone();
        let event = version.and_then(|version| task_event(how, workflow, &version, self.now()));
        let after = match event {
            Some(event) => {
                let input = Input::Event { event, taken: Vec::new() };
                self.imagine(definitions, &before, &input, self.now()).await?.0
            }
            None => before.clone(),
        };
        let (later, _) =
            self.imagine(definitions, &after, &Input::Wake, self.now() + Millis::hours(1)).await?;
        let planned = later.state.sends.values().filter(|send| send.workflow == *workflow);
        preview.messages += planned.filter(|send| send.fixed.is_none()).count() as u64;
        for (id, was) in before.state.enrollments.iter().filter(|(_, one)| one.workflow == *workflow) {
            let is = after.state.enrollments.get(id);
            let what = became(was, is, preview.version.as_ref(), how.people);
            *preview.counts.entry(what.into()).or_default() += 1;
            *preview.versions.entry(was.version.clone()).or_default() += 1;
            if what == "refused" {
                *preview.gone.entry(was.step.clone()).or_default() += 1;
            }
            if what != "unchanged" && preview.people.len() < NAMED {
                preview.people.push(Changed::of(&before, id, (was, is), what));
            }
        }
        Ok(())
    }

    /// A contact after an input, and what came of that, without a commit.
    pub(crate) async fn imagine(
        &self,
        definitions: &mut Arc<Definitions>,
        contact: &Contact,
        input: &Input,
        now: Instant,
    ) -> Result<(Contact, Vec<Line>), AppError> {
        let mut rows = Rows::new();
        loop {
            match react::react(definitions, contact, input, now, &rows) {
                Ok(reaction) => return Ok((reaction.contact, reaction.entry.lines)),
                Err(Refusal::Need(Need::Program(version))) => {
                    let program = self.program(&version).await?;
                    Arc::make_mut(definitions).programs.insert(version, program);
                }
                Err(Refusal::Need(Need::Sent(send))) => {
                    rows.extend(self.repository.sent(&contact.id, std::slice::from_ref(&send)).await?);
                }
                // Changed meanwhile, or too busy: it is counted as it is.
                Err(Refusal::StaleDefinitions { .. } | Refusal::Busy) => {
                    return Ok((contact.clone(), Vec::new()));
                }
            }
        }
    }
}

impl Moves {
    fn take(&mut self, before: &Contact, after: &Contact, workflow: &WorkflowId) {
        let waiting = before.state.enrollments.iter().filter(|(_, one)| one.waiting.due_at().is_some());
        for (id, was) in waiting.filter(|(_, one)| one.workflow == *workflow) {
            let is = after.state.enrollments.get(id);
            let what = became(was, is, None, People::Finish);
            *self.counts.entry(what).or_default() += 1;
            if what != "unchanged" && self.people.len() < NAMED {
                self.people.push(Changed::of(before, id, (was, is), what));
            }
        }
    }
}

pub(crate) fn unknown_zone(zone: &str) -> AppError {
    let message = format!("`{zone}` is no IANA time zone, such as Europe/Rome");
    AppError::invalid("zone", "zone.unknown", message)
}

/// What became of an enrollment.
pub(crate) fn became(
    was: &Enrollment,
    is: Option<&Enrollment>,
    version: Option<&VersionId>,
    people: People,
) -> &'static str {
    let Some(is) = is else { return "exited" };
    let behind = people == People::Migrate && version.is_some_and(|version| is.version != *version);
    if behind {
        return "refused";
    }
    if is.step != was.step {
        return "moved";
    }
    match (was.waiting.due_at(), is.waiting.due_at()) {
        (Some(was), Some(is)) if is < was => "earlier",
        (Some(was), Some(is)) if is > was => "later",
        _ => "unchanged",
    }
}

/// The event by which those inside learn of an activation; none if they have nothing to do with it.
fn task_event(
    how: &Activation,
    workflow: &WorkflowId,
    version: &VersionId,
    at: Instant,
) -> Option<flusso_engine::event::Event> {
    let task = match how.people {
        People::Finish => return None,
        People::Migrate => Task::Migrate {
            workflow: workflow.clone(),
            version: version.clone(),
            steps: how.steps.clone(),
            over: how.over,
        },
        People::Exit => Task::Leave { workflow: workflow.clone() },
    };
    let (kind, data) = command(&task)?;
    Some(decided("preview", "preview", kind, data, at))
}

/// The command by which a job does to a contact what it does; none if it needs none.
pub(crate) fn command(task: &Task) -> Option<(&'static str, Map<String, Value>)> {
    let (kind, data) = match task {
        Task::Migrate { workflow, version, steps, over } => (
            react::MIGRATE,
            json!({ "workflow": workflow, "version": version, "steps": steps, "over": over.0 }),
        ),
        Task::MoveWaits { from } => (react::MOVE_WAITS, json!({ "from": from, "over": TURNS.0 })),
        Task::Revert { workflow } => (react::REVERT, json!({ "workflow": workflow })),
        Task::Leave { workflow } => (react::LEAVE, json!({ "workflow": workflow })),
        Task::Look
        | Task::Index
        | Task::Choose
        | Task::Count { .. }
        | Task::Enroll { .. }
        | Task::MoveDeals { .. }
        | Task::Tell { .. }
        | Task::TakeIn { .. }
        | Task::Occurrence { .. }
        | Task::Import { .. }
        | Task::Export { .. }
        | Task::Clear
        | Task::Erase { .. } => return None,
    };
    let Value::Object(data) = data else { return None };
    Some((kind, data))
}
