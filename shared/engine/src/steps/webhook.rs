//! `webhook: { url: …, method: POST, headers: { … }, body: { … } }` calls an address on the web, signed and with an
//! `Idempotency-Key`. What it answers is known to later steps: `{{ steps.ID.status }}`, `{{ steps.ID.body.price }}`, and
//! the condition `answer:`. An answer of 408, 425, 429 or 5xx, or none, is tried again, five times in all; `else:` is
//! what is done when it was in vain.

use super::{Kind, Next, Step, StepReader};
use crate::contact::send::{Class, Via};
use crate::limits;
use crate::message::{Content, Request, RequestBody, RequestPart};
use crate::react::{Need, Visit};
use crate::template::{Escape, Template};
use crate::workflow::problem::Problems;
use crate::workflow::program::Target;
use crate::workflow::reader::{MapReader, text};
use crate::workflow::shape::{Field, Shape};
use crate::yaml::{self, Node, Value};

/// How it is written.
pub const KIND: Kind = Kind {
    key: "webhook",
    says: "Calls an address on the web; later steps know what it answered.",
    shape: Shape::Beside(
        &Shape::Map(&[
            Field::must("url", Shape::Text, "The address."),
            Field::may("method", Shape::Words(METHODS), "How it is called; POST, if not said."),
            Field::may("headers", Shape::Open(&Shape::Value), "Headers of the request."),
            Field::may("body", Shape::Any, "What is sent; everything known of the contact, if not said."),
        ]),
        &[Field::may("else", Shape::Steps, "Done when it was in vain.")],
    ),
    read,
};

const METHODS: &[&str] = &["POST", "GET", "PUT", "PATCH", "DELETE"];
/// Headers that are not the author's to set.
const OURS: &[&str] = &[
    "connection",
    "content-length",
    "flusso-signature",
    "host",
    "idempotency-key",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

#[derive(Debug)]
struct Webhook {
    request: Request,
    otherwise: Target,
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let mut map = MapReader::open(node, "`webhook:`", reader.problems())?;
    let url = map.need("url", reader.problems()).and_then(|node| read_url(node, reader.problems()));
    let method = map.get("method").map_or(Some("POST"), |node| read_method(node, reader.problems()));
    let headers = map.get("headers").map_or(Some(Vec::new()), |node| read_headers(node, reader));
    let body_node = map.get("body");
    let body = match body_node {
        None if method == Some("POST") => Some(RequestBody::Everything),
        None => Some(RequestBody::Nothing),
        Some(node) if node.as_text().is_some() => reader.template(node, "body").map(RequestBody::Text),
        Some(node) => read_part(node, reader).map(RequestBody::Json),
    };
    map.finish(&["url", "method", "headers", "body"], reader.problems());
    if let (Some(node), Some("GET" | "DELETE")) = (body_node, method) {
        let message = "a GET or DELETE has no `body:`; put the values into the `url:`";
        reader.problems().error(node.place, "webhook.body", message);
    }
    reader.beside = &["id", "after", "else"];
    let next = reader.next;
    let otherwise = reader.map.get("else").map_or(next, |node| reader.block(node));
    let request = Request { method: method?, url: url?, headers: headers?, body: body? };
    Some(Box::new(Webhook { request, otherwise }))
}

/// An address of the web. Values may stand in its path and its query: where it goes is the author's to say.
pub(super) fn read_url(node: &Node, problems: &mut Problems) -> Option<Template> {
    let source = text(node, "url", problems)?.trim();
    let rest = source.strip_prefix("https://").or_else(|| source.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or(rest)).unwrap_or_default();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    if host.is_empty() || !host.chars().all(fits) || source.len() > limits::REQUEST_URL_BYTES {
        let message = format!(
            "`url:` is an address such as https://shop.example/hooks?id={{{{ contact.id }}}}, of at most {} bytes; who is called is fixed, without a password",
            limits::REQUEST_URL_BYTES
        );
        problems.error(node.place, "webhook.url", message);
        return None;
    }
    match Template::compile_for(source, Escape::Url) {
        Ok(template) => Some(template),
        Err(problem) => {
            problems.error(node.place, "template.unreadable", format!("`url`: {}", problem.message));
            None
        }
    }
}

fn read_method(node: &Node, problems: &mut Problems) -> Option<&'static str> {
    let written = text(node, "method", problems)?;
    let method = METHODS.iter().find(|method| **method == written).copied();
    if method.is_none() {
        problems.error(node.place, "webhook.method", format!("`method:` is one of {}", METHODS.join(", ")));
    }
    method
}

fn read_headers(node: &Node, reader: &mut StepReader<'_, '_, '_>) -> Option<Vec<(String, Template)>> {
    let mut map = MapReader::open(node, "`headers:`", reader.problems())?;
    let mut headers = Vec::new();
    for (name, place, value) in map.take_rest() {
        let lower = name.to_ascii_lowercase();
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if name.is_empty() || name.len() > 100 || !name.bytes().all(fits) || OURS.contains(&lower.as_str()) {
            let message = format!("`{name}` is no header that a webhook can set");
            reader.problems().error(place, "webhook.header", message);
            continue;
        }
        headers.push((lower, reader.template(value, name)?));
    }
    if headers.len() > limits::REQUEST_HEADERS {
        let message = format!("a webhook sets at most {} headers", limits::REQUEST_HEADERS);
        reader.problems().error(node.place, "webhook.header", message);
        return None;
    }
    Some(headers)
}

fn read_part(node: &Node, reader: &mut StepReader<'_, '_, '_>) -> Option<RequestPart> {
    Some(match &node.value {
        Value::List(items) => {
            RequestPart::List(items.iter().map(|item| read_part(item, reader)).collect::<Option<_>>()?)
        }
        Value::Map(entries) => {
            let parts =
                entries.iter().map(|(key, value)| Some((key.text.clone(), read_part(value, reader)?)));
            RequestPart::Map(parts.collect::<Option<_>>()?)
        }
        _ if node.as_text().is_some_and(|text| text.contains("{{") || text.contains("{%")) => {
            RequestPart::Text(reader.template(node, "body")?)
        }
        _ => RequestPart::Fixed(yaml::to_json(node)),
    })
}

impl Step for Webhook {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        visit.forget();
        Ok(visit.plan(Class::Internal, vec![(Via::Webhook, None)]))
    }

    fn refused(&self, _: Target) -> Target {
        self.otherwise
    }

    fn targets(&self, next: Target) -> Vec<Target> {
        vec![next, self.otherwise]
    }

    fn templates(&self) -> Vec<&Template> {
        self.request.templates()
    }

    fn content(&self) -> Option<Content<'_>> {
        Some(Content::Request(&self.request))
    }
}
