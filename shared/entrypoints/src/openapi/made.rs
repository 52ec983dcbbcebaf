//! The OpenAPI document, made from the routes and their types: `make openapi` writes it to `docs/openapi.json`.

use std::collections::BTreeMap;

use axum::http::Method;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::schema::{ArrayItems, Object, Schema, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{examples, failures};
use crate::input::{IDEMPOTENCY_KEY, LONGEST};
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
        (name = "statistics", description = "How workflows do, and the people behind each number"),
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

/// Says of every operation what goes without saying in the code: the scope of the key that it wants, and how it may fail.
fn complete(openapi: &mut utoipa::openapi::OpenApi, guarded: bool) {
    for (path, item) in &mut openapi.paths.paths {
        let PathItem { get, put, post, delete, patch, options, .. } = item;
        let verbs = [Method::GET, Method::PUT, Method::POST, Method::DELETE, Method::PATCH, Method::OPTIONS];
        let operations = [get, put, post, delete, patch, options].into_iter().zip(verbs);
        for (operation, verb) in operations.filter_map(|(operation, verb)| Some((operation.as_mut()?, verb)))
        {
            if guarded {
                let key = SecurityRequirement::new("key", access::needed(&verb, path));
                operation.security.get_or_insert_default().push(key);
            }
            // Whatever the form: that it may be posted to is said before anybody looks for it.
            if verb != Method::OPTIONS {
                bound(operation);
            }
            examples::add(operation, path);
            failures::add(operation, &verb, path, guarded);
            if path.starts_with("/f/") {
                failures::as_pages(operation);
            }
        }
    }
}

/// Every text in an address is as long as names are at most, where nothing shorter is said.
fn bound(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(Parameter { schema: Some(RefOr::T(Schema::Object(object))), parameter_in, .. }) =
            parameter
        else {
            continue;
        };
        let is_text = match &object.schema_type {
            SchemaType::Type(kind) => *kind == Type::String,
            SchemaType::Array(kinds) => kinds.contains(&Type::String),
            SchemaType::AnyValue => false,
        };
        let most = if *parameter_in == ParameterIn::Header { IDEMPOTENCY_KEY } else { LONGEST };
        if is_text && object.enum_values.is_none() {
            object.max_length.get_or_insert(most);
        }
    }
}

/// What consists of several things that are written side by side is one thing: a part that has nothing but its own
/// members would have none of the others.
fn join(schema: &mut RefOr<Schema>, known: &BTreeMap<String, RefOr<Schema>>) {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            object.properties.values_mut().for_each(|member| join(member, known));
        }
        RefOr::T(Schema::Array(array)) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                join(items, known);
            }
        }
        RefOr::T(Schema::AllOf(parts)) => {
            let objects = parts.items.iter().map(|part| object_of(part, known));
            let Some(objects) = objects.collect::<Option<Vec<_>>>() else { return };
            let mut whole = Object::new();
            for object in objects {
                whole.properties.extend(object.properties.clone());
                whole.required.extend(object.required.iter().cloned());
            }
            whole.description = parts.description.take();
            whole.example = parts.example.take();
            *schema = RefOr::T(Schema::Object(whole));
        }
        _ => {}
    }
}

fn object_of<'s>(part: &'s RefOr<Schema>, known: &'s BTreeMap<String, RefOr<Schema>>) -> Option<&'s Object> {
    match part {
        RefOr::T(Schema::Object(object)) => Some(object),
        RefOr::Ref(part) => match known.get(part.ref_location.rsplit('/').next()?)? {
            RefOr::T(Schema::Object(object)) => Some(object),
            _ => None,
        },
        RefOr::T(_) => None,
    }
}

/// The document, as JSON.
pub fn openapi() -> String {
    let (mut open, mut guarded) = (described(&forms::routes()), described(&api::routes()));
    guarded.merge(described(&api::contact_routes()));
    guarded.merge(described(&api::audience_routes()));
    open.merge(described(&api::open_routes()));
    complete(&mut open, false);
    complete(&mut guarded, true);
    let mut document = Frame::openapi();
    document.merge(open);
    document.merge(guarded);
    let components = document.components.get_or_insert_default();
    let known = components.schemas.clone();
    components.schemas.values_mut().for_each(|schema| join(schema, &known));
    components.responses.extend(failures::all());
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

fn described(routes: &Routes) -> utoipa::openapi::OpenApi {
    routes.describe(utoipa::openapi::OpenApi::default())
}
