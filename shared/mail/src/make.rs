//! From what an author writes to what is sent.

use std::collections::BTreeMap;

use flusso_engine::message::html::finish;
use flusso_engine::template::{Escape, MAX_SOURCE, Template};
use serde::{Deserialize, Serialize};

use crate::source::{Source, Variant, Written};
use crate::tags::{self, Tags};
use crate::{LAYOUTS, blocks, html, lint, markdown, mjml, text};

/// How deep templates may include each other.
const DEEPEST: usize = 5;

/// A mail in one language, ready for merge fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The subject, where a step names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The HTML, a template with its links marked; none where the plain text is all there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// The plain text, a template.
    pub text: String,
    /// Why it must not go out as it is: what to do about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken: Vec<String>,
}

/// Why a mail can't be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct MakeError {
    /// What of the source is wrong, such as `html` or `languages.it.subject`.
    pub field: String,
    /// A code such as `template.unreadable`.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

impl MakeError {
    pub(crate) fn new(field: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: field.to_owned(), code, message: message.into() }
    }

    /// The same, of a part of what it was found in.
    fn within(mut self, language: Option<&str>) -> Self {
        if let Some(language) = language {
            self.field = format!("languages.{language}.{}", self.field);
        }
        self
    }
}

/// Makes a mail in each of its languages; its own has none. `find` gives the other templates that it is made of.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn make(
    source: &Source,
    find: &dyn Fn(&str) -> Option<Source>,
) -> Result<BTreeMap<Option<String>, Made>, MakeError> {
    let mut all = BTreeMap::new();
    for (language, variant) in source.variants() {
        let maker = Maker { source, variant, language, find };
        let made = maker.made().map_err(|error| error.within(language))?;
        all.insert(language.map(str::to_owned), made);
    }
    Ok(all)
}

struct Maker<'m> {
    source: &'m Source,
    variant: &'m Variant,
    language: Option<&'m str>,
    find: &'m dyn Fn(&str) -> Option<Source>,
}

