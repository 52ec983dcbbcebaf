//! `page visited: { url starts with: https://shop.example/listino }` fires when a known person visits such a page; with
//! `stayed: 30 seconds` when they leave it and were there so long, with `times: 3, within: 7 days` from the third time on.
//! With `before known: yes` also for visits of a browser of which it turns out only then whose it is.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Kind, Trigger};
use crate::calendar::Duration;
use crate::condition::{Condition, Facets, Predicate, Scope, Truth, Verdict, often};
use crate::definitions::Definitions;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, yes_or_no};
use crate::workflow::shape::{Field, Shape};
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "page visited",
    says: "A known person visits a page.",
    shape: Shape::Either(&[
        Shape::Words(&["any"]),
        Shape::Map(&[
            Field::may("url is", Shape::Text, "This address …"),
            Field::may("url starts with", Shape::Text, "… or all below this one …"),
            Field::may("url matches", Shape::Text, "… or all that read so, where `*` is any text."),
            Field::may("stayed", Shape::Length, "They were there so long: known when they leave."),
            Field::may("times", Shape::Whole, "How often they were there."),
            Field::may("within", Shape::Length, "Within what."),
            Field::may("before known", Shape::YesNo, "Also visits from before it was known who it is."),
        ]),
    ]),
    read,
};

#[derive(Debug)]
struct PageVisited {
    page: Arc<Page>,
    /// It looks at how long somebody stayed, in seconds: known when they leave.
    stayed: Option<f64>,
    often: Option<Predicate>,
    /// It takes visits too from before it was known whose they are, when that is known.
    before_known: bool,
}

/// Which pages.
#[derive(Debug)]
enum Page {
    Any,
    Exactly(String),
    Under(String),
    /// The pieces between the stars.
    Like(Vec<String>),
}

/// The pages' own keys.
const PAGES: &[&str] = &["url is", "url starts with", "url matches"];
const KEYS: &[&str] =
    &["url is", "url starts with", "url matches", "stayed", "times", "within", "before known"];
const VISITED: &str = "page.visited";
const LEFT: &str = "page.left";

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Trigger>> {
    if node.as_text() == Some("any") {
        let page = Arc::new(Page::Any);
        return Some(Box::new(PageVisited { page, stayed: None, often: None, before_known: false }));
    }
    let mut map = MapReader::open(node, "`page visited:`", problems)?;
    let exactly = map.text("url is", problems).map(|url| Page::Exactly(url.to_owned()));
    let under = map.text("url starts with", problems);
    let under = under.map(|url| Page::Under(url.trim_end_matches('/').to_owned()));
    let like = map.text("url matches", problems);
    let like = like.map(|url| Page::Like(url.split('*').map(str::to_owned).collect()));
    let stayed = map.duration("stayed", problems);
    #[expect(clippy::cast_precision_loss, reason = "a length of time")]
    let seconds = |length: Duration| Some(length.elapsed()?.0 as f64 / 1_000.0);
    if stayed.is_some_and(|length| seconds(length).is_none()) {
        problems.error(node.place, "page.stayed", "`stayed:` is so many seconds, minutes or hours");
    }
    let stayed = stayed.and_then(seconds);
    let times = map.get("times");
    let within = map.duration("within", problems);
    let before_known = map.get("before known").and_then(|node| yes_or_no(node, problems));
    map.finish(KEYS, problems);
    let mut pages = [exactly, under, like].into_iter().flatten();
    let (page, None) = (pages.next(), pages.next()) else {
        let message = format!("`page visited:` has one of: {}, or is `any`", PAGES.join(", "));
        problems.error(node.place, "page.rule", message);
        return None;
    };
    if page.is_none() && stayed.is_none() && times.is_none() {
        let message = format!("`page visited:` needs one of: {}, or `any`", PAGES.join(", "));
        problems.error(node.place, "page.rule", message);
        return None;
    }
    let page = Arc::new(page.unwrap_or(Page::Any));
    let often = match times {
        Some(times) => {
            let seen = Predicate::One(Arc::new(Seen { page: page.clone(), stayed }));
            let written = format!("{page:?} {stayed:?}");
            let kind = if stayed.is_some() { LEFT } else { VISITED };
            Some(Predicate::One(often(kind, &written, seen, times, within, problems)?))
        }
        None if within.is_some() => {
            problems.error(node.place, "page.within", "`within:` goes with `times:`");
            return None;
        }
        None => None,
    };
    Some(Box::new(PageVisited { page, stayed, often, before_known: before_known == Some(true) }))
}

