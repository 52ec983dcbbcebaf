//! Lists, page by page.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Problem;
use crate::input::page_size;

/// A page of things.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The things.
    pub(crate) items: Vec<T>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cursor: Option<String>,
}

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// The `cursor` of the page before.
    pub(crate) cursor: Option<String>,
    /// How many things, 1 to 100; 50 if not given.
    #[param(minimum = 1, maximum = 100)]
    pub(crate) limit: Option<usize>,
}

/// One page of a list that is short enough to be read whole. A cursor is the place and the name of the last thing: if that
/// is gone, the page goes on with what took its place.
pub(crate) fn cut<T>(
    all: impl IntoIterator<Item = T>,
    asked: &PageQuery,
    name: impl Fn(&T) -> &str,
) -> Result<Json<Page<T>>, Problem> {
    let limit = page_size(asked.limit)?;
    let mut all: Vec<T> = all.into_iter().collect();
    let begin = match &asked.cursor {
        None => 0,
        Some(cursor) => {
            let place = cursor.split_once('.').and_then(|(at, last)| Some((at.parse::<usize>().ok()?, last)));
            let (at, last) = place.ok_or_else(|| {
                Problem::invalid("cursor", "cursor.unreadable", "give the `cursor` of the page before")
            })?;
            let found = all.iter().position(|one| name(one) == last);
            found.map_or(at, |found| found + 1).min(all.len())
        }
    };
    let mut items = all.split_off(begin);
    let more = items.len() > limit;
    items.truncate(limit);
    let last = items.last().filter(|_| more);
    let cursor = last.map(|last| format!("{}.{}", begin + items.len() - 1, name(last)));
    Ok(Json(Page { items, cursor }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    fn page(all: &[&'static str], cursor: Option<String>) -> (String, Option<String>) {
        let Json(page) = cut(all.to_vec(), &PageQuery { cursor, limit: Some(2) }, |one| one).unwrap();
        (page.items.concat(), page.cursor)
    }

    #[test]
    fn the_pages_of_a_list_are_the_list() {
        let all = ["a", "b", "c", "d", "e"];
        let (first, cursor) = page(&all, None);
        let (second, next) = page(&all, cursor.clone());
        let (third, none) = page(&all, next);
        assert_eq!([&*first, &*second, &*third], ["ab", "cd", "e"]);
        assert_eq!(none, None, "the last page says that it is the last");
        assert_eq!(page(&all[..4], cursor.clone()), ("cd".to_owned(), None), "and so if it is full");

        // `b` is gone, or something came before it.
        assert_eq!(page(&["a", "c", "d"], cursor.clone()).0, "cd");
        assert_eq!(page(&["0", "a", "b", "c"], cursor.clone()).0, "c");
        assert_eq!(page(&[], cursor).0, "");
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for cursor in ["", "b", "x.b", "-1.b"] {
            let asked = PageQuery { cursor: Some(cursor.to_owned()), limit: None };
            let problem = cut(["a"], &asked, |one| one).unwrap_err();
            assert_eq!((problem.status, &*problem.code), (422, "cursor.unreadable"), "{cursor}");
        }
        let asked = PageQuery { cursor: None, limit: Some(101) };
        assert_eq!(cut(["a"], &asked, |one| one).unwrap_err().code, "limit.range");
    }
}
