//! What a webhook's step calls, and with what. It is put together when it is handed over, as a message is.

use serde_json::{Map, Value};

use super::{Detail, Message, reason};
use crate::contact::send::Send;
use crate::limits;
use crate::template::{Missing, Template};

pub(super) const CONTENT_TYPE: &str = "content-type";
pub(super) const JSON: &str = "application/json";

/// A call of an address on the web.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method of HTTP.
    pub method: &'static str,
    /// The address; values in it are written as parts of an address.
    pub url: Template,
    /// Headers by their names in lower case.
    pub headers: Vec<(String, Template)>,
    /// What is sent along.
    pub body: Body,
}

/// What a webhook sends along.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Nothing.
    Nothing,
    /// Who the contact is and what made them enter, as JSON.
    Everything,
    /// A text.
    Text(Template),
    /// A value as JSON; the templates in it are rendered each by itself.
    Json(Part),
}

/// A part of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// As it is.
    Fixed(Value),
    /// A text with merge fields.
    Text(Template),
    /// Several.
    List(Vec<Part>),
    /// Several by name.
    Map(Vec<(String, Part)>),
}

impl Request {
    /// Every template in it.
    pub fn templates(&self) -> Vec<&Template> {
        let mut all = vec![&self.url];
        all.extend(self.headers.iter().map(|(_, value)| value));
        match &self.body {
            Body::Text(text) => all.push(text),
            Body::Json(part) => part.templates(&mut all),
            Body::Nothing | Body::Everything => {}
        }
        all
    }

    pub(super) fn compose(
        &self,
        values: &Value,
        send: &Send,
        missing: Missing,
    ) -> Result<Message, &'static str> {
        let render = |template: &Template| template.render(values, missing).map_err(|error| reason(&error));
        let url = render(&self.url)?.trim().to_owned();
        if url.len() > limits::REQUEST_URL_BYTES || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("bad_address");
        }
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            let value = render(value)?.trim().to_owned();
            // A line break would begin another header.
            if value.len() > limits::REQUEST_HEADER_BYTES
                || value.chars().any(|c| c.is_control() || !c.is_ascii())
            {
                return Err("bad_header");
            }
            headers.push((name.clone(), value));
        }
        let (text, kind) = match &self.body {
            Body::Nothing => (String::new(), ""),
            Body::Everything => (everything(values, send), JSON),
            Body::Text(text) => (render(text)?, "text/plain; charset=utf-8"),
            Body::Json(part) => (part.render(&render)?.to_string(), JSON),
        };
        if text.len() > limits::REQUEST_BYTES {
            return Err("text_too_long");
        }
        if !kind.is_empty() && !headers.iter().any(|(name, _)| name == CONTENT_TYPE) {
            headers.push((CONTENT_TYPE.to_owned(), kind.to_owned()));
        }
        let detail = Detail::Request { method: self.method.to_owned(), headers };
        Ok(Message { to: url.into(), from: "".into(), subject: String::new(), text, html: None, detail })
    }
}

fn everything(values: &Value, send: &Send) -> String {
    let parts = ["contact", "event", "workflow"].map(|part| (part.to_owned(), values[part].clone()));
    let mut all = Map::from_iter(parts);
    all.insert("step".to_owned(), send.step.as_str().into());
    Value::Object(all).to_string()
}

impl Part {
    fn templates<'p>(&'p self, all: &mut Vec<&'p Template>) {
        match self {
            Self::Fixed(_) => {}
            Self::Text(template) => all.push(template),
            Self::List(parts) => parts.iter().for_each(|part| part.templates(all)),
            Self::Map(parts) => parts.iter().for_each(|(_, part)| part.templates(all)),
        }
    }

    fn render<E>(&self, render: &impl Fn(&Template) -> Result<String, E>) -> Result<Value, E> {
        Ok(match self {
            Self::Fixed(value) => value.clone(),
            Self::Text(template) => render(template)?.into(),
            Self::List(parts) => parts.iter().map(|part| part.render(render)).collect::<Result<_, _>>()?,
            Self::Map(parts) => {
                let parts = parts.iter().map(|(name, part)| Ok((name.clone(), part.render(render)?)));
                Value::Object(parts.collect::<Result<Map<_, _>, E>>()?)
            }
        })
    }
}
