//! The OpenAPI document, made from the routes and their types: `make openapi` writes it to `docs/openapi.json`.

use axum::http::Method;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use crate::routes::Routes;
use crate::{Problem, access, api, forms};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Flusso",
        description = "Marketing automation that runs in its owner's own account. Every failure is a problem \
                       (RFC 9457) with a stable `code`.",
    ),
    tags(
        (name = "forms", description = "What a site posts for its visitors"),
        (name = "events", description = "What happened to people"),
        (name = "contacts", description = "Who they are and what happened to them"),
        (name = "workflows", description = "What is to happen"),
        (name = "definitions", description = "What workflows name: forms, templates, teams, segments, colleagues, coupons, the account"),
        (name = "jobs", description = "What is done to many contacts"),
        (name = "operations", description = "What needs a person, and how the program is"),
        (name = "local", description = "Only where the program runs on one machine"),
    ),
    components(schemas(Problem)),
    modifiers(&Key),
)]
struct Frame;

struct Key;

impl Modify for Key {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "An API key, `flk_…`. Each operation names the scope that it needs; a key has some, or `*`, which is all of them.",
            ))
            .build();
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}

/// The failures that have no words of their own.
const STATUSES: &[(&str, &str)] = &[
    ("200", "Done"),
    ("202", "Accepted"),
    ("400", "The request can't be read"),
    ("401", "A key is needed"),
    ("403", "It needs another scope, or another role"),
    ("404", "There is no such thing"),
    ("409", "It contradicts what is there"),
    ("413", "Too large"),
    ("415", "Not in this form"),
    ("422", "Something in it is wrong"),
    ("503", "Not at the moment; nothing of it was done"),
];

/// Says of every operation what goes without saying in the code: the scope of the key that it wants, and how it may fail.
fn complete(openapi: &mut utoipa::openapi::OpenApi, guarded: bool) {
    for (path, item) in &mut openapi.paths.paths {
        let PathItem { get, put, post, delete, patch, .. } = item;
        let verbs = [Method::GET, Method::PUT, Method::POST, Method::DELETE, Method::PATCH];
        let operations = [get, put, post, delete, patch].into_iter().zip(verbs);
        for (operation, verb) in operations.filter_map(|(operation, verb)| Some((operation.as_mut()?, verb)))
        {
            let mut fails = vec!["503"];
            if guarded {
                let key = SecurityRequirement::new("key", access::needed(&verb, path));
                operation.security.get_or_insert_default().push(key);
                fails.extend(["401", "403"]);
            }
            if path.contains('{') {
                fails.push("404");
            }
            if operation.request_body.is_some() {
                fails.extend(["400", "413", "415", "422"]);
            } else if has_query(operation) {
                fails.push("422");
            }
            add_failures(operation, &fails);
        }
    }
}

fn has_query(operation: &Operation) -> bool {
    let parameters = operation.parameters.iter().flatten();
    parameters.into_iter().any(
        |parameter| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query),
    )
}

fn add_failures(operation: &mut Operation, fails: &[&str]) {
    let responses = &mut operation.responses.responses;
    for status in fails {
        responses.entry((*status).to_owned()).or_insert_with(|| {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            RefOr::T(ResponseBuilder::new().content("application/problem+json", content).build())
        });
    }
    for (status, response) in responses {
        let words = STATUSES.iter().find(|(known, _)| known == status);
        if let (RefOr::T(response), Some((_, words))) = (response, words)
            && response.description.is_empty()
        {
            (*words).clone_into(&mut response.description);
        }
    }
}

/// The document, as JSON.
pub fn openapi() -> String {
    let (mut open, mut guarded) = (described(&forms::routes()), described(&api::routes()));
    open.merge(described(&api::open_routes()));
    complete(&mut open, false);
    complete(&mut guarded, true);
    let mut document = Frame::openapi();
    document.merge(open);
    document.merge(guarded);
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

fn described(routes: &Routes) -> utoipa::openapi::OpenApi {
    routes.describe(utoipa::openapi::OpenApi::default())
}
