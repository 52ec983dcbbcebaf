//! Workflows and what they name.

use expect_test::expect;
use flusso_app::demo;
use serde_json::json;

use crate::world::{FORM, World};

const UNFINISHED: &str = "workflow: later\nname: Later\nsteps:\n  - wait: 1 day\n";

// KW-31
#[tokio::test]
async fn a_workflow_is_saved_then_activated() {
    let world = World::bare().await;
    let yaml =
        "workflow: tagged\nname: Tagged\ntriggers:\n  - event: order.completed\nsteps:\n  - add tag: buyer\n";
    let saved = world.put_workflow("tagged", yaml).await;
    assert_eq!(saved.status, 200, "{}", saved.text);
    assert_eq!(saved.json()["problems"], json!([]));
    let get = || world.api("GET", "/v1/workflows/tagged", "");
    let workflow = get().await.json();
    assert_eq!((&workflow["state"], &workflow["source"]), (&json!("draft"), &json!(yaml)));
    let activated = world.api("POST", "/v1/workflows/tagged/activate", "").await;
    assert_eq!(activated.status, 200, "{}", activated.text);
    assert_eq!(get().await.json()["state"], "active");
    world.put_workflow("tagged", &yaml.replace("buyer", "customer")).await;
    assert_eq!(get().await.json()["state"], "changed");

    let list = world.api("GET", "/v1/workflows?limit=1", "").await.json();
    assert_eq!(list["items"][0]["workflow"], demo::WORKFLOW);
    let next = format!("/v1/workflows?limit=1&cursor={}", list["cursor"].as_str().unwrap());
    let list = world.api("GET", &next, "").await.json();
    assert_eq!(
        (&list["items"][0]["workflow"], &list["items"][0]["state"]),
        (&json!("tagged"), &json!("changed"))
    );
    assert!(list["items"][0].get("source").is_none());
}

#[tokio::test]
async fn json_is_a_document_too() {
    let world = World::bare().await;
    let document = json!({"workflow": "j", "name": "J", "triggers": [{"event": "order.completed"}], "steps": [{"add tag": "x"}]});
    assert_eq!(world.api("PUT", "/v1/workflows/j", &document.to_string()).await.status, 200);
}

