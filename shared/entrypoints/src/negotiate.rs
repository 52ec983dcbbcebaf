//! What a client would like to get: which format (RFC 9110, 12.5.1), which language.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE};

use crate::words::Language;

/// Whether the answer is for a program rather than a browser.
///
/// Who names one of the two gets it. Who takes anything gets what it speaks itself: JSON for JSON.
pub(crate) fn prefers_json(headers: &HeaderMap) -> bool {
    let accept = text(headers, ACCEPT.as_str());
    let (mut json, mut html) = (0.0_f32, 0.0_f32);
    for (range, quality) in weighted(accept) {
        match range {
            "application/json" | "application/problem+json" => json = json.max(quality),
            "text/html" | "application/xhtml+xml" => html = html.max(quality),
            _ => {}
        }
    }
    if json > 0.0 || html > 0.0 { json > html } else { is_json(text(headers, CONTENT_TYPE.as_str())) }
}

/// Whether a media type is JSON.
pub(crate) fn is_json(content_type: &str) -> bool {
    let essence = essence(content_type);
    essence == "application/json" || essence.starts_with("application/") && essence.ends_with("+json")
}

/// A media type without its parameters, in lower case.
pub(crate) fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The reader's language; English where none of ours is asked for.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    let mut best = (Language::default(), 0.0);
    for (range, quality) in weighted(text(headers, ACCEPT_LANGUAGE.as_str())) {
        let primary = range.split('-').next().unwrap_or(range);
        if let Some(language) = Language::parse(primary).filter(|_| quality > best.1) {
            best = (language, quality);
        }
    }
    best.0
}

pub(crate) fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The parts of a header with their weights, 1 where none is given.
fn weighted(header: &str) -> impl Iterator<Item = (&str, f32)> {
    header.split(',').map(|part| {
        let mut parameters = part.split(';').map(str::trim);
        let range = parameters.next().unwrap_or_default();
        let quality = parameters.find_map(|parameter| parameter.strip_prefix("q="));
        (range, quality.map_or(1.0, |quality| quality.trim().parse().unwrap_or(0.0)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| (name.parse(), value.parse()));
        pairs
            .filter_map(|(name, value)| Some((name.ok()?, value.ok()?)))
            .collect::<Vec<(axum::http::HeaderName, _)>>()
            .into_iter()
            .collect()
    }

    #[test]
    fn programs_are_told_from_browsers() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (accept, content_type, expected) in [
            (browser, "application/x-www-form-urlencoded", false),
            ("application/json", "application/x-www-form-urlencoded", true),
            ("application/json, text/html;q=0.9", "", true),
            ("text/html, application/json;q=0.9", "application/json", false),
            ("*/*", "application/json; charset=utf-8", true),
            ("*/*", "multipart/form-data; boundary=x", false),
            ("", "", false),
        ] {
            let headers = headers(&[("accept", accept), ("content-type", content_type)]);
            assert_eq!(prefers_json(&headers), expected, "{accept} | {content_type}");
        }
    }

    #[test]
    fn the_best_language_of_ours_is_taken() {
        for (accept, expected) in [
            ("", Language::English),
            ("fr-FR, de;q=0.8", Language::English),
            ("it", Language::Italian),
            ("fr, es-MX;q=0.7, it;q=0.3", Language::Spanish),
            ("en;q=0.2, it-IT;q=0.9", Language::Italian),
        ] {
            assert_eq!(language(&headers(&[("accept-language", accept)])), expected, "{accept}");
        }
    }
}
