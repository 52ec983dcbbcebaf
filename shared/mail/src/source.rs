//! What an author writes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::tags;

/// A mail template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = MailTemplate))]
#[serde(from = "Flat")]
pub struct Source {
    /// What it says, in the account's language.
    #[serde(flatten)]
    pub own: Variant,
    /// The layout into which the body is put; none takes the plain one where the body needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<String>,
    /// What it says in other languages, by their tags (BCP 47).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub languages: BTreeMap<String, Variant>,
}

/// A template as it is written: what it says and what is said of it beside each other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Flat {
    subject: Option<String>,
    preheader: Option<String>,
    text: Option<String>,
    markdown: Option<String>,
    html: Option<String>,
    mjml: Option<String>,
    #[serde(default)]
    blocks: Vec<Block>,
    layout: Option<String>,
    #[serde(default)]
    languages: BTreeMap<String, Variant>,
}

impl From<Flat> for Source {
    fn from(flat: Flat) -> Self {
        let Flat { subject, preheader, text, markdown, html, mjml, blocks, layout, languages } = flat;
        Self { own: Variant { subject, preheader, text, markdown, html, mjml, blocks }, layout, languages }
    }
}

/// What a template says in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = MailText))]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// The subject, where a step names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What mail programs show beside the subject in their lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preheader: Option<String>,
    /// Plain text. Beside another kind of body, the text for who reads no HTML; else that is made of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The body in Markdown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub markdown: Option<String>,
    /// The body in HTML: a whole document, or what comes into the layout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// The body in MJML: a whole document, or sections that come into the layout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mjml: Option<String>,
    /// The body as blocks, one below the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<Block>,
}

/// A piece of a mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = MailBlock))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Block {
    /// A heading.
    Heading(String),
    /// Text in Markdown.
    Text(String),
    /// A button.
    Button {
        /// What stands on it.
        text: String,
        /// Where it leads.
        url: String,
    },
    /// A picture.
    Image {
        /// Where it lies, an address that begins with `https://`.
        src: String,
        /// What it shows, for who doesn't see it.
        #[serde(default)]
        alt: String,
        /// Where it leads.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// How wide it is shown, in pixels; none is as wide as there is room.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        width: Option<u16>,
    },
    /// A line.
    Divider {},
    /// Room, in pixels.
    Spacer(u16),
    /// Blocks beside each other; on a phone, one below the other.
    #[cfg_attr(feature = "schema", schema(no_recursion))]
    Columns(Vec<Vec<Block>>),
    /// Products, one below the other: of the event that made the contact enter.
    Products(Products),
    /// Sections in MJML.
    Mjml(String),
}

/// Which products are shown, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = MailProducts))]
#[serde(deny_unknown_fields)]
pub struct Products {
    /// The list that they stand in, as templates name it.
    #[serde(default = "of_the_event")]
    pub from: String,
    /// At most so many.
    #[serde(default = "four")]
    pub most: u8,
    /// What stands on the button that leads to each; none shows no buttons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button: Option<String>,
}

fn of_the_event() -> String {
    "event.items".to_owned()
}

fn four() -> u8 {
    4
}

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written<'s> {
    /// In plain text.
    Text(&'s str),
    /// In Markdown.
    Markdown(&'s str),
    /// In HTML.
    Html(&'s str),
    /// In MJML.
    Mjml(&'s str),
    /// As blocks.
    Blocks(&'s [Block]),
}

impl Source {
    /// One that is plain text.
    pub fn plain(subject: Option<&str>, text: &str) -> Self {
        let own = Variant {
            subject: subject.map(str::to_owned),
            text: Some(text.to_owned()),
            ..Variant::default()
        };
        Self { own, ..Self::default() }
    }

    /// Everything that it says, with the language; of its own, none.
    pub fn variants(&self) -> impl Iterator<Item = (Option<&str>, &Variant)> {
        let others = self.languages.iter().map(|(language, variant)| (Some(language.as_str()), variant));
        std::iter::once((None, &self.own)).chain(others)
    }

    /// The other templates that it is made of: its layout, and what it includes.
    pub fn parts(&self) -> BTreeSet<String> {
        let texts =
            self.variants().filter_map(|(_, variant)| variant.written().ok()).filter_map(|body| match body {
                Written::Text(text) | Written::Markdown(text) | Written::Html(text) | Written::Mjml(text) => {
                    Some(text)
                }
                Written::Blocks(_) => None,
            });
        texts.flat_map(tags::includes).map(str::to_owned).chain(self.layout.clone()).collect()
    }
}

impl Variant {
    /// Its body.
    ///
    /// # Errors
    /// If there is none, or more than one: how many.
    pub fn written(&self) -> Result<Written<'_>, usize> {
        let mut bodies: Vec<Written<'_>> = Vec::new();
        bodies.extend(self.markdown.as_deref().map(Written::Markdown));
        bodies.extend(self.html.as_deref().map(Written::Html));
        bodies.extend(self.mjml.as_deref().map(Written::Mjml));
        bodies.extend((!self.blocks.is_empty()).then_some(Written::Blocks(&self.blocks)));
        if bodies.is_empty() {
            bodies.extend(self.text.as_deref().map(Written::Text));
        }
        if let [body] = bodies[..] { Ok(body) } else { Err(bodies.len()) }
    }
}