// KW-28 KW-54
#[tokio::test]
async fn what_is_wrong_in_a_document_has_a_place() {
    let world = World::bare().await;
    let unknown = "workflow: a\nname: A\ntriggers:\n  - event: order.completed\nsteps:\n  - wiat: 1 day\n";
    expect![[r#"
        422
        content-type: application/problem+json
        {
          "code": "workflow.problems",
          "detail": "the workflow has an error; `problems` says where and what to do",
          "problems": [
            {
              "code": "step.unknown",
              "column": 5,
              "line": 6,
              "message": "`wiat` is no step; did you mean `wait:`?",
              "severity": "error"
            }
          ],
          "status": 422,
          "title": "The workflow can't be used as it is",
          "type": "urn:flusso:problem:workflow"
        }
    "#]]
    .assert_eq(&world.put_workflow("a", unknown).await.shown());
    let after_exit = "workflow: a\nname: A\ntriggers:\n  - event: order.completed\nsteps:\n  - exit: done\n  - add tag: never\n";
    let answer = world.put_workflow("a", after_exit).await;
    let problem = answer.is_problem(422, "workflow.problems");
    assert_eq!(problem["problems"][0]["code"], "step.unreachable", "{problem}");
    let twice = "workflow: a\nname: A\ntriggers:\n  - event: order.completed\nsteps:\n  - decide:\n      - else:\n          - add tag: x\n      - if: { tag: y }\n        then:\n          - add tag: never\n";
    let problem = world.put_workflow("a", twice).await.is_problem(422, "workflow.problems");
    assert!(
        problem["problems"].as_array().unwrap().iter().any(|one| one["severity"] == "error"),
        "{problem}"
    );
    world.put_workflow("a", "a: [").await.is_problem(422, "workflow.problems");
    let other = world.put_workflow("b", UNFINISHED).await;
    assert_eq!(other.is_problem(422, "workflow.id")["errors"][0]["field"], "workflow");
}

// KW-05 KW-07 KW-08
#[tokio::test]
async fn a_workflow_without_a_trigger_is_kept_but_not_activated() {
    let world = World::bare().await;
    let saved = world.put_workflow("later", UNFINISHED).await;
    assert_eq!((saved.status, &saved.json()["problems"][0]["code"]), (200, &json!("triggers.missing")));
    let answer = world.api("POST", "/v1/workflows/later/activate", "").await;
    let problem = answer.is_problem(422, "workflow.problems");
    assert_eq!(problem["problems"][0]["code"], "triggers.missing");
    assert_eq!(world.api("GET", "/v1/workflows/later", "").await.json()["state"], "draft");
    world.api("POST", "/v1/workflows/none/activate", "").await.is_problem(404, "workflow.unknown");
}

#[tokio::test]
async fn a_document_has_a_size_and_a_type() {
    let world = World::bare().await;
    let big = format!("# {}\n{UNFINISHED}", "a".repeat(1 << 20));
    world.put_workflow("later", &big).await.is_problem(413, "workflow.size");
    let key = format!("Bearer {}", world.key);
    let headers = [("authorization", &*key), ("content-type", "text/plain")];
    let answer = world.send("PUT", "/v1/workflows/later", &headers, UNFINISHED.as_bytes()).await;
    answer.is_problem(415, "content_type.unsupported");
    let headers = [("authorization", &*key), ("content-type", "text/yaml; charset=utf-8")];
    assert_eq!(world.send("PUT", "/v1/workflows/later", &headers, UNFINISHED.as_bytes()).await.status, 200);
    let answer = world.send("PUT", "/v1/workflows/later", &headers, b"\xff").await;
    answer.is_problem(400, "text.encoding");
}

#[tokio::test]
async fn what_workflows_name_can_be_read_back() {
    let world = World::bare().await;
    for (path, body) in [
        (
            "/v1/forms/quiz",
            json!({
                "name": "Quiz",
                "fields": [{"name": "mail", "to": "email", "required": true}],
                "values": {"points": 3},
                "consents": [{"channel": "email", "purpose": "marketing", "basis": "consent", "text": "Yes", "version": "1", "field": "ok"}],
                "redirect": "https://shop.example/",
                "honeypot": "url",
            }),
        ),
        (
            "/v1/templates/hello",
            json!({"subject": "Hello", "text": "Hello {{ contact.first_name | default(\"you\") }}"}),
        ),
        ("/v1/teams/sales", json!({"emails": ["laura@shop.example"]})),
        (
            "/v1/account",
            json!({
                "name": "Shop", "zone": "Europe/Madrid", "from": "Shop <hello@shop.example>", "language": "es",
                "country": "ES", "currency": "EUR", "duplicates": false,
                "match_order": ["email", "phone", "external"], "lifecycle_stages": ["lead", "customer"],
                "loyalty_below_zero": true, "sms_and_whatsapp_apart": true, "quiet_hours": null,
                "at_most": [{ "email": 3, "per": "7 days" }],
                "tests": { "wait": "0 minutes", "to": ["@shop.example"] },
                "tracking": { "of": "always", "utm": true },
            }),
        ),
    ] {
        let put = world.api("PUT", path, &body.to_string()).await;
        assert_eq!((put.status, put.json()), (200, body.clone()), "{path}");
        assert_eq!(world.api("GET", path, "").await.json(), body, "{path}");
    }
    let names = |answer: serde_json::Value| answer["items"].clone();
    assert_eq!(names(world.api("GET", "/v1/templates", "").await.json()), json!(["follow-up", "hello"]));
    assert_eq!(names(world.api("GET", "/v1/teams", "").await.json()), json!(["sales", "vendite"]));
    assert_eq!(world.api("GET", "/v1/forms", "").await.json()["items"][0]["id"], "quiz");
    for (path, code) in [
        ("/v1/forms/none", "form.unknown"),
        ("/v1/templates/none", "template.unknown"),
        ("/v1/teams/none", "team.unknown"),
        ("/v1/workflows/none", "workflow.unknown"),
        ("/v1/workflows/none/counts", "workflow.unknown"),
    ] {
        world.api("GET", path, "").await.is_problem(404, code);
    }
}

#[tokio::test]
async fn definitions_are_checked() {
    let world = World::bare().await;
    for (path, body, code, field) in [
        ("/v1/forms/f", json!({"name": "F", "fields": []}), "form.identity", "fields"),
        (
            "/v1/forms/f",
            json!({"name": "F", "fields": [{"name": "a", "too": "email"}]}),
            "json.shape",
            "fields[0].too",
        ),
        (
            "/v1/forms/f",
            json!({"name": "F", "fields": [{"name": "a", "to": "E mail"}]}),
            "field.name",
            "fields[0].to",
        ),
        ("/v1/templates/t", json!({"text": "{{ contact."}), "template.unreadable", "text"),
        ("/v1/teams/t", json!({"emails": ["laura"]}), "email.unreadable", "emails[0]"),
        ("/v1/account", json!({"name": "S", "zone": "Rome", "from": "a@b.it"}), "zone.unknown", "zone"),
    ] {
        let problem = world.api("PUT", path, &body.to_string()).await.is_problem(422, code);
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
}

#[tokio::test]
async fn what_kept_failing_is_shown_retried_and_dropped() {
    let world = World::bare().await;
    // The same id with another body, both on their way: the second one is found at its commit.
    let submit = |email: &'static str| {
        let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
        let body = json!({ "email": email }).to_string();
        let world = &world;
        async move { world.send("POST", FORM, &headers, body.as_bytes()).await }
    };
    assert_eq!(submit("anna@example.com").await.status, 202);
    assert_eq!(submit("bea@example.com").await.status, 202);
    world.settle().await;
    let parked = world.api("GET", "/v1/parked", "").await.json();
    assert_eq!(
        (parked["items"].as_array().unwrap().len(), &parked["items"][0]["code"]),
        (1, &json!("id_reused"))
    );
    let id = parked["items"][0]["id"].as_str().unwrap();
    let retried = world.api("POST", &format!("/v1/parked/{id}/retry"), "").await;
    assert_eq!(retried.status, 202);
    world.settle().await;
    assert_eq!(world.api("DELETE", &format!("/v1/parked/{id}"), "").await.status, 204, "it was parked again");
    world.api("DELETE", &format!("/v1/parked/{id}"), "").await.is_problem(404, "parked_message.unknown");
    assert_eq!(world.api("GET", "/v1/sends/unresolved", "").await.json(), json!({"items": []}));
}
