//! The HTML of a mail. Whoever writes it marks its links; they are looked at, and written anew, when it goes out.

use std::fmt::Write as _;

/// Stands before the address of a link.
pub const LINK_BEGINS: char = '\u{1}';
/// Stands behind the address of a link.
pub const LINK_ENDS: char = '\u{2}';
/// Schemes by which a link may begin.
pub const SCHEMES: &[&str] = &["https", "http", "mailto", "tel", "sms"];

/// A mail's HTML without its marks. Each link leads where `rewrite` says; one that no reader should follow leads nowhere.
pub fn finish(html: &str, mut rewrite: impl FnMut(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, marked)) = rest.split_once(LINK_BEGINS) {
        out.push_str(before);
        let (address, after) = marked.split_once(LINK_ENDS).unwrap_or((marked, ""));
        rest = after;
        let url = unescaped(address);
        let url = url.trim();
        match scheme(url) {
            Some(scheme) if !SCHEMES.contains(&scheme.as_str()) => out.push('#'),
            Some(_) => match rewrite(url) {
                Some(elsewhere) => escape(&mut out, &elsewhere),
                None => escape(&mut out, url),
            },
            None => escape(&mut out, url),
        }
    }
    out.push_str(rest);
    out
}

/// What an address begins with, as programs read it: without the signs that they pass over (WHATWG URL).
fn scheme(url: &str) -> Option<String> {
    let (scheme, _) = url.split_once(':')?;
    let scheme: String = scheme.chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
    let is_scheme = scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    is_scheme.then(|| scheme.to_ascii_lowercase())
}

/// Plain text as HTML that looks like it: its paragraphs, its lines, and its addresses on the web as links.
pub fn of_text(text: &str) -> String {
    let mut out = "<!doctype html><html><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
                   content=\"width=device-width\"></head><body style=\"font-family:sans-serif;line-height:1.5\">"
        .to_owned();
    for paragraph in text.replace("\r\n", "\n").split("\n\n") {
        let paragraph = paragraph.trim_matches('\n');
        if paragraph.is_empty() {
            continue;
        }
        out.push_str("<p>");
        for (at, line) in paragraph.lines().enumerate() {
            out.push_str(if at == 0 { "" } else { "<br>" });
            linked(&mut out, line);
        }
        out.push_str("</p>");
    }
    out.push_str("</body></html>");
    out
}

/// A line, with its addresses on the web as links.
fn linked(out: &mut String, line: &str) {
    let mut rest = line;
    while let Some(at) = ["https://", "http://"].iter().filter_map(|scheme| rest.find(scheme)).min() {
        let (before, url) = rest.split_at(at);
        let end = url.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"')).unwrap_or(url.len());
        let url = url[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'']);
        escape(out, before);
        link(out, url, url);
        rest = &rest[at + url.len()..];
        if url.ends_with("://") {
            break;
        }
    }
    escape(out, rest);
}

fn link(out: &mut String, url: &str, says: &str) {
    let _ = write!(out, "<a href=\"{LINK_BEGINS}");
    escape(out, url);
    let _ = write!(out, "{LINK_ENDS}\">");
    escape(out, says);
    out.push_str("</a>");
}

/// The same mail with a way out at its end, if it has none.
pub(super) fn with_way_out(html: String, url: &str, says: &str) -> String {
    let is_there = {
        let mut found = false;
        finish(&html, |link| {
            found |= link == url;
            None
        });
        found
    };
    if is_there {
        return html;
    }
    let mut footer = "<p style=\"font-size:13px;color:#59636e\">".to_owned();
    link(&mut footer, url, says);
    footer.push_str("</p>");
    before_end(html, &footer)
}

/// The same mail with something at the end of its body.
pub fn before_end(mut html: String, what: &str) -> String {
    let end = html.to_ascii_lowercase().rfind("</body").unwrap_or(html.len());
    html.insert_str(end, what);
    html
}

/// Text in an element, or in an attribute.
pub fn escape(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            LINK_BEGINS | LINK_ENDS => {}
            letter => out.push(letter),
        }
    }
}

/// What an attribute says that was written here or by a template.
fn unescaped(text: &str) -> String {
    const SIGNS: &[(&str, &str)] = &[("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'")];
    let text = SIGNS.iter().fold(text.to_owned(), |text, (sign, letter)| text.replace(sign, letter));
    text.replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A link leads where it says, or where it is counted; what would run something leads nowhere.
    #[test]
    fn links_are_looked_at_when_a_mail_goes_out() {
        let mail = |url: &str| {
            let mut html = String::new();
            link(&mut html, url, "x");
            html
        };
        let url = "https://shop.example/?a=1&b='2'\"<";
        let counted = |url: &str| Some(format!("https://t.example/?to={}", url.len()));
        assert_eq!(finish(&mail(url), counted), "<a href=\"https://t.example/?to=33\">x</a>");
        assert_eq!(
            finish(&mail(url), |_| None),
            "<a href=\"https://shop.example/?a=1&amp;b=&#39;2&#39;&quot;&lt;\">x</a>"
        );
        for bad in
            ["javascript:alert(1)", " JavaScript:x", "java\tscript:x", "data:text/html,x", "vbscript:x"]
        {
            assert_eq!(finish(&mail(bad), counted), "<a href=\"#\">x</a>", "{bad}");
        }
        assert_eq!(finish(&mail("/page"), counted), "<a href=\"/page\">x</a>");
    }

    #[test]
    fn plain_text_looks_the_same_as_html() {
        let html = of_text("Ciao <Zoë>,\r\nleggi https://shop.example/a?b=1&c=2.\n\n\n\nA presto");
        let body = html.split_once("1.5\">").map(|(_, body)| body.to_owned()).unwrap_or_default();
        assert_eq!(
            finish(&body, |_| None),
            "<p>Ciao &lt;Zoë&gt;,<br>leggi <a href=\"https://shop.example/a?b=1&amp;c=2\">https://shop.example/a?b=1&amp;c=2</a>.</p>\
             <p>A presto</p></body></html>"
        );
    }

    /// KW-26: a marketing mail has a way out, once.
    #[test]
    fn a_way_out_is_added_once() {
        let once = with_way_out(of_text("Ciao"), "https://x.example/u?t=1&k=2", "Leave");
        assert!(once.contains("Leave</a></p></body>"), "{once}");
        assert_eq!(with_way_out(once.clone(), "https://x.example/u?t=1&k=2", "Leave"), once);
    }
}
