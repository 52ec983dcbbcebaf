//! Everything that is defined, as code: a plan of it is empty.

use flusso_engine::ids::VersionId;
use flusso_store::keys::draft::Draft;

use super::Code;
use super::catalogue::folders;
use crate::{App, AppError};

impl App {
    /// The account's code.
    pub async fn export(&self) -> Result<Code, AppError> {
        let head = self.repository.head().await?;
        let definitions = self.definitions().await?;
        let (custom, pipelines) = (definitions.catalogue.fields.iter(), definitions.pipelines.iter());
        let mut code = Code {
            forms: definitions
                .forms
                .iter()
                .map(|(name, form)| (name.to_string(), (**form).clone()))
                .collect(),
            teams: head.teams.clone(),
            users: head.users.clone(),
            fields: custom.map(|(key, field)| (key.to_string(), field.clone())).collect(),
            folders: head.catalogue.as_ref().map(|_| folders(&definitions.catalogue)).unwrap_or_default(),
            pipelines: pipelines.map(|(id, one)| (id.to_string(), (**one).clone())).collect(),
            ..Code::default()
        };
        for name in head.templates.keys() {
            code.templates.insert(name.clone(), self.template(name).await?);
        }
        for name in head.segments.keys() {
            code.segments.insert(name.clone(), self.segment(name).await?.source);
        }
        let mut cursor = None;
        loop {
            let page = self.repository.drafts(cursor, 100).await?;
            for (id, draft) in page.items {
                let active = head.workflows.get(&id).map(|active| &active.version);
                if let Some(version) = active {
                    let source = self.written(&draft, version).await?;
                    code.workflows.insert(id.to_string(), source);
                }
                if draft.version.as_ref() != active && !draft.archived {
                    code.drafts.insert(id.to_string(), self.text(&draft.source).await?);
                }
            }
            cursor = page.cursor;
            if cursor.is_none() {
                return Ok(code);
            }
        }
    }

    /// The document of an active version, as it was written last.
    async fn written(&self, draft: &Draft, version: &VersionId) -> Result<String, AppError> {
        if draft.version.as_ref() == Some(version) {
            return self.text(&draft.source).await;
        }
        self.text(version.as_str()).await
    }

    async fn text(&self, hash: &str) -> Result<String, AppError> {
        let missing = || AppError::NotFound { what: "definition", id: hash.to_owned() };
        self.repository.definition(hash).await?.ok_or_else(missing)
    }
}
