//! Markdown to HTML.

use pulldown_cmark::{Event, Options, Parser, html};

/// The HTML of a text, without the elements around it. A line break is one: mail is written as letters are.
pub(crate) fn to_html(text: &str) -> String {
    let mut out = String::new();
    let events = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let lines = events.map(|event| if event == Event::SoftBreak { Event::HardBreak } else { event });
    html::push_html(&mut out, lines);
    out
}
