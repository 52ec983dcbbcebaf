//! Mail templates: put as their authors write them, kept with what was made of them, so that whoever sends makes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use flusso_engine::definitions::{MailTemplate, MailText};
use flusso_engine::limits;
use flusso_engine::template::{Escape, Template};
pub use flusso_mail::Source as MailSource;
use flusso_mail::{Made, Source, Written, make};
use serde::{Deserialize, Serialize};

use crate::define::{TRIES, check_name};
use crate::{App, AppError};

/// What was made of the words in the account's language stands under this.
const OWN: &str = "";

/// A mail template as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum StoredTemplate {
    /// With what was made of it.
    Made {
        /// As its author wrote it.
        source: Source,
        /// What was made of it, by language.
        made: BTreeMap<String, Made>,
    },
    /// Of plain text only: it is what it says.
    Plain(Source),
}

impl StoredTemplate {
    /// As its author wrote it.
    pub(crate) fn source(&self) -> &Source {
        let (Self::Made { source, .. } | Self::Plain(source)) = self;
        source
    }
}

/// Templates by name.
pub(crate) type Templates = BTreeMap<String, StoredTemplate>;

impl App {
    /// A mail template by its name, as it was written.
    pub async fn template(&self, name: &str) -> Result<Source, AppError> {
        let head = self.repository.head().await?;
        let not_found = || AppError::NotFound { what: "template", id: name.to_owned() };
        Ok(self.stored_template(head.templates.get(name).ok_or_else(not_found)?).await?.source().clone())
    }

    /// The names of all mail templates.
    pub async fn template_names(&self) -> Result<Vec<String>, AppError> {
        Ok(self.repository.head().await?.templates.into_keys().collect())
    }

    /// Puts a mail template, or puts it anew, and makes those anew that are made of it. Messages render with the present
    /// one when they are sent.
    pub async fn put_template(&self, name: &str, source: &Source) -> Result<(), AppError> {
        let changed = BTreeMap::from([(name.to_owned(), source.clone())]);
        for _ in 0..TRIES {
            let head = self.repository.head().await?;
            let known = self.templates(&head.templates).await?;
            let made = make_all(&changed, &known)?;
            let mut hashes = BTreeMap::new();
            for (name, stored) in made {
                hashes.insert(name.clone(), self.put_hashed(&stored?).await?);
            }
            let put = self.change_head_at(head.number, |head| head.templates.extend(hashes.clone())).await?;
            if put {
                return Ok(());
            }
        }
        Err(AppError::Unavailable("the account's definitions change too fast".to_owned()))
    }

    /// Templates by their hashes.
    pub(crate) async fn templates(&self, hashes: &BTreeMap<String, String>) -> Result<Templates, AppError> {
        let mut templates = Templates::new();
        for (name, hash) in hashes {
            templates.insert(name.clone(), self.stored_template(hash).await?);
        }
        Ok(templates)
    }

    async fn stored_template(&self, hash: &str) -> Result<StoredTemplate, AppError> {
        let missing = || AppError::NotFound { what: "definition", id: hash.to_owned() };
        let text = self.repository.definition(hash).await?.ok_or_else(missing)?;
        serde_json::from_str(&text)
            .map_err(|error| AppError::Unavailable(format!("definition {hash}: {error}")))
    }
}

/// Makes templates, and those that are made of them, of what is written now and was known before: each, or what is wrong
/// with it.
///
/// # Errors
/// If one that is known is made of one that could no longer be part of it.
pub(crate) fn make_all(
    changed: &BTreeMap<String, Source>,
    known: &Templates,
) -> Result<BTreeMap<String, Result<StoredTemplate, AppError>>, AppError> {
    let find =
        |name: &str| changed.get(name).or_else(|| known.get(name).map(StoredTemplate::source)).cloned();
    let mut made: BTreeMap<_, _> = changed
        .iter()
        .map(|(name, source)| {
            (name.clone(), check_name("template", name).and_then(|()| made_of(source, &find)))
        })
        .collect();
    let others = || known.iter().filter(|(name, _)| !changed.contains_key(*name));
    let mut concerned: BTreeSet<&str> = changed.keys().map(String::as_str).collect();
    loop {
        let more: Vec<&str> = others()
            .filter(|(name, stored)| {
                !concerned.contains(name.as_str())
                    && stored.source().parts().iter().any(|part| concerned.contains(part.as_str()))
            })
            .map(|(name, _)| name.as_str())
            .collect();
        if more.is_empty() {
            break;
        }
        concerned.extend(more);
    }
    for (name, stored) in others().filter(|(name, _)| concerned.contains(name.as_str())) {
        match made_of(stored.source(), &find) {
            Ok(anew) => made.insert(name.clone(), Ok(anew)),
            Err(AppError::Invalid { code, message, .. }) => {
                let message =
                    format!("the template `{name}`, which is made of this one, could not be made: {message}");
                return Err(AppError::Conflict { code, message });
            }
            Err(error) => return Err(error),
        };
    }
    Ok(made)
}

