//! What a newcomer finds at the first start: the demo form and the ready workflow that it starts.

use std::collections::BTreeMap;

use flusso_engine::definitions::Form;

use crate::{App, AppError, ready};
use flusso_mail::Source;

/// The demo form's name.
pub const FORM: &str = "richiedi-guida-gratuita";
/// The demo workflow's id.
pub const WORKFLOW: &str = "benvenuto-iscritti";

const FORM_JSON: &str = include_str!("../../catalog/demo/forms/richiedi-guida-gratuita.json");
const TEMPLATE_JSON: &str = include_str!("../../catalog/demo/templates/follow-up.json");
const TEAM_JSON: &str = include_str!("../../catalog/demo/teams/vendite.json");
/// The ready workflow.
const READY: &str = "welcome";

#[derive(serde::Deserialize)]
struct Team {
    members: Vec<String>,
}

impl App {
    /// Sets the demo up, if nothing was ever defined. True if it did.
    pub async fn set_up_demo(&self) -> Result<bool, AppError> {
        if self.repository.head().await?.number > 0 {
            return Ok(false);
        }
        let broken =
            |error: serde_json::Error| AppError::Unavailable(format!("the demo can't be read: {error}"));
        let form: Form = serde_json::from_str(FORM_JSON).map_err(broken)?;
        let template: Source = serde_json::from_str(TEMPLATE_JSON).map_err(broken)?;
        let team: Team = serde_json::from_str(TEAM_JSON).map_err(broken)?;
        self.put_form(FORM, &form).await?;
        self.put_template("follow-up", &template).await?;
        self.put_team("vendite", &team.members).await?;
        for document in ready::fill(READY, "it", &BTreeMap::new())? {
            self.put_workflow(&document.id, &document.source).await?;
        }
        self.activate(WORKFLOW).await?;
        Ok(true)
    }
}
