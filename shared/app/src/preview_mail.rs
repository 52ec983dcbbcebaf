//! Mail templates as somebody would read them, before anything is sent.

use flusso_engine::contact::Contact;
use flusso_engine::ids::ContactId;
use flusso_engine::message::Links;
use flusso_engine::message::html::finish;
use flusso_engine::message::preview::preview;
use flusso_mail::{Finding, Source, lint};
use serde_json::{Map, Value};

use crate::templates::{compile_template, made_of};
use crate::{App, AppError, unsubscribe};

/// For whom a template is put together.
#[derive(Clone, Debug, Default)]
pub struct For {
    /// The contact; none is nobody in particular.
    pub contact: Option<ContactId>,
    /// The language; none is the contact's, or the account's.
    pub language: Option<String>,
    /// What the event and the step would give, by the names that the template has for it.
    pub values: Map<String, Value>,
}

/// A mail as it would be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailPreview {
    /// The subject; none where the step gives it.
    pub subject: Option<String>,
    /// The HTML.
    pub html: String,
    /// The plain text.
    pub text: String,
    /// What it names and nobody knows.
    pub missing: Vec<String>,
    /// What keeps people from reading it.
    pub findings: Vec<Finding>,
}

impl App {
    /// Puts a template together as it would be read, be it stored or not.
    pub async fn preview_template(&self, source: &Source, whom: &For) -> Result<MailPreview, AppError> {
        let definitions = self.definitions().await?;
        let known = self.templates(&self.repository.head().await?.templates).await?;
        let find = |name: &str| known.get(name).map(|stored| stored.source().clone());
        let template = compile_template(&made_of(source, &find)?)?;
        let contact = match &whom.contact {
            Some(id) => Some(self.repository.contact(id).await?)
                .filter(Contact::is_there)
                .map(Some)
                .ok_or_else(|| AppError::NotFound { what: "contact", id: id.to_string() })?,
            None => None,
        };
        let public = self.ports.public_url.trim_end_matches('/');
        let leave = format!("{public}{}/preview", unsubscribe::PATH);
        let links = Links { unsubscribe: leave.clone(), confirm: format!("{public}/c/preview") };
        let language = whom.language.as_deref();
        let read =
            preview(&definitions, &template, (contact.as_ref(), language), &whom.values, &links, self.now())
                .map_err(|error| AppError::invalid("values", "template.unfit", error.to_string()))?;
        let html = finish(&read.html, |_| None);
        let subject = read.subject.as_deref().unwrap_or("-");
        let findings = lint(subject, Some(&html), &read.text, Some(&leave));
        Ok(MailPreview { subject: read.subject, html, text: read.text, missing: read.missing, findings })
    }
}
