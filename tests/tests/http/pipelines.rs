//! The ways that deals go, as the account defines them.

use serde_json::{Value, json};

use crate::world::{Answer, World};

fn sales(stages: &[&str]) -> String {
    let stages: Vec<Value> =
        stages.iter().map(|id| json!({ "id": id, "label": id, "probability": 50 })).collect();
    json!({ "label": "Sales", "stages": stages }).to_string()
}

async fn deal(world: &World, data: &Value) -> Answer {
    let event = json!({ "type": "deal.created", "contact": { "email": "anna@example.com" }, "data": data });
    world.api("POST", "/v1/events", &event.to_string()).await
}

/// KC-17: pipelines with their stages in order.
#[tokio::test]
async fn a_pipeline_is_defined_read_and_deleted() {
    let world = World::bare().await;
    assert_eq!(world.api("GET", "/v1/pipelines", "").await.json(), json!({ "items": [] }));
    let put = world.api("PUT", "/v1/pipelines/Vendite", &sales(&["Nuovo", "Offerta"])).await;
    assert_eq!(put.status, 200, "{}", put.text);
    let listed = world.api("GET", "/v1/pipelines", "").await.json();
    assert_eq!(listed["items"][0]["id"], "Vendite");
    assert_eq!(
        listed["items"][0]["stages"][1],
        json!({ "id": "Offerta", "label": "Offerta", "probability": 50 })
    );
    assert_eq!(world.api("DELETE", "/v1/pipelines/Vendite", "").await.status, 204);
    world.api("GET", "/v1/pipelines/Vendite", "").await.is_problem(404, "pipeline.unknown");
    world.api("DELETE", "/v1/pipelines/Vendite", "").await.is_problem(404, "pipeline.unknown");
    for (pipeline, wrong) in [
        (json!({ "label": "S", "stages": [] }), "stages"),
        (json!({ "label": "", "stages": [{ "id": "a", "label": "A" }] }), "label"),
        (
            json!({ "label": "S", "stages": [{ "id": "a", "label": "A" }, { "id": "a", "label": "B" }] }),
            "stages[1].id",
        ),
        (
            json!({ "label": "S", "stages": [{ "id": "a", "label": "A", "probability": 101 }] }),
            "stages[0].probability",
        ),
    ] {
        let answer = world.api("PUT", "/v1/pipelines/x", &pipeline.to_string()).await;
        assert_eq!((answer.status, &answer.json()["errors"][0]["field"]), (422, &json!(wrong)), "{pipeline}");
    }
}

/// KC-17: deals name the pipelines and stages that there are; where none is defined, any.
#[tokio::test]
async fn a_deal_goes_a_way_that_there_is() {
    let world = World::bare().await;
    assert_eq!(deal(&world, &json!({ "pipeline": "Any", "stage": "thing" })).await.status, 202);
    world.api("PUT", "/v1/pipelines/Vendite", &sales(&["Nuovo", "Offerta"])).await;
    world.api("PUT", "/v1/pipelines/Assistenza", &sales(&["Aperto"])).await;
    assert_eq!(deal(&world, &json!({ "pipeline": "Vendite", "stage": "Offerta" })).await.status, 202);
    assert_eq!(deal(&world, &json!({ "stage": "Aperto" })).await.status, 202);
    for (data, field) in [
        (json!({ "pipeline": "Any" }), "data.pipeline"),
        (json!({ "pipeline": "Vendite", "stage": "Aperto" }), "data.stage"),
        (json!({ "stage": "Altro" }), "data.stage"),
    ] {
        let problem = deal(&world, &data).await.is_problem(422, "event.data");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
}

async fn activate(world: &World, id: &str, body: &str) -> Answer {
    let workflow = format!("workflow: {id}\nkind: internal\n{body}");
    let put = world.put_workflow(id, &workflow).await;
    assert!(put.status < 300, "{}", put.text);
    world.api("POST", &format!("/v1/workflows/{id}/activate"), "").await
}

/// KC-17: a workflow that names what there is not is not activated; what an active one names stays.
#[tokio::test]
async fn what_workflows_name_stays() {
    let world = World::bare().await;
    let old = "triggers: [{ deal created: Vecchia }]\nsteps: [{ add tag: x }]\n";
    assert_eq!(activate(&world, "old", old).await.status, 200);
    world.api("PUT", "/v1/pipelines/Vendite", &sales(&["Nuovo", "Offerta", "Cliente"])).await;
    world.api("PUT", "/v1/pipelines/Altra", &sales(&["Nuovo"])).await;
    for (body, code) in [
        ("triggers: [{ deal created: Altro }]\nsteps: [{ add tag: x }]\n", "pipeline.unknown"),
        ("triggers: [{ deal stage: Altro }]\nsteps: [{ add tag: x }]\n", "stage.unknown"),
        ("triggers: [{ event: a.b }]\nsteps: [{ create deal: { pipeline: Altro } }]\n", "pipeline.unknown"),
        (
            "triggers: [{ event: a.b }]\nsteps: [{ update deal: { stage: Cliente, create in: Altra } }]\n",
            "stage.unknown",
        ),
        (
            "triggers: [{ event: a.b, where: { deal: { pipeline: Altra, stage: Offerta } } }]\nsteps: [{ add tag: x }]\n",
            "stage.unknown",
        ),
    ] {
        let refused = activate(&world, "w", body).await;
        assert_eq!(refused.status, 422, "{body} {}", refused.text);
        assert!(refused.text.contains(code), "{body} {}", refused.text);
    }
    let good = "triggers:\n  - deal created: Vendite\n  - deal status: won\nsteps:\n  - update deal: { stage: Offerta }\n  - create deal: { pipeline: Vendite, stage: \"{{ event.stage | default('Nuovo') }}\" }\n";
    let active = activate(&world, "w", good).await;
    assert_eq!(active.status, 200, "{}", active.text);

    let problem = world.api("DELETE", "/v1/pipelines/Vendite", "").await.is_problem(409, "pipeline.in_use");
    assert!(problem["detail"].as_str().unwrap().contains("`w`"), "{problem}");
    let without = world.api("PUT", "/v1/pipelines/Vendite", &sales(&["Nuovo", "Proposta"])).await;
    without.is_problem(409, "pipeline.in_use");
    // What nobody names may go, and what is named may move.
    let moved = world.api("PUT", "/v1/pipelines/Vendite", &sales(&["Offerta", "Nuovo"])).await;
    assert_eq!(moved.status, 200, "{}", moved.text);
    assert_eq!(world.api("DELETE", "/v1/pipelines/Altra", "").await.status, 204);
}
