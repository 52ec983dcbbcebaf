//! What each request needs: from its method and the pattern of its path to a scope. This is the only place that says so.
//! What the table does not know, only those may do who may do everything.

use axum::http::Method;
use flusso_app::engine::colleague::Role;
use flusso_app::keys::api_key::EVERYTHING;
use flusso_app::rights::Rights;

use crate::Problem;

/// By the first part of a path below `/v1`: what reading needs, and what everything else does.
const TABLE: &[(&str, &str, &str)] = &[
    ("account", "definitions:read", "definitions:write"),
    ("audit", "operations:read", EVERYTHING),
    ("bulk", "contacts:read", "contacts:write"),
    ("clock", "operations:read", "operations:write"),
    ("code", "code:read", "code:write"),
    ("contacts", "contacts:read", "contacts:write"),
    ("coupons", "definitions:read", "definitions:write"),
    ("doctor", "operations:read", EVERYTHING),
    ("duplicates", "contacts:read", "contacts:write"),
    ("events", "contacts:read", "events:write"),
    ("exports", "contacts:read", "contacts:read"),
    ("fields", "definitions:read", "definitions:write"),
    ("filters", "contacts:read", "contacts:read"),
    ("folders", "definitions:read", "definitions:write"),
    ("forms", "definitions:read", "definitions:write"),
    ("imports", "contacts:read", "contacts:write"),
    ("jobs", "operations:read", "operations:write"),
    ("keys", "keys:read", "keys:write"),
    ("labels", "contacts:read", "contacts:write"),
    ("mailbox", "contacts:read", EVERYTHING),
    ("parked", "operations:read", "operations:write"),
    ("pipelines", "definitions:read", "definitions:write"),
    ("ready", "workflows:read", "workflows:write"),
    ("recount", "operations:read", EVERYTHING),
    ("rehearsals", "contacts:read", "contacts:read"),
    ("restore", "operations:read", "restore:write"),
    ("schema", "workflows:read", EVERYTHING),
    ("segments", "definitions:read", "definitions:write"),
    ("sends", "operations:read", "operations:write"),
    ("sign-in-links", EVERYTHING, EVERYTHING),
    ("statistics", "workflows:read", "workflows:write"),
    ("tasks", "contacts:read", EVERYTHING),
    ("teams", "definitions:read", "definitions:write"),
    ("templates", "definitions:read", "definitions:write"),
    ("users", "users:read", "users:write"),
    ("webhook-key", "secrets:read", EVERYTHING),
    ("workflows", "workflows:read", "workflows:write"),
];

/// What is otherwise than the table says: what changes nothing though it is posted, what shows people, and what is done
/// with them.
const EXCEPTIONS: &[(Method, &str, &str)] = &[
    (Method::POST, "/v1/account/preview", "definitions:read"),
    (Method::POST, "/v1/bulk/preview", "contacts:read"),
    (Method::POST, "/v1/code/plan", "code:read"),
    (Method::POST, "/v1/contacts/{id}/enrollments/{enrollment}", "enrollments:write"),
    (Method::POST, "/v1/contacts/{id}/erase", "contacts:erase"),
    (Method::POST, "/v1/ready/{id}", "workflows:read"),
    (Method::GET, "/v1/segments/{id}/members", "contacts:read"),
    (Method::GET, "/v1/statistics/{id}/people", "contacts:read"),
    (Method::POST, "/v1/workflows/{id}/enroll", "enrollments:write"),
    (Method::GET, "/v1/workflows/{id}/people", "contacts:read"),
    (Method::POST, "/v1/workflows/{id}/preview", "workflows:read"),
];

/// The scope that a request needs, by the pattern of its path (`/v1/contacts/{id}`); none if the table does not know it.
pub(crate) fn needed(method: &Method, pattern: &str) -> Option<&'static str> {
    let reads = [Method::GET, Method::HEAD].contains(method);
    let method = if reads { &Method::GET } else { method };
    let exception = EXCEPTIONS.iter().find(|(verb, path, _)| verb == method && *path == pattern);
    if let Some((.., scope)) = exception {
        return Some(scope);
    }
    let first = pattern.strip_prefix("/v1/")?.split('/').next()?;
    let (_, reading, changing) = TABLE.iter().find(|(known, ..)| *known == first)?;
    Some(if reads { reading } else { changing })
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asker {
    /// A program, by its key.
    Key,
    /// Somebody who signed in.
    Person(Role),
}

