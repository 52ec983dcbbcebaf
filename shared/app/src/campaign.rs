//! Campaigns: one message to many contacts. A campaign is a workflow with that one step, so that triggers, conditions and
//! statistics can name it, and its messages pass the gate like all others. Nobody gets it twice: nobody enters it twice.

use std::sync::Arc;

use flusso_engine::contact::Contact;
use flusso_engine::definitions::{Active, Definitions};
use flusso_engine::ids::WorkflowId;
use flusso_engine::life::Life;
use flusso_engine::react::Input;
use flusso_engine::time::{Instant, Millis};
use flusso_engine::timeline::What;
use flusso_engine::workflow::check;
use flusso_engine::workflow::problem::Severity;
use flusso_store::keys::job::{Cursor, Over, Task};
use flusso_store::words;
use serde_json::{Map, Value, json};

use crate::workflows::activate::Activation;
use crate::workflows::save::one_program;
use crate::{App, AppError};

/// How the id of every campaign begins.
const PREFIX: &str = "campaign-";
/// The name of its step.
const STEP: &str = "message";
/// Letters of an id that is made of a name.
const LETTERS: usize = 60;
/// A campaign that nobody is inside of any more is stopped when it has been active for so long.
const LASTS: Millis = Millis::hours(24);

/// A message, as a step of a workflow writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// By what it goes out: `email`, `sms` or `whatsapp`.
    pub via: &'static str,
    /// What the step says: `template`, or `subject` and `body`, …
    pub message: Map<String, Value>,
    /// What it is for, as a workflow says it: `marketing` if nothing is said.
    pub kind: Option<String>,
}

impl Campaign {
    /// Its workflow, by the name that it was given.
    pub(crate) fn workflow(name: &str) -> WorkflowId {
        let folded = words::fold(name);
        let id: Vec<&str> = words::words(&folded).collect();
        let id = id.join("-");
        WorkflowId::new(format!("{PREFIX}{}", words::cut(&id, LETTERS).trim_end_matches('-')))
    }

    /// Its document.
    pub(crate) fn document(&self, name: &str) -> String {
        let step = json!({ "id": STEP, format!("send {}", self.via): self.message });
        let kind = self.kind.as_deref().unwrap_or("marketing");
        let workflow = Self::workflow(name).to_string();
        let triggers = [json!({ "started": "by hand" })];
        json!({ "workflow": workflow, "name": name, "kind": kind, "triggers": triggers, "steps": [step] })
            .to_string()
    }
}

impl App {
    /// Has a campaign begin: its workflow is saved and active. The same one again changes nothing.
    ///
    /// # Errors
    /// `Conflict` if there is another workflow of that id; `Problems` for what is wrong with the message.
    pub(crate) async fn open_campaign(
        &self,
        name: &str,
        campaign: &Campaign,
        by: &str,
    ) -> Result<WorkflowId, AppError> {
        let (workflow, document) = (Campaign::workflow(name), campaign.document(name));
        if let Some((draft, _)) = self.repository.draft(&workflow).await? {
            let same =
                self.repository.definition(&draft.source).await?.is_some_and(|known| known == document);
            if !same {
                let message = format!(
                    "there is a campaign or a workflow `{workflow}` already; give this one another name"
                );
                return Err(AppError::Conflict { code: "campaign_exists", message });
            }
        }
        self.close_campaigns(by).await?;
        self.save_workflow(workflow.as_str(), &document, by).await?;
        self.change_draft(&workflow, |draft| draft.campaign = true).await?;
        self.activate_as(workflow.as_str(), &Activation::default(), by).await?;
        Ok(workflow)
    }

    /// The definitions as they would be with a campaign.
    pub(crate) fn with_campaign(
        &self,
        definitions: &Arc<Definitions>,
        name: &str,
        campaign: &Campaign,
    ) -> Result<Arc<Definitions>, AppError> {
        let (program, compiled) = one_program(&campaign.document(name), None)?;
        let mut problems = compiled.problems;
        problems.extend(check::check(&program, definitions));
        problems.extend(self.without_provider(&program));
        if problems.iter().any(|problem| problem.severity == Severity::Error) {
            return Err(AppError::Problems(problems));
        }
        let mut with = Definitions::clone(definitions);
        // As if it had been there for ever: whatever is tried with it comes after.
        let (version, since) = (program.version.clone(), Instant::default());
        let active = Active { version, since, since_number: 0, life: Life::new(since), program };
        with.workflows.insert(Campaign::workflow(name), active);
        Ok(Arc::new(with.indexed()))
    }

    /// What the gate would say of a message to somebody who was just enrolled: `sent`, `held`, or why it is skipped.
    pub(crate) async fn foresee_gate(
        &self,
        definitions: &mut Arc<Definitions>,
        contact: &Contact,
        workflow: &WorkflowId,
        now: Instant,
    ) -> Result<Result<&'static str, String>, AppError> {
        let open = contact.state.sends.iter().find(|(_, send)| send.workflow == *workflow);
        let Some((id, send)) = open else { return Ok(Err("not_planned".to_owned())) };
        let suppression = self.suppression_of(contact, send).await?;
        let input = Input::Claim { send: id.clone(), by: "preview".into(), suppression };
        let (_, lines) = self.imagine(definitions, contact, &input, now).await?;
        let said = lines.into_iter().find_map(|line| match line.what {
            What::SendSkipped { reason, .. } => Some(Err(reason)),
            What::SendHeld { .. } => Some(Ok("held")),
            What::SendClaimed { .. } => Some(Ok("sent")),
            _ => None,
        });
        Ok(said.unwrap_or(Ok("held")))
    }

    /// Stops campaigns that are over: an account has room for so many active workflows.
    async fn close_campaigns(&self, by: &str) -> Result<(), AppError> {
        let head = self.repository.head().await?;
        let old = |since| self.now().since(since) > LASTS;
        let candidates =
            head.workflows.iter().filter(|(id, active)| id.as_str().starts_with(PREFIX) && old(active.since));
        let candidates: Vec<&WorkflowId> = candidates.map(|(id, _)| id).collect();
        if candidates.is_empty() {
            return Ok(());
        }
        let mut busy = Vec::new();
        for job in self.repository.open_jobs().await? {
            if let Some((job, _)) = self.repository.job(&job).await?
                && let Task::Enroll { workflow, .. } = job.task
            {
                busy.push(workflow);
            }
        }
        for workflow in candidates {
            let is_campaign = self.repository.draft(workflow).await?.is_some_and(|(draft, _)| draft.campaign);
            if is_campaign && !busy.contains(workflow) && self.is_empty(workflow).await? {
                self.stop(workflow.as_str(), by).await?;
            }
        }
        Ok(())
    }

    /// Whether nobody is inside a workflow.
    async fn is_empty(&self, workflow: &WorkflowId) -> Result<bool, AppError> {
        let over = Over::Inside { workflow: workflow.clone() };
        let mut next = Some(Cursor::default());
        while let Some(from) = next {
            let (some, after) = self.repository.walk(&over, &from, 10).await?;
            for contact in some {
                if over.has(&self.repository.contact_itself(&contact).await?) {
                    return Ok(false);
                }
            }
            next = after;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::Campaign;

    #[test]
    fn its_id_is_its_name() {
        for (name, id) in [
            ("Promo di Natale 2026", "campaign-promo-di-natale-2026"),
            ("  Perché no?!  ", "campaign-perche-no"),
            ("ñandú", "campaign-nandu"),
        ] {
            assert_eq!(Campaign::workflow(name).as_str(), id);
        }
        assert!(Campaign::workflow(&"a".repeat(200)).as_str().len() < 80);
    }
}
