//! Who may do what: every operation of the OpenAPI document, by each role and each single scope.

use serde_json::{Value, json};

use flusso_app::rights::Rights;

use crate::world::{Answer, World};

/// The scope of each operation: of the rows that fit, the one with the longest path. `{}` is any name.
const TABLE: &str = "
    definitions:read   GET    account coupons fields folders forms pipelines segments teams templates
    definitions:read   POST   account/preview
    definitions:write  CHANGE account coupons fields folders forms pipelines segments teams templates
    contacts:read      GET    bulk contacts duplicates exports filters imports labels mailbox tasks segments/{}/members statistics/{}/people workflows/{}/people
    contacts:read      CHANGE exports
    contacts:read      POST   bulk/preview filters rehearsals
    contacts:write     CHANGE bulk contacts duplicates imports labels
    contacts:erase     POST   contacts/{}/erase
    enrollments:write  POST   contacts/{}/enrollments workflows/{}/enroll
    events:write       POST   events
    workflows:read     GET    ready schema statistics workflows
    workflows:read     POST   ready workflows/{}/preview
    workflows:write    CHANGE statistics workflows
    code:read          GET    code
    code:read          POST   code/plan
    code:write         POST   code/apply
    users:read         GET    users
    users:write        CHANGE users
    keys:read          GET    keys
    keys:write         CHANGE keys
    secrets:read       GET    webhook-key
    operations:read    GET    audit clock doctor jobs parked recount restore sends
    operations:write   CHANGE clock jobs parked
    restore:write      POST   restore
    *                  POST   sign-in-links
";

/// What the roles may do of it: an owner all, the others this.
const READING: &[&str] = &[
    "contacts:read",
    "workflows:read",
    "definitions:read",
    "code:read",
    "users:read",
    "keys:read",
    "operations:read",
];
const OPERATOR: &[&str] = &["contacts:write", "enrollments:write", "events:write"];
const MANAGER: &[&str] =
    &["contacts:erase", "workflows:write", "definitions:write", "code:write", "operations:write"];
const OWNER: &[&str] = &["users:write", "keys:write", "secrets:read", "restore:write"];

struct Operation {
    method: String,
    path: String,
    scope: String,
}

/// Every operation that is not for everybody.
fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&flusso_entrypoints::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, of_path) in document["paths"].as_object().unwrap() {
        for (method, operation) in of_path.as_object().unwrap() {
            let method = method.to_uppercase();
            let Some(told) = operation["security"][0]["key"].as_array() else {
                let open = [("POST", "/f/{form}"), ("OPTIONS", "/f/{form}"), ("GET", "/v1/health")];
                assert!(open.contains(&(&*method, path)), "{method} {path} is for everybody");
                continue;
            };
            let scope = expected(&method, path).to_owned();
            assert_eq!(told, &[json!(scope)], "what the document says of {method} {path}");
            operations.push(Operation { method, path: path.clone(), scope });
        }
    }
    operations
}

fn expected(method: &str, path: &str) -> &'static str {
    let parts = path.trim_start_matches("/v1/").split('/');
    let parts: Vec<&str> = parts.map(|part| if part.starts_with('{') { "{}" } else { part }).collect();
    let mut fits: Vec<(usize, &str)> = Vec::new();
    for row in TABLE.lines().filter(|row| !row.trim().is_empty()) {
        let mut words = row.split_whitespace();
        let (scope, verb) = (words.next().unwrap(), words.next().unwrap());
        let is_verb = verb == method || verb == "CHANGE" && method != "GET";
        for prefix in words.filter(|_| is_verb) {
            let prefix: Vec<&str> = prefix.split('/').collect();
            if parts.starts_with(&prefix) {
                // Of two that are equally long, the verb that says more.
                fits.push((prefix.len() * 2 + usize::from(verb == method), scope));
            }
        }
    }
    fits.sort_unstable();
    fits.last().unwrap_or_else(|| panic!("say in the table of this test who may {method} {path}")).1
}

/// Whether the answer is a refusal, and then the right one.
fn refused(answer: &Answer, code: &str, scope: &str) -> bool {
    if ![401, 403].contains(&answer.status) {
        return false;
    }
    let problem = answer.is_problem(403, code);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(&format!("`{scope}`")), "{scope} is not named: {detail}");
    true
}