impl Page {
    fn has(&self, url: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(wanted) => url == wanted,
            Self::Under(start) => starts_under(url, start),
            Self::Like(pieces) => matches(url, pieces),
        }
    }
}

/// Whether this event is a visit of such a page, that lasted long enough.
fn is_such(page: &Page, stayed: Option<f64>, data: &Map<String, Value>) -> Truth {
    let Some(url) = data.get("url").and_then(Value::as_str) else { return Truth::Unknown };
    if !page.has(url) {
        return Truth::No;
    }
    let Some(least) = stayed else { return Truth::Yes };
    data.get("seconds").and_then(Value::as_f64).map_or(Truth::Unknown, |seconds| (seconds >= least).into())
}

/// That the event in question is such a visit: what is counted of `times:`.
#[derive(Debug)]
struct Seen {
    page: Arc<Page>,
    stayed: Option<f64>,
}

impl Condition for Seen {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        let truth = scope.event.map_or(Truth::Unknown, |data| is_such(&self.page, self.stayed, data));
        Verdict::steady(truth)
    }

    fn facets(&self) -> Facets {
        Facets::NONE
    }
}

impl Trigger for PageVisited {
    fn listens(&self) -> &'static str {
        if self.stayed.is_some() { LEFT } else { VISITED }
    }

    fn fires(&self, data: &Map<String, Value>) -> Truth {
        is_such(&self.page, self.stayed, data)
    }

    fn takes_before_known(&self) -> bool {
        self.before_known
    }

    fn also(&self) -> Option<&Predicate> {
        self.often.as_ref()
    }

    fn sample(&self) -> Map<String, Value> {
        let url = match &*self.page {
            Page::Any => "https://example.com/".to_owned(),
            Page::Exactly(url) | Page::Under(url) => url.clone(),
            Page::Like(pieces) => pieces.concat(),
        };
        let mut sample = Map::from_iter([("url".to_owned(), url.into())]);
        sample.extend(self.stayed.map(|seconds| ("seconds".to_owned(), seconds.into())));
        sample
    }

    fn provides(&self, path: &str, _: &Definitions) -> Option<bool> {
        (path == "url" || (path == "seconds" && self.stayed.is_some())).then_some(true)
    }
}

/// Whether `url` is `start` or lies below it: `/listino` has `/listino`, `/listino/2026` and `/listino?x`, but not
/// `/listino-vecchio`.
fn starts_under(url: &str, start: &str) -> bool {
    url.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

/// Whether `url` consists of the pieces in order, with any text between them: `https://shop.example/*/listino`.
fn matches(url: &str, pieces: &[String]) -> bool {
    let [first, between @ .., last] = pieces else { return pieces.iter().any(|only| only == url) };
    let Some(mut rest) = url.strip_prefix(first.as_str()) else { return false };
    for piece in between {
        let Some(at) = rest.find(piece.as_str()) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::{matches, starts_under};

    #[test]
    fn a_star_is_any_text() {
        let is =
            |url: &str, like: &str| matches(url, &like.split('*').map(str::to_owned).collect::<Vec<_>>());
        assert!(is("https://a/it/listino", "https://a/*/listino"));
        assert!(is("https://a//listino", "https://a/*/listino"));
        assert!(!is("https://a/listino", "https://a/*/listino"), "nothing is used twice");
        assert!(!is("https://a/it/listino/2", "https://a/*/listino"));
        assert!(is("https://a/x/y?z", "*/x/*"));
        assert!(is("abcabc", "a*b*c") && is("anything", "*") && is("", "*"));
        assert!(is("exactly", "exactly") && !is("exactly so", "exactly"));
    }

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
