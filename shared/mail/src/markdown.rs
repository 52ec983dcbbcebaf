//! Markdown to HTML.

use pulldown_cmark::{Options, Parser, html};

/// The HTML of a text, without the elements around it.
pub(crate) fn to_html(text: &str) -> String {
    let mut out = String::new();
    html::push_html(&mut out, Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH));
    out
}
