//! How operations may fail: said once, and named by each that may fail so.

use std::collections::BTreeMap;

use axum::http::Method;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};

/// The failures that have no words of their own: the status, the name, the words.
const FAILURES: &[(&str, &str, &str)] = &[
    ("400", "Malformed", "The request can't be read"),
    ("401", "Unauthorized", "A key is needed"),
    ("403", "NotAllowed", "It needs another scope, or another role"),
    ("404", "NotFound", "There is no such thing"),
    ("409", "Conflict", "It contradicts what is there"),
    ("410", "Gone", "The contact was erased"),
    ("413", "TooLarge", "Too large"),
    ("415", "Unsupported", "Not in this form"),
    ("422", "Invalid", "Something in it is wrong; `errors` names the field"),
    ("503", "Unavailable", "Not at the moment; nothing of it was done"),
];

/// The words of successes that have none of their own.
const SUCCESSES: &[(&str, &str)] = &[("200", "Done"), ("201", "Made"), ("202", "Accepted"), ("204", "Done")];

/// The failures, by their names.
pub(super) fn all() -> BTreeMap<String, RefOr<Response>> {
    let named = FAILURES.iter().map(|(status, name, words)| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let mut response =
            ResponseBuilder::new().description(*words).content("application/problem+json", content);
        let text = |kind: Type| Header::new(ObjectBuilder::new().schema_type(kind).build());
        match *status {
            "401" => response = response.header("WWW-Authenticate", text(Type::String)),
            "503" => response = response.header("Retry-After", text(Type::Integer)),
            _ => {}
        }
        ((*name).to_owned(), RefOr::T(response.build()))
    });
    named.collect()
}

/// Of an operation that browsers ask, each failure may be a page as well.
pub(super) fn as_pages(operation: &mut Operation) {
    let named = all();
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::Ref(_) = response
            && let Some((_, name, _)) = FAILURES.iter().find(|(known, ..)| known == status)
            && let Some(plain) = named.get(*name)
        {
            *response = plain.clone();
        }
        if let RefOr::T(response) = response
            && status.as_str() >= "400"
        {
            let page = ContentBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String)));
            response.content.insert("text/html".to_owned(), RefOr::T(page.build()));
        }
    }
}

/// Says how an operation may fail.
pub(super) fn add(operation: &mut Operation, verb: &Method, path: &str, guarded: bool) {
    let responses = &mut operation.responses.responses;
    if *verb == Method::OPTIONS {
        return;
    }
    let mut fails = vec!["503"];
    if guarded {
        fails.extend(["401", "403"]);
    }
    if path.contains('{') {
        // What is no text, what there is not, what is too long for a name.
        fails.extend(["400", "404", "422"]);
    }
    // A contact that is erased is remembered for having been one.
    if path.contains("/contacts") || path.contains("/duplicates/") || path.ends_with("/enroll") {
        fails.push("410");
    }
    if *verb != Method::GET {
        fails.push("409");
    }
    if operation.request_body.is_some() {
        fails.extend(["400", "413", "415", "422"]);
    }
    let parameters = operation.parameters.iter().flatten();
    let mut given = parameters.filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(&parameter.parameter_in),
        RefOr::Ref(_) => None,
    });
    if given.any(|place| [ParameterIn::Query, ParameterIn::Header].contains(place)) {
        fails.push("422");
    }
    for (status, name, _) in FAILURES.iter().filter(|(status, ..)| fails.contains(status)) {
        let named = || RefOr::Ref(Ref::from_response_name(*name));
        responses.entry((*status).to_owned()).or_insert_with(named);
    }
    for (status, response) in responses {
        let mut words =
            SUCCESSES.iter().copied().chain(FAILURES.iter().map(|(known, _, words)| (*known, *words)));
        if let (RefOr::T(response), Some((_, words))) = (response, words.find(|(known, _)| known == status))
            && response.description.is_empty()
        {
            words.clone_into(&mut response.description);
        }
    }
}
