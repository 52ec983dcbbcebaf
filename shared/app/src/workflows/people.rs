//! The people inside a workflow, one by one and all of them.

use flusso_engine::contact::Contact;
use flusso_engine::contact::enrollment::Enrollment;
use flusso_engine::event::{Event, Trust};
use flusso_engine::ids::{ContactId, EnrollmentId, StepId, VersionId, WorkflowId};
use flusso_engine::react::{MOVE_TO, REMOVE, RESCHEDULE, SKIP_WAIT};
use flusso_engine::time::{Instant, Millis};
use flusso_engine::timeline::What;
use flusso_store::keys::job::{Cursor, Over};
use flusso_store::repository::Listed;
use futures_util::future::try_join_all;
use serde_json::{Map, Value};

use super::life::{late, overdue_at};
use crate::ports::queue::Lane;
use crate::{App, AppError};

/// Contacts that are read at once.
const AT_ONCE: usize = 50;
/// Whoever asks is not kept waiting for longer.
const LASTS: Millis = Millis::seconds(20);

/// Somebody inside a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insider {
    /// Who.
    pub contact: ContactId,
    /// Their name.
    pub name: String,
    /// The enrollment.
    pub enrollment: EnrollmentId,
    /// The version that it runs.
    pub version: VersionId,
    /// The step at which it stands.
    pub step: StepId,
    /// When it entered.
    pub entered_at: Instant,
    /// Until when it waits.
    pub until: Option<Instant>,
    /// Whether it stands still because the workflow is interrupted.
    pub stands_still: bool,
}

/// Which of the people inside.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whom<'w> {
    /// Those at this step.
    pub step: Option<&'w str>,
    /// Those in this version.
    pub version: Option<&'w str>,
    /// Those whose wait is over, and who still stand there.
    pub overdue: bool,
}

/// What somebody decides about one enrollment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Its wait ends.
    SkipWait,
    /// It waits until another instant.
    Reschedule(Instant),
    /// It goes to another step.
    MoveTo(StepId),
    /// It ends.
    Remove,
}

impl App {
    /// The people inside a workflow, one page.
    pub async fn people_inside(
        &self,
        id: &str,
        whom: Whom<'_>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Listed<Insider>, AppError> {
        let info = self.workflow(id).await?;
        let (workflow, life) = (info.workflow, info.active.map(|active| active.life).unwrap_or_default());
        let then = overdue_at(&life, self.now());
        let is_meant = |one: &Enrollment| {
            whom.step.is_none_or(|step| one.step.as_str() == step)
                && whom.version.is_none_or(|version| one.version.as_str() == version)
                && (!whom.overdue || late(&life, one, then).is_some())
        };
        let unreadable = || AppError::invalid("cursor", "cursor.unreadable", "not a cursor of this list");
        let mut next = Some(match cursor {
            None => Cursor::default(),
            Some(cursor) => serde_json::from_str(cursor).map_err(|_| unreadable())?,
        });
        let mut items = Vec::new();
        while let Some(from) = next.clone().filter(|_| items.len() < limit) {
            let most = limit - items.len();
            let (some, after) =
                self.repository.walk(&Over::Inside { workflow: workflow.clone() }, &from, most).await?;
            for contact in self.read_all(some).await? {
                items.extend(insiders(&contact, &workflow, &is_meant));
            }
            next = after;
        }
        let cursor = next.map(|next| serde_json::to_string(&next).unwrap_or_default());
        Ok(Listed { items, cursor })
    }

    /// Has a look at everybody inside a workflow, each once; false if that took too long.
    pub(super) async fn each_inside(
        &self,
        workflow: &WorkflowId,
        mut look: impl FnMut(&Contact) + Send,
    ) -> Result<bool, AppError> {
        let began = self.now();
        let over = Over::Inside { workflow: workflow.clone() };
        let mut next = Some(Cursor::default());
        while let Some(from) = next {
            if self.now().since(began) > LASTS {
                return Ok(false);
            }
            let (some, after) = self.repository.walk(&over, &from, AT_ONCE).await?;
            self.read_all(some).await?.iter().for_each(&mut look);
            next = after;
        }
        Ok(true)
    }