/// Refuses what the asker may not do.
pub(crate) fn check(asker: Asker, rights: &Rights, method: &Method, pattern: &str) -> Result<(), Problem> {
    let needed = needed(method, pattern).unwrap_or(EVERYTHING);
    if rights.allow(needed) { Ok(()) } else { Err(refusal(asker, needed)) }
}

/// Refuses to give what the asker has not got.
pub(crate) fn check_gift(asker: Asker, rights: &Rights, gift: &Rights) -> Result<(), Problem> {
    if rights.cover(gift) {
        return Ok(());
    }
    let lacks = gift.names().find(|scope| !rights.allow(scope)).unwrap_or(EVERYTHING);
    Err(refusal(asker, lacks))
}

/// Says what is missing.
pub(crate) fn refusal(asker: Asker, needed: &str) -> Problem {
    match asker {
        Asker::Key => {
            let detail = format!(
                "this needs the scope `{needed}`, which this key does not have; make another key with it: POST /v1/keys"
            );
            Problem::not_allowed("scope.missing", detail)
        }
        Asker::Person(role) => {
            let may: Vec<&str> = Role::ALL
                .into_iter()
                .filter(|role| Rights::of(*role).allow(needed))
                .map(Role::as_str)
                .collect();
            let may = may.join(" or ");
            let detail = format!(
                "this needs the scope `{needed}`, which the role {role} does not have; ask for the role {may}, or somebody who has it"
            );
            Problem::not_allowed("role.missing", detail)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use std::collections::BTreeSet;

    use flusso_app::rights::SCOPES;

    use super::*;

    #[test]
    fn the_table_names_scopes_that_there_are() {
        let named = TABLE.iter().flat_map(|(_, reading, changing)| [*reading, *changing]);
        let named: BTreeSet<&str> = named.chain(EXCEPTIONS.iter().map(|(.., scope)| *scope)).collect();
        let known: BTreeSet<&str> = SCOPES.into_iter().chain([EVERYTHING]).collect();
        assert_eq!(named, known, "each is needed somewhere, and none is made up");
    }

    #[test]
    fn what_is_not_in_the_table_is_for_those_who_may_do_everything() {
        assert_eq!(needed(&Method::GET, "/v1/later"), None);
        let manager = Rights::of(Role::Manager);
        check(Asker::Key, &Rights::everything(), &Method::GET, "/v1/later").unwrap();
        let problem = check(Asker::Person(Role::Manager), &manager, &Method::GET, "/v1/later").unwrap_err();
        assert_eq!((problem.status, &*problem.code), (403, "role.missing"));
        assert!(problem.detail.contains("ask for the role owner,"), "{}", problem.detail);
    }

    #[test]
    fn a_head_request_reads() {
        assert_eq!(needed(&Method::HEAD, "/v1/segments/{id}/members"), Some("contacts:read"));
        assert_eq!(needed(&Method::HEAD, "/v1/contacts"), Some("contacts:read"));
        assert_eq!(needed(&Method::DELETE, "/v1/contacts/{id}"), Some("contacts:write"));
    }

    /// An operation that the table does not know would be refused to nearly everybody: whoever adds one adds a line.
    #[cfg(feature = "openapi")]
    #[test]
    fn every_operation_of_the_document_is_in_the_table() {
        let document: serde_json::Value = serde_json::from_str(&crate::openapi()).unwrap();
        let mut exceptions: BTreeSet<(&str, &str)> =
            EXCEPTIONS.iter().map(|(verb, path, _)| (verb.as_str(), *path)).collect();
        let mut firsts: BTreeSet<&str> = TABLE.iter().map(|(first, ..)| *first).collect();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (verb, operation) in operations.as_object().unwrap() {
                let Some(scopes) = operation["security"][0]["key"].as_array() else { continue };
                let verb = verb.to_uppercase();
                let needed = needed(&Method::from_bytes(verb.as_bytes()).unwrap(), path);
                let needed =
                    needed.unwrap_or_else(|| panic!("{verb} {path} is not in the table of access.rs"));
                assert_eq!(scopes, &[needed], "{verb} {path}");
                exceptions.retain(|exception| *exception != (&*verb, path));
                firsts.remove(path.split('/').nth(2).unwrap());
            }
        }
        assert!(
            exceptions.is_empty() && firsts.is_empty(),
            "of nothing that there is: {exceptions:?} {firsts:?}"
        );
    }
}