fn filled(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_operation_is_for_those_who_may_do_it_and_nobody_else() {
    let world = World::new().await;
    let groups = [READING, OPERATOR, MANAGER, OWNER];
    let scopes: Vec<&str> = groups.into_iter().flatten().copied().chain(["*"]).collect();
    let mut keys = Vec::new();
    for scope in &scopes {
        let name = scope.replace(':', "-").replace('*', "all");
        let rights = Rights::asked(&[(*scope).to_owned()]).unwrap();
        keys.push((*scope, world.app.create_api_key_for(&name, &rights).await.unwrap()));
    }
    let roles = ["read_only", "operator", "manager", "owner"];
    for role in roles {
        let user = json!({ "name": role, "email": format!("{role}@shop.example"), "role": role }).to_string();
        assert_eq!(world.api("PUT", &format!("/v1/users/{role}"), &user).await.status, 200);
    }
    for Operation { method, path, scope } in operations() {
        assert!(scopes.contains(&&*scope), "{scope} is no scope of this test");
        let asked = filled(&path);
        let json = ("content-type", "application/json");
        assert_eq!(world.send(&method, &asked, &[json], b"").await.status, 401, "{method} {path} by nobody");
        for (own, key) in &keys {
            let bearer = format!("Bearer {key}");
            let answer = world.send(&method, &asked, &[("authorization", &bearer), json], b"").await;
            let may = *own == "*" || *own == scope;
            assert_eq!(
                refused(&answer, "scope.missing", &scope),
                !may,
                "{method} {path} by {own}: {}",
                answer.text
            );
        }
        for (at, role) in roles.into_iter().enumerate() {
            let email = format!("{role}@shop.example");
            let answer = world.as_person(Some(&email), &method, &format!("/app{asked}"), "").await;
            let may = at == 3 || groups[..=at].iter().any(|group| group.contains(&&*scope));
            assert_eq!(
                refused(&answer, "role.missing", &scope),
                !may,
                "{method} {path} by {role}: {}",
                answer.text
            );
        }
    }
}

#[tokio::test]
async fn a_key_is_made_for_what_it_has_to_do() {
    let world = World::new().await;
    let body = r#"{"name":"form","scopes":["events:write","contacts:read"]}"#;
    let made = world.api("POST", "/v1/keys", body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json()["scopes"], json!(["contacts:read", "events:write"]));
    let all = world.api("POST", "/v1/keys", r#"{"name":"all"}"#).await.json();
    assert_eq!(all["scopes"], json!(["*"]));
    let listed = world.api("GET", "/v1/keys", "").await.json();
    let scopes: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|key| &key["scopes"]).collect();
    assert_eq!(scopes, [&json!(["*"]), &json!(["contacts:read", "events:write"]), &json!(["*"])]);
    world.api("POST", "/v1/keys", r#"{"name":"w","scopes":[]}"#).await.is_problem(422, "scope.none");
    for wrong in [r#"["contacts"]"#, r#"["contacts:read","contacts:delete"]"#, r#"["*:read"]"#] {
        let body = format!(r#"{{"name":"w","scopes":{wrong}}}"#);
        world.api("POST", "/v1/keys", &body).await.is_problem(422, "scope.unknown");
    }
}

#[tokio::test]
async fn nobody_gives_what_they_have_not_got() {
    let world = World::new().await;
    let rights =
        Rights::asked(&["keys:write", "users:write", "code:write", "events:write"].map(str::to_owned));
    let key = world.app.create_api_key_for("some", &rights.unwrap()).await.unwrap();
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", &*bearer), ("content-type", "application/json")];
    let ask = |method, path, body: &'static str| world.send(method, path, &headers, body.as_bytes());
    // Keys.
    ask("POST", "/v1/keys", r#"{"name":"a"}"#).await.is_problem(403, "scope.missing");
    ask("POST", "/v1/keys", r#"{"name":"a","scopes":["secrets:read"]}"#)
        .await
        .is_problem(403, "scope.missing");
    assert_eq!(ask("POST", "/v1/keys", r#"{"name":"a","scopes":["events:write"]}"#).await.status, 201);
    // Colleagues: neither a role of more, nor one who has it, nor their address.
    let owner = r#"{"name":"A","email":"a@shop.example","role":"owner"}"#;
    ask("PUT", "/v1/users/a", owner).await.is_problem(403, "scope.missing");
    ask("PUT", "/v1/users/a", r#"{"name":"A","email":"a@shop.example"}"#)
        .await
        .is_problem(403, "scope.missing");
    assert_eq!(world.api("PUT", "/v1/users/a", owner).await.status, 200);
    let theirs = r#"{"name":"A","email":"eva@evil.example","role":"read_only"}"#;
    ask("PUT", "/v1/users/a", theirs).await.is_problem(403, "scope.missing");
    ask("DELETE", "/v1/users/a", "").await.is_problem(403, "scope.missing");
    // And by code.
    let code = |role: &str| json!({ "code": { "users": { "a": { "name": "A", "email": "a@shop.example", "role": role } } } });
    let apply = |body: Value| {
        let world = &world;
        async move { world.send("POST", "/v1/code/apply", &headers, body.to_string().as_bytes()).await }
    };
    apply(code("read_only")).await.is_problem(403, "scope.missing");
    // What is as it is changes nothing, and is stopped only by the plan that is missing.
    apply(code("owner")).await.is_problem(409, "plan_outdated");
    let manager = json!({ "name": "M", "email": "m@shop.example", "role": "manager" }).to_string();
    assert_eq!(world.api("PUT", "/v1/users/m", &manager).await.status, 200);
    let by_manager = code("read_only").to_string();
    let answer = world.as_person(Some("m@shop.example"), "POST", "/app/v1/code/apply", &by_manager).await;
    answer.is_problem(403, "role.missing");
}

/// SEM-19: what names a colleague keeps them from being dropped.
#[tokio::test]
async fn colleagues_say_when_and_by_what_they_are_told() {
    let world = World::bare().await;
    let giulia = json!({
        "name": "Giulia", "email": "giulia@shop.example", "phone": "+393330000001", "role": "operator",
        "zone": "Europe/Madrid", "quiet_hours": { "days": "mon, tue", "between": ["09:00-18:00"], "zone": "contact" },
        "channels": ["sms"],
    });
    let put = world.api("PUT", "/v1/users/giulia", &giulia.to_string()).await;
    assert_eq!((put.status, put.json()), (200, giulia.clone()));
    // What is not said of the role stays.
    let manager = json!({ "name": "M", "email": "m@shop.example", "role": "manager" });
    assert_eq!(world.api("PUT", "/v1/users/m", &manager.to_string()).await.status, 200);
    let again = world.api("PUT", "/v1/users/m", r#"{"name":"Emme","email":"m@shop.example"}"#).await;
    assert_eq!(again.json()["role"], "manager");
    for (field, value, code) in [
        ("zone", json!("Europe/Nowhere"), "zone.unknown"),
        ("channels", json!(["webhook"]), "channel.unknown"),
        ("channels", json!(["sms"]), "channel.no_phone"),
        ("role", json!("admin"), "json.shape"),
        ("quiet_hours", json!({ "between": ["9-5"] }), "band.unreadable"),
    ] {
        let mut wrong = manager.clone();
        wrong[field] = value;
        let problem = world.api("PUT", "/v1/users/m", &wrong.to_string()).await.is_problem(422, code);
        assert!(problem["errors"][0]["field"].as_str().unwrap().starts_with(field), "{problem}");
    }
    let team = r#"{"emails":["altri@shop.example"],"users":["giulia"]}"#;
    let put = world.api("PUT", "/v1/teams/vendite", team).await;
    assert_eq!((put.status, put.text.as_str()), (200, team));
    let unknown = world.api("PUT", "/v1/teams/vendite", r#"{"users":["nessuno"]}"#).await;
    unknown.is_problem(422, "user.unknown");
    let used = world.api("DELETE", "/v1/users/giulia", "").await.is_problem(409, "user_used");
    assert!(used["detail"].as_str().unwrap().contains("the team `vendite`"), "{used}");
    assert_eq!(world.api("PUT", "/v1/teams/vendite", r#"{"users":[]}"#).await.status, 200);
    assert_eq!(world.api("DELETE", "/v1/users/giulia", "").await.status, 204);
    world.api("DELETE", "/v1/users/giulia", "").await.is_problem(404, "user.unknown");
}
