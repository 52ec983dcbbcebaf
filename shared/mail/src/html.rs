//! HTML as it goes out: written anew element by element, with its links marked, and without what mail programs refuse.

use html5gum::Tokenizer;
use html5gum::emitters::default::{DefaultEmitter, Token};

use flusso_engine::message::html::{LINK_BEGINS, LINK_ENDS, SCHEMES, escape};

use crate::make::MakeError;

/// What no mail program shows, or by which a mail would act.
const REFUSED: &[&str] = &[
    "script", "iframe", "frame", "object", "embed", "applet", "form", "input", "button", "select",
    "textarea", "base",
];

/// A piece of HTML, as text.
pub(crate) enum Piece {
    /// An element begins: its name and attributes; whether it closes itself.
    Opens(String, Vec<(String, String)>, bool),
    /// An element ends.
    Closes(String),
    /// Text.
    Text(String),
    /// A comment.
    Comment(String),
    /// What kind of document it is.
    Doctype(String),
}

/// The pieces of a document, or of a part of one.
pub(crate) fn pieces(html: &str) -> impl Iterator<Item = Piece> {
    let mut emitter = DefaultEmitter::default();
    // What stands in a style is no element.
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(html, emitter).filter_map(Result::ok).filter_map(|token| {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Some(match token {
            Token::StartTag(tag) => {
                let attributes =
                    tag.attributes.iter().map(|(name, value)| (text(name), text(value))).collect();
                Piece::Opens(text(&tag.name), attributes, tag.self_closing)
            }
            Token::EndTag(tag) => Piece::Closes(text(&tag.name)),
            Token::String(string) => Piece::Text(text(&string)),
            Token::Comment(comment) => Piece::Comment(text(&comment)),
            Token::Doctype(doctype) => Piece::Doctype(text(&doctype.name)),
            Token::Error(_) => return None,
        })
    })
}

/// Whether it is a whole document rather than what comes into one.
pub(crate) fn is_document(html: &str) -> bool {
    pieces(html).any(|piece| matches!(piece, Piece::Opens(name, ..) if name == "html" || name == "body"))
}

/// A document as it goes out, with a line for the lists of mail programs at the beginning of its body.
///
/// # Errors
/// What mail programs refuse.
pub(crate) fn finish(html: &str, preheader: Option<&str>) -> Result<String, MakeError> {
    let mut out = String::with_capacity(html.len());
    let mut raw = false;
    for piece in pieces(html) {
        match piece {
            Piece::Opens(name, attributes, closes) => {
                if REFUSED.contains(&name.as_str()) {
                    let message = format!("mail programs refuse <{name}>; take it out");
                    return Err(MakeError::new("html", "template.element", message));
                }
                opens(&mut out, &name, &attributes, closes)?;
                raw = name == "style";
                if let ("body", Some(preheader)) = (name.as_str(), preheader) {
                    out.push_str(&hidden(preheader));
                }
            }
            Piece::Closes(name) => {
                raw = false;
                out.push_str("</");
                out.push_str(&name);
                out.push('>');
            }
            Piece::Text(text) if raw => out.push_str(&text),
            Piece::Text(text) => escape(&mut out, &text),
            Piece::Comment(text) => {
                out.push_str("<!--");
                out.push_str(&text);
                out.push_str("-->");
            }
            Piece::Doctype(name) => {
                out.push_str("<!doctype ");
                out.push_str(&name);
                out.push('>');
            }
        }
    }
    Ok(out)
}

fn opens(
    out: &mut String,
    name: &str,
    attributes: &[(String, String)],
    closes: bool,
) -> Result<(), MakeError> {
    out.push('<');
    out.push_str(name);
    for (attribute, value) in attributes {
        if attribute.starts_with("on") {
            let message = format!("mail programs refuse scripts: take `{attribute}` out of <{name}>");
            return Err(MakeError::new("html", "template.element", message));
        }
        if attribute == "lang" && value == "und" {
            continue;
        }
        out.push(' ');
        out.push_str(attribute);
        out.push_str("=\"");
        let is_link = attribute == "href" && matches!(name, "a" | "area");
        if is_link {
            check_link(value)?;
            out.push(LINK_BEGINS);
        }
        escape(out, value);
        if is_link {
            out.push(LINK_ENDS);
        }
        out.push('"');
    }
    out.push_str(if closes { " />" } else { ">" });
    Ok(())
}

/// Refuses a link that no reader should follow. One that begins with a merge field is looked at when the mail goes out.
fn check_link(url: &str) -> Result<(), MakeError> {
    let scheme = url.trim().split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    let named = scheme.filter(|scheme| {
        scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '\t' | '\n'))
    });
    match named {
        Some(scheme) if !SCHEMES.contains(&scheme.as_str()) && !scheme.contains("zq") => {
            let message = format!("a link can't begin with `{scheme}:`; {} can", SCHEMES.join(", "));
            Err(MakeError::new("html", "template.link", message))
        }
        _ => Ok(()),
    }
}

/// A line that is read in lists of mails and not in the mail.
fn hidden(preheader: &str) -> String {
    let mut text = String::new();
    escape(&mut text, preheader);
    // What follows it in the mail is not for the list.
    let room = "\u{a0}\u{200c}".repeat(60);
    format!("<div style=\"display:none;max-height:0;overflow:hidden;mso-hide:all\">{text}{room}</div>")
}