    async fn read_all(&self, mut ids: Vec<ContactId>) -> Result<Vec<Contact>, AppError> {
        // Those who are inside more than once stand one behind the other or on two pages; the latter is rare.
        ids.sort();
        ids.dedup();
        let contacts = ids.iter().map(|id| self.repository.contact_itself(id));
        Ok(try_join_all(contacts).await?)
    }

    /// Does what somebody decided about one enrollment; the contact as it is then.
    pub async fn decide_for(
        &self,
        contact: &str,
        enrollment: &str,
        decision: &Decision,
        caller: &str,
        key: Option<&str>,
    ) -> Result<Contact, AppError> {
        let (kind, detail) = match decision {
            Decision::SkipWait => (SKIP_WAIT, None),
            Decision::Reschedule(at) => (RESCHEDULE, Some(("at", at.to_string()))),
            Decision::MoveTo(step) => (MOVE_TO, Some(("step", step.to_string()))),
            Decision::Remove => (REMOVE, None),
        };
        let mut data = Map::from_iter([("enrollment".to_owned(), Value::from(enrollment))]);
        data.extend(detail.map(|(name, value)| (name.to_owned(), Value::from(value))));
        let id = key.map_or_else(|| self.ports.tokens.token(), |key| format!("decide-{key}"));
        let event = decided(caller, &id, kind, data, self.now());
        let mut definitions = self.definitions().await?;
        let contact = ContactId::new(contact);
        let told = self.tell(Lane::Fast, &mut definitions, &contact, event, |_| true).await?;
        let missing = || AppError::NotFound { what: "contact", id: contact.to_string() };
        let (contact, revision) = told.ok_or_else(missing)?;
        match self.refused(&contact, revision).await? {
            None => Ok(contact),
            Some(reason) if reason == "enrollment_unknown" => {
                Err(AppError::NotFound { what: "enrollment", id: enrollment.to_owned() })
            }
            Some(reason) => {
                let (code, message) = match &*reason {
                    "step_unknown" => ("step_unknown", "its version of the workflow has no such step"),
                    "not_waiting" => (
                        "not_waiting",
                        "it does not wait for an instant: there is nothing to skip or to put off",
                    ),
                    _ => ("refused", "this can't be done"),
                };
                Err(AppError::Conflict { code, message: message.to_owned() })
            }
        }
    }

    /// Why the reaction that made a revision did not do what was decided.
    pub(crate) async fn refused(&self, contact: &Contact, revision: u64) -> Result<Option<String>, AppError> {
        let lines = self.lines_of(contact, revision).await?;
        Ok(lines.into_iter().find_map(|line| match line.what {
            What::CommandRefused { reason } => Some(reason),
            _ => None,
        }))
    }
}

fn insiders(
    contact: &Contact,
    workflow: &WorkflowId,
    is_meant: &impl Fn(&Enrollment) -> bool,
) -> impl Iterator<Item = Insider> {
    let inside = contact.state.enrollments.iter().filter(|(_, one)| one.workflow == *workflow);
    inside.filter(|(_, one)| is_meant(one)).map(|(id, one)| Insider {
        contact: contact.id.clone(),
        name: contact.profile.display_name(),
        enrollment: id.clone(),
        version: one.version.clone(),
        step: one.step.clone(),
        entered_at: one.entered_at,
        until: one.waiting.due_at(),
        stands_still: one.stands_still,
    })
}

/// The event of a decision.
pub(crate) fn decided(source: &str, id: &str, kind: &str, data: Map<String, Value>, at: Instant) -> Event {
    Event {
        source: source.into(),
        id: id.into(),
        kind: kind.into(),
        occurred_at: at,
        received_at: at,
        data,
        trust: Trust::Trusted,
        ..Event::default()
    }
}