/// A template that is made of no other, as messages render it.
///
/// # Errors
/// What is wrong with it.
pub fn compiled(source: &Source) -> Result<MailTemplate, AppError> {
    compile_template(&made_of(source, &|_| None)?)
}

/// A template with what is made of it.
pub(crate) fn made_of(
    source: &Source,
    find: &dyn Fn(&str) -> Option<Source>,
) -> Result<StoredTemplate, AppError> {
    if source.languages.len() > limits::TEMPLATE_LANGUAGES {
        let message = format!("a template speaks at most {} other languages", limits::TEMPLATE_LANGUAGES);
        return Err(AppError::invalid("languages", "too_many", message));
    }
    let made =
        make(source, find).map_err(|error| AppError::invalid(error.field, error.code, error.message))?;
    let only_text = source.variants().all(|(_, variant)| matches!(variant.written(), Ok(Written::Text(_))));
    let source = source.clone();
    let stored = if only_text && source.parts().is_empty() {
        StoredTemplate::Plain(source)
    } else {
        let made =
            made.into_iter().map(|(language, made)| (language.unwrap_or_else(|| OWN.to_owned()), made));
        StoredTemplate::Made { source, made: made.collect() }
    };
    let bytes = serde_json::to_string(&stored).map_or(0, |text| text.len());
    if bytes > limits::TEMPLATE_BYTES {
        let message = format!(
            "with all that is made of it, a template has at most {} KB; this one has {}",
            limits::TEMPLATE_BYTES / 1024,
            bytes.div_ceil(1024)
        );
        return Err(AppError::invalid("html", "template.too_large", message));
    }
    compile_template(&stored)?;
    Ok(stored)
}

/// A stored template as messages render it.
pub(crate) fn compile_template(stored: &StoredTemplate) -> Result<MailTemplate, AppError> {
    let mut template =
        MailTemplate { own: text_of(stored, None)?, languages: BTreeMap::new(), broken: Vec::new() };
    if let StoredTemplate::Made { made, .. } = stored {
        template.broken = made.values().flat_map(|made| made.broken.iter().cloned()).collect();
        template.broken.dedup();
    }
    for language in stored.source().languages.keys() {
        template.languages.insert(Arc::from(language.as_str()), text_of(stored, Some(language))?);
    }
    Ok(template)
}

fn text_of(stored: &StoredTemplate, language: Option<&str>) -> Result<MailText, AppError> {
    let made = match stored {
        StoredTemplate::Made { made, .. } => made.get(language.unwrap_or(OWN)).cloned().unwrap_or_default(),
        StoredTemplate::Plain(source) => {
            let variant = language.and_then(|language| source.languages.get(language)).unwrap_or(&source.own);
            Made {
                subject: variant.subject.clone().or_else(|| source.own.subject.clone()),
                text: variant.text.clone().unwrap_or_default(),
                ..Made::default()
            }
        }
    };
    let compile = |field: &str, source: &str, escape: Escape| {
        Template::compile_for(source, escape)
            .map_err(|problem| AppError::invalid(field, "template.unreadable", problem.message))
    };
    Ok(MailText {
        subject: made.subject.map(|subject| compile("subject", &subject, Escape::None)).transpose()?,
        text: compile("text", &made.text, Escape::None)?,
        html: made.html.map(|html| compile("html", &html, Escape::Html)).transpose()?,
    })
}
