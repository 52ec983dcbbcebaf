//! What a deliverability engineer would say of a mail that has been put together.

use crate::html::{Piece, pieces};

/// From here on, Gmail cuts a mail off, and with it the link by which one leaves, in bytes of HTML.
pub const CUT_OFF: usize = 102 * 1024;
/// Fewer letters than this beside pictures are a mail of pictures.
const LETTERS: usize = 100;
/// Hosts that hide where a link leads.
const SHORTENERS: &[&str] =
    &["bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "cutt.ly", "rebrand.ly"];

/// Something about a mail that keeps people from reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is, such as `mail.too_large`.
    pub code: &'static str,
    /// Whether it must not go out so; else it is advice.
    pub error: bool,
    /// What is wrong and what to do.
    pub message: String,
}

type Findings = Vec<Finding>;

fn find(findings: &mut Findings, code: &'static str, error: bool, message: impl Into<String>) {
    findings.push(Finding { code, error, message: message.into() });
}

/// Looks at a mail as somebody gets it. `unsubscribe` is the address by which they leave, of a mail that needs one.
pub fn lint(subject: &str, html: Option<&str>, text: &str, unsubscribe: Option<&str>) -> Vec<Finding> {
    let mut findings = Findings::new();
    about_subject(subject, &mut findings);
    if text.trim().is_empty() {
        find(&mut findings, "mail.no_text", true, "there is no plain text; give one with `text`");
    }
    if let Some(unsubscribe) = unsubscribe {
        let within =
            |body: &str| body.contains(unsubscribe) || body.contains(&unsubscribe.replace('&', "&amp;"));
        if !html.is_none_or(within) || !within(text) {
            let message = "there is no link by which one leaves, so one is added at the end; write \
                           {{ unsubscribe_url }} where it belongs";
            find(&mut findings, "mail.no_unsubscribe", false, message);
        }
    }
    if let Some(html) = html {
        about_html(html, &mut findings);
    }
    findings
}

fn about_subject(subject: &str, findings: &mut Findings) {
    if subject.trim().is_empty() {
        find(
            findings,
            "mail.no_subject",
            true,
            "the subject is empty; say in a few words what the mail is about",
        );
    }
    let letters: Vec<char> = subject.chars().filter(|letter| letter.is_alphabetic()).collect();
    if letters.len() >= 8 && letters.iter().all(|letter| letter.is_uppercase()) {
        find(
            findings,
            "mail.shouting",
            false,
            "the subject is all capitals, as spam is; write it as a sentence",
        );
    }
    if ["!!", "??", "€€", "$$"].iter().any(|signs| subject.contains(signs)) {
        let message = "the subject has the same sign several times, as spam does; one is enough";
        find(findings, "mail.shouting", false, message);
    }
}

fn about_html(html: &str, findings: &mut Findings) {
    if html.len() > CUT_OFF {
        let kilobytes = html.len().div_ceil(1024);
        let message = format!(
            "the mail has {kilobytes} KB; Gmail cuts it off after 102 KB, and the link to leave with it: make it shorter"
        );
        find(findings, "mail.too_large", true, message);
    }
    let (mut said, mut pictures) = (0, 0);
    let mut link: Option<(String, String)> = None;
    for piece in pieces(html) {
        match piece {
            Piece::Opens(name, attributes, _) if name == "img" => {
                pictures += 1;
                about_picture(&attributes, findings);
            }
            Piece::Opens(name, attributes, _) if name == "a" => {
                let href = attributes.into_iter().find(|(name, _)| name == "href").map(|(_, value)| value);
                findings.extend(href.as_deref().and_then(about_link));
                link = href.map(|href| (href, String::new()));
            }
            Piece::Text(text) => {
                said += text.chars().filter(|letter| letter.is_alphanumeric()).count();
                if let Some((_, words)) = &mut link {
                    words.push_str(&text);
                }
            }
            Piece::Closes(name) if name == "a" => {
                if let Some((href, words)) = link.take().filter(|(href, words)| misleads(href, words)) {
                    let says = words.trim();
                    let message = format!(
                        "a link says `{says}` and leads to `{href}`, as fraud does; say what is there"
                    );
                    find(findings, "mail.misleading_link", false, message);
                }
            }
            _ => {}
        }
    }
    if pictures > 0 && said < LETTERS {
        let message = "it is nearly all pictures, which filters distrust and many readers don't see; say it in words too";
        find(findings, "mail.only_pictures", false, message);
    }
}

fn about_picture(attributes: &[(String, String)], findings: &mut Findings) {
    let value =
        |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.trim());
    if value("alt").is_none() {
        let message = "a picture says nothing where pictures are off; give it an `alt`";
        find(findings, "mail.no_alt", false, message);
    }
    let shown = |source: &&str| source.starts_with("https://") || source.starts_with("cid:");
    if let Some(source) = value("src").filter(|source| !shown(source) && !is_open(source)) {
        let message = format!("the picture `{source}` can't be shown; its address begins with https://");
        find(findings, "mail.picture", true, message);
    }
}

/// Whether an address is known only when the mail is put together for somebody.
fn is_open(address: &str) -> bool {
    address.contains("{{") || address.contains("{%")
}

fn about_link(href: &str) -> Option<Finding> {
    let href = href.trim();
    if is_open(href) {
        return None;
    }
    let found = |code, error, message| Some(Finding { code, error, message });
    let broken = |why: &str| found("mail.broken_link", true, format!("the link `{href}` {why}"));
    if href.is_empty() || href == "#" {
        return broken("leads nowhere");
    }
    if href.starts_with(['#', '?', '/']) {
        return broken("has no host; a mail needs whole addresses");
    }
    let Ok(url) = url::Url::parse(href) else { return broken("is no address; write it with https://") };
    match (url.scheme(), url.host_str()) {
        ("http" | "https", Some(host)) if !host.contains('.') && host != "localhost" => {
            broken("leads to a host that there is not")
        }
        ("http" | "https", Some(host)) if SHORTENERS.contains(&host.trim_start_matches("www.")) => {
            let message =
                format!("`{href}` hides where it leads, which filters distrust; link to the page itself");
            found("mail.shortener", false, message)
        }
        ("http", Some(_)) => {
            found("mail.not_https", false, format!("`{href}` is not encrypted; use https://"))
        }
        _ => None,
    }
}

/// Whether a link shows the address of another host than it leads to.
fn misleads(href: &str, words: &str) -> bool {
    let host = |address: &str| {
        let url = url::Url::parse(address).ok()?;
        Some(url.host_str()?.trim_start_matches("www.").to_owned())
    };
    let words = words.trim();
    let shown = if words.starts_with("www.") { host(&format!("https://{words}")) } else { host(words) };
    matches!((shown, host(href)), (Some(shown), Some(leads)) if shown != leads)
}
