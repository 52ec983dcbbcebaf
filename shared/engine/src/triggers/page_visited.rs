//! `page visited: { url starts with: https://shop.example/listino }` fires when a known person visits such a page.

use crate::workflow::shape::{Field, Shape};
use serde_json::{Map, Value};

use super::{Kind, Trigger};
use crate::condition::Truth;
use crate::definitions::Definitions;
use crate::workflow::problem::Problems;
use crate::workflow::reader::MapReader;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "page visited",
    says: "A known person visits a page.",
    shape: Shape::Either(&[
        Shape::Words(&["any"]),
        Shape::Map(&[
            Field::may("url is", Shape::Text, "This address …"),
            Field::may("url starts with", Shape::Text, "… or all below this one."),
        ]),
    ]),
    read,
};

#[derive(Debug)]
enum PageVisited {
    Any,
    Exactly(String),
    Under(String),
}

const KEYS: &[&str] = &["url is", "url starts with"];

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Trigger>> {
    if node.as_text() == Some("any") {
        return Some(Box::new(PageVisited::Any));
    }
    let mut map = MapReader::open(node, "`page visited:`", problems)?;
    let exactly = map.text("url is", problems);
    let under = map.text("url starts with", problems);
    map.finish(KEYS, problems);
    let trigger = match (exactly, under) {
        (Some(url), None) => PageVisited::Exactly(url.to_owned()),
        (None, Some(url)) => PageVisited::Under(url.trim_end_matches('/').to_owned()),
        _ => {
            problems.error(
                node.place,
                "page.rule",
                format!("`page visited:` needs one of: {}, or `any`", KEYS.join(", ")),
            );
            return None;
        }
    };
    Some(Box::new(trigger))
}

impl Trigger for PageVisited {
    fn listens(&self) -> &'static str {
        "page.visited"
    }

    fn fires(&self, data: &Map<String, Value>) -> Truth {
        let Some(url) = data.get("url").and_then(Value::as_str) else { return Truth::Unknown };
        match self {
            Self::Any => Truth::Yes,
            Self::Exactly(wanted) => (url == wanted).into(),
            Self::Under(start) => starts_under(url, start).into(),
        }
    }

    fn sample(&self) -> Map<String, Value> {
        let url = match self {
            Self::Any => "https://example.com/",
            Self::Exactly(url) | Self::Under(url) => url,
        };
        Map::from_iter([("url".to_owned(), url.into())])
    }

    fn provides(&self, path: &str, _: &Definitions) -> Option<bool> {
        (path == "url").then_some(true)
    }
}

/// Whether `url` is `start` or lies below it: `/listino` has `/listino`, `/listino/2026` and `/listino?x`, but not
/// `/listino-vecchio`.
fn starts_under(url: &str, start: &str) -> bool {
    url.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

#[cfg(test)]
mod tests {
    use super::starts_under;

    #[test]
    fn a_page_with_a_longer_name_is_another_page() {
        let start = "https://shop.example/listino";
        for below in ["", "/", "/2026", "?a=1", "#top"] {
            assert!(starts_under(&format!("{start}{below}"), start), "{below}");
        }
        assert!(!starts_under("https://shop.example/listino-vecchio", start));
        assert!(!starts_under("https://shop.example/", start));
    }
}
