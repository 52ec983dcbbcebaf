//! The plain text of HTML.

use crate::html::{Piece, pieces};
use crate::tags::Tags;

/// Elements before and after which there is an empty line.
const PARAGRAPHS: &[&str] =
    &["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "table", "pre", "hr"];
/// Elements that stand on lines of their own.
const LINES: &[&str] =
    &["div", "tr", "td", "th", "li", "section", "article", "header", "footer", "dl", "dt", "dd", "body"];
/// Elements of which nothing is read.
const SILENT: &[&str] = &["head", "style", "title"];

#[derive(Default)]
struct Writer {
    out: String,
    /// How many line breaks come before what is next.
    breaks: usize,
    space: bool,
}

impl Writer {
    fn gap(&mut self, breaks: usize) {
        self.breaks = self.breaks.max(breaks);
        self.space &= breaks == 0;
    }

    fn say(&mut self, text: &str) {
        for word in text.split_inclusive(|c: char| c.is_whitespace() && c != '\u{a0}') {
            let said = word.trim_matches(|c: char| c.is_whitespace() || c == '\u{200c}');
            if !said.is_empty() {
                if !self.out.is_empty() {
                    let breaks = std::mem::take(&mut self.breaks);
                    self.out.push_str(&"\n".repeat(breaks));
                    if self.space && breaks == 0 {
                        self.out.push(' ');
                    }
                }
                self.breaks = 0;
                self.out.push_str(said);
                self.space = false;
            }
            self.space |= word.ends_with(|c: char| c.is_whitespace());
        }
    }
}

/// The text of a document: links in brackets behind what they say, pictures by what they show.
pub(crate) fn of_html(html: &str, tags: &Tags) -> String {
    let mut writer = Writer::default();
    let mut silent: Option<(String, usize)> = None;
    let mut link: Option<(String, usize)> = None;
    for piece in pieces(html) {
        if let Some((element, depth)) = &mut silent {
            match piece {
                Piece::Opens(name, _, false) if name == *element => *depth += 1,
                Piece::Closes(name) if name == *element => *depth -= 1,
                _ => {}
            }
            if *depth == 0 {
                silent = None;
            }
            continue;
        }
        match piece {
            Piece::Opens(name, attributes, closes) => {
                let attribute = |wanted: &str| {
                    attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
                };
                let style = attribute("style").unwrap_or_default().replace(' ', "");
                if !closes && (SILENT.contains(&name.as_str()) || style.contains("display:none")) {
                    silent = Some((name, 1));
                    continue;
                }
                writer.gap(breaks(&name));
                match name.as_str() {
                    "br" => writer.gap(1),
                    "hr" => writer.say("---"),
                    "li" => writer.say("- "),
                    "img" => writer.say(attribute("alt").unwrap_or_default()),
                    "a" => link = attribute("href").map(|href| (href.to_owned(), writer.out.len())),
                    _ => {}
                }
                if name == "hr" {
                    writer.gap(2);
                }
            }
            Piece::Closes(name) => {
                if let ("a", Some((href, from))) = (name.as_str(), link.take()) {
                    behind(&mut writer, &href, from);
                }
                writer.gap(breaks(&name));
            }
            Piece::Text(text) => writer.say(&text),
            // What decides stands behind what comes before it: where it says no, no gap is left.
            Piece::Comment(text) if tags.is_word(&text) => writer.out.push_str(&text),
            Piece::Comment(_) | Piece::Doctype(_) => {}
        }
    }
    writer.out + "\n"
}

fn breaks(name: &str) -> usize {
    match name {
        name if PARAGRAPHS.contains(&name) => 2,
        name if LINES.contains(&name) => 1,
        _ => 0,
    }
}

/// Where a link leads, behind what it says, unless it says that itself.
fn behind(writer: &mut Writer, href: &str, from: usize) {
    let said = writer.out[from..].trim();
    let address = href.strip_prefix("mailto:").or_else(|| href.strip_prefix("tel:")).unwrap_or(href);
    if address.is_empty() || address.starts_with('#') || said.ends_with(address) {
        return;
    }
    if said.is_empty() {
        writer.say(address);
    } else {
        writer.space = true;
        writer.say(&format!("({address})"));
    }
}