/// How a body is written, without the body.
fn kind(written: Written<'_>) -> &'static str {
    match written {
        Written::Text(_) => "text",
        Written::Markdown(_) => "markdown",
        Written::Html(_) => "html",
        Written::Mjml(_) => "mjml",
        Written::Blocks(_) => "blocks",
    }
}

impl Maker<'_> {
    fn made(&self) -> Result<Made, MakeError> {
        let subject = self.variant.subject.as_ref().or(self.source.own.subject.as_ref()).cloned();
        for (field, text) in [("subject", &subject), ("preheader", &self.variant.preheader)] {
            check(field, text.as_deref().unwrap_or_default())?;
        }
        let written = self.variant.written().map_err(|bodies| {
            let message = match bodies {
                0 => "a template needs a body: `text`, `markdown`, `html`, `mjml` or `blocks`".to_owned(),
                _ => "a template has one body: one of `markdown`, `html`, `mjml` and `blocks`; `text` may stand beside it".to_owned(),
            };
            MakeError::new("text", "template.body", message)
        })?;
        let own_text =
            self.variant.text.as_deref().map(|text| self.whole(Written::Text(text))).transpose()?;
        if let Written::Text(_) = written {
            if self.source.layout.is_some() {
                let message = "plain text has no layout; write the body as `markdown`";
                return Err(MakeError::new("layout", "template.layout", message));
            }
            return Ok(Made { subject, text: own_text.unwrap_or_default(), ..Made::default() });
        }
        let (html, made_text) = self.html(written)?;
        let text = own_text.unwrap_or(made_text);
        fits(kind(written), &html, Escape::Html)?;
        fits("text", &text, Escape::None)?;
        let shown = finish(&html, |_| None);
        let found = lint(subject.as_deref().unwrap_or("-"), Some(&shown), &text, None).into_iter();
        let broken = found.filter(|finding| finding.error).map(|finding| finding.message).collect();
        Ok(Made { subject, html: Some(html), text, broken })
    }

    /// The HTML, and its plain text.
    fn html(&self, written: Written<'_>) -> Result<(String, String), MakeError> {
        let body = match written {
            Written::Blocks(_) => String::new(),
            written => self.whole(written)?,
        };
        let written_blocks = format!("{:?}", self.variant.blocks);
        let layout = self.layout()?;
        let preheader = self.variant.preheader.as_deref().unwrap_or_default();
        let texts = [body.as_str(), &written_blocks, &layout.1, preheader];
        let (mut tags, mut pieces) = (Tags::new('z', &texts), Tags::new('x', &texts));
        let document = match written {
            Written::Html(_) if html::is_document(&body) => {
                self.no_layout()?;
                tags.take(&body)
            }
            Written::Mjml(_) if body.trim_start().starts_with("<mjml") => {
                self.no_layout()?;
                mjml::to_html(&tags.take(&body))?
            }
            Written::Html(_) => {
                let body = tags.take(&body);
                put_in(&layout, Content::Html(body), &mut tags, &mut pieces)?
            }
            Written::Markdown(_) => {
                let body = markdown::to_html(&tags.take(&body));
                put_in(&layout, Content::Html(body), &mut tags, &mut pieces)?
            }
            Written::Mjml(_) => {
                let body = tags.take(&body);
                put_in(&layout, Content::Mjml(body), &mut tags, &mut pieces)?
            }
            Written::Blocks(blocks) => {
                let body = blocks::sections(blocks, &mut tags, &mut pieces);
                put_in(&layout, Content::Mjml(body), &mut tags, &mut pieces)?
            }
            Written::Text(_) => String::new(),
        };
        let document = pieces.put_back(&document);
        let preheader = (!preheader.is_empty()).then(|| tags.take(preheader));
        let text = tags.put_back(&text::of_html(&document, &tags));
        let html = tags.put_back(&html::finish(&document, preheader.as_deref())?);
        Ok((html, text))
    }

    /// A body with everything in it that it includes.
    fn whole(&self, written: Written<'_>) -> Result<String, MakeError> {
        let (Written::Text(body) | Written::Markdown(body) | Written::Html(body) | Written::Mjml(body)) =
            written
        else {
            return Ok(String::new());
        };
        let mut bytes = 0;
        let whole = self.include(body, kind(written), 0, &mut bytes)?;
        check(kind(written), &whole)?;
        Ok(whole)
    }

    fn include(
        &self,
        body: &str,
        kind: &'static str,
        depth: usize,
        bytes: &mut usize,
    ) -> Result<String, MakeError> {
        let refused = |message: String| MakeError::new(kind, "template.include", message);
        let mut out = String::new();
        let mut rest = body;
        while let Some((before, tag, after)) = tags::next(rest) {
            out.push_str(before);
            match tags::included(tag) {
                None => out.push_str(tag),
                Some(name) => {
                    if depth == DEEPEST {
                        return Err(refused(format!(
                            "templates include each other more than {DEEPEST} deep, at `{name}`"
                        )));
                    }
                    let part =
                        (self.find)(name).ok_or_else(|| refused(format!("there is no template `{name}`")))?;
                    let spoken = self.language.and_then(|language| part.languages.get(language));
                    let variant = spoken.unwrap_or(&part.own);
                    let text = match (variant.written(), kind) {
                        (_, "text") => variant.text.as_deref(),
                        (Ok(Written::Markdown(text)), "markdown")
                        | (Ok(Written::Html(text)), "html")
                        | (Ok(Written::Mjml(text)), "mjml") => Some(text),
                        _ => None,
                    };
                    let text =
                        text.ok_or_else(|| refused(format!("`{name}` has no `{kind}` to be included")))?;
                    *bytes += text.len();
                    if *bytes > MAX_SOURCE {
                        return Err(refused(format!(
                            "with all that it includes, it is longer than {MAX_SOURCE} bytes"
                        )));
                    }
                    out.push_str(&self.include(text, kind, depth + 1, bytes)?);
                }
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }

    fn no_layout(&self) -> Result<(), MakeError> {
        match &self.source.layout {
            None => Ok(()),
            Some(_) => {
                let message =
                    "a whole document has no layout; leave `layout` out, or write only what comes into it";
                Err(MakeError::new("layout", "template.layout", message))
            }
        }
    }

    /// The layout, and whether it is MJML.
    fn layout(&self) -> Result<(bool, String), MakeError> {
        let refused = |message: String| MakeError::new("layout", "template.layout", message);
        let name = self.source.layout.as_deref().unwrap_or(LAYOUTS[0].name);
        let Some(own) = (self.find)(name).filter(|_| self.source.layout.is_some()) else {
            let known = LAYOUTS.iter().find(|layout| layout.name == name);
            let names: Vec<&str> = LAYOUTS.iter().map(|layout| layout.name).collect();
            let known = known.ok_or_else(|| {
                refused(format!(
                    "there is no layout `{name}`: name one of your templates, or {}",
                    names.join(", ")
                ))
            })?;
            return Ok((true, known.mjml.to_owned()));
        };
        let variant = self.language.and_then(|language| own.languages.get(language)).unwrap_or(&own.own);
        let (is_mjml, text) = match variant.written() {
            Ok(Written::Mjml(text)) => (true, text),
            Ok(Written::Html(text)) => (false, text),
            _ => return Err(refused(format!("the layout `{name}` must be written as `mjml` or `html`"))),
        };
        let mut places = 0;
        let mut rest = text;
        while let Some((_, tag, after)) = tags::next(rest) {
            places += usize::from(tags::is_content(tag));
            rest = after;
        }
        match places {
            1 => Ok((is_mjml, text.to_owned())),
            _ => Err(refused(format!("the layout `{name}` must have {{{{ content }}}} in it, once"))),
        }
    }
}

/// What comes into a layout.
enum Content {
    Html(String),
    Mjml(String),
}

fn put_in(
    (is_mjml, layout): &(bool, String),
    content: Content,
    tags: &mut Tags,
    pieces: &mut Tags,
) -> Result<String, MakeError> {
    let content = match (is_mjml, content) {
        (true, Content::Mjml(sections)) => sections,
        (true, Content::Html(html)) => {
            let piece = pieces.keep(html);
            format!("<mj-section><mj-column><mj-text>{piece}</mj-text></mj-column></mj-section>")
        }
        (false, Content::Html(html)) => html,
        (false, Content::Mjml(_)) => {
            let message = "the layout is HTML, and the body has to be too; or write the layout as `mjml`";
            return Err(MakeError::new("layout", "template.layout", message));
        }
    };
    let mut document = String::new();
    let mut rest = layout.as_str();
    while let Some((before, tag, after)) = tags::next(rest) {
        document.push_str(before);
        document.push_str(if tags::is_content(tag) { &content } else { tag });
        rest = after;
    }
    document.push_str(rest);
    let document = tags.take(&document);
    if *is_mjml { mjml::to_html(&document) } else { Ok(document) }
}

/// Refuses what is no template, with the line in what the author wrote.
fn check(field: &str, source: &str) -> Result<(), MakeError> {
    fits(field, source, Escape::None)
}

fn fits(field: &str, source: &str, escape: Escape) -> Result<(), MakeError> {
    let source = source.replace("{{ content }}", "").replace("{{content}}", "");
    Template::compile_for(&source, escape).map(|_| ()).map_err(|problem| {
        let line = problem.line.map(|line| format!("line {line}: ")).unwrap_or_default();
        MakeError::new(field, "template.unreadable", format!("{line}{}", problem.message))
    })
}
