//! The catalogue of tags, lists and fields.

use serde_json::{Value, json};

use crate::world::World;

const WELCOME: &str = "workflow: welcome\nname: Welcome\nkind: internal\ntriggers: [{ tag added: vip }]\nsteps:\n  - add to list: Novità\n  - decide:\n      - when: { tag: zona:nord }\n        do: [{ remove tag: prova }]\n      - else: []\n";

/// People with these tags each.
async fn with_tags(world: &World, tags: &[&[&str]]) -> Vec<String> {
    let mut ids = Vec::new();
    for (n, tags) in tags.iter().enumerate() {
        let fields = json!({ "fields": { "email": format!("p{n}@example.com"), "city": "Roma" } });
        let made = world.api("POST", "/v1/contacts", &fields.to_string()).await.json();
        let id = made["id"].as_str().unwrap().to_owned();
        for tag in *tags {
            let tag = tag.replace(' ', "%20");
            assert_eq!(world.api("PUT", &format!("/v1/contacts/{id}/tags/{tag}"), "").await.status, 200);
        }
        ids.push(id);
    }
    world.settle().await;
    ids
}

async fn counted(world: &World) {
    let begun = world.api("POST", "/v1/labels/count", "").await;
    assert_eq!(begun.status, 202, "{}", begun.text);
    let again = world.api("POST", "/v1/labels/count", "").await;
    assert_eq!(again.json(), begun.json(), "one is at it");
    world.settle().await;
}

async fn tags(world: &World) -> Value {
    world.api("GET", "/v1/labels/tags", "").await.json()
}

fn told(page: &Value) -> Vec<(String, Option<u64>)> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|one| (one["name"].as_str().unwrap().to_owned(), one["contacts"].as_u64())).collect()
}

/// KC-76: every tag with who has it, as of a time that is said, what names it, its group, and those written nearly alike.
#[tokio::test]
async fn every_tag_is_catalogued() {
    let world = World::bare().await;
    assert!(world.put_workflow("welcome", WELCOME).await.status < 300);
    world.api("POST", "/v1/workflows/welcome/activate", "{}").await;
    world.settle().await;
    with_tags(&world, &[&["VIP", "zona:nord"], &["vip", "zona:nord"], &["vip", "cliente"], &["clienti"]])
        .await;
    let before = tags(&world).await;
    assert_eq!((&before["counted_at"], &before["items"][0]["contacts"]), (&Value::Null, &Value::Null));
    counted(&world).await;
    let page = tags(&world).await;
    assert_eq!((&page["of"], &page["counting"]), (&json!(4), &Value::Null));
    assert_eq!(page["counted_at"]["utc"], "2026-11-21T09:00:00Z");
    let expected = [("VIP", 1), ("cliente", 1), ("clienti", 1), ("prova", 0), ("vip", 2), ("zona:nord", 2)];
    assert_eq!(told(&page), expected.map(|(name, many)| (name.to_owned(), Some(many))));
    let one = |name: &str| page["items"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
    assert_eq!(one("vip")["uses"], json!([{ "in": "workflow", "id": "welcome", "by": ["trigger"] }]));
    assert_eq!(one("zona:nord")["uses"][0]["by"], json!(["condition"]));
    assert_eq!(one("prova")["uses"][0]["by"], json!(["step"]));
    assert_eq!((&one("vip")["similar"], &one("cliente")["similar"]), (&json!(["VIP"]), &json!(["clienti"])));
    assert_eq!((&one("zona:nord")["group"], &one("vip")["group"]), (&json!("zona"), &Value::Null));

    let zone = world.api("GET", "/v1/labels/tags?group=zona", "").await.json();
    assert_eq!(told(&zone), [("zona:nord".to_owned(), Some(2))]);
    let lists = world.api("GET", "/v1/labels/lists", "").await.json();
    assert_eq!(told(&lists), [("Novità".to_owned(), Some(2))]);
    assert_eq!(lists["items"][0]["uses"][0]["by"], json!(["step"]));
    let first = world.api("GET", "/v1/labels/tags?limit=2", "").await.json();
    let next = format!("/v1/labels/tags?limit=4&cursor={}", first["cursor"].as_str().unwrap());
    assert_eq!(told(&world.api("GET", &next, "").await.json())[0].0, "clienti");
    world.api("GET", "/v1/labels/colours", "").await.is_problem(422, "label.kind");
}

/// KC-77: of each field how many contacts have a value in it, and what names it.
#[tokio::test]
async fn every_field_says_whether_it_is_used() {
    let world = World::bare().await;
    let field = json!({ "label": "Taglia", "kind": "text" }).to_string();
    assert_eq!(world.api("PUT", "/v1/fields/size", &field).await.status, 200);
    let ids = with_tags(&world, &[&[], &[], &[]]).await;
    let cleared = json!({ "fields": { "city": null } }).to_string();
    world.api("PATCH", &format!("/v1/contacts/{}", ids[0]), &cleared).await;
    let segment = json!({ "name": "Romani", "who": { "field": { "city": "Roma" } } }).to_string();
    assert_eq!(world.api("PUT", "/v1/segments/romani", &segment).await.status, 200);
    counted(&world).await;
    let page = world.api("GET", "/v1/labels/fields?limit=100", "").await.json();
    let one = |name: &str| page["items"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
    assert_eq!((&one("email")["contacts"], &one("size")["contacts"]), (&json!(3), &json!(0)));
    assert_eq!((&one("city")["contacts"], &one("city")["uses"][0]["id"]), (&json!(2), &json!("romani")));
}

/// KC-76: a tag is called otherwise for all who have it, once each and without triggers; whoever has both names has it once,
/// since the first of the two.
#[tokio::test]
async fn a_tag_is_renamed_and_merged() {
    let world = World::bare().await;
    let vip = "workflow: vip\nname: Vip\nkind: internal\nreentry: always\ntriggers: [{ tag added: vip }]\nsteps: [{ add score: 5 }]\n";
    assert!(world.put_workflow("vip", vip).await.status < 300);
    world.api("POST", "/v1/workflows/vip/activate", "{}").await;
    let ids = with_tags(&world, &[&["V.I.P."], &["V.I.P.", "vip"], &["altro"]]).await;
    let asked = json!({ "kind": "tags", "from": "V.I.P.", "to": "vip" });
    let begun = world.api("POST", "/v1/labels/rename", &asked.to_string()).await;
    assert_eq!(begun.status, 202, "{}", begun.text);
    world.settle().await;
    let job = format!("/v1/jobs/{}", begun.json()["job"].as_str().unwrap());
    let job = world.api("GET", &job, "").await.json();
    assert_eq!((&job["name"], &job["counts"]), (&json!("V.I.P. → vip"), &json!({ "changed": 2 })));
    for (id, names, score) in [(&ids[0], &["vip"][..], 0), (&ids[1], &["vip"], 5), (&ids[2], &["altro"], 0)] {
        let contact = world.api("GET", &format!("/v1/contacts/{id}"), "").await.json();
        let tags: Vec<&str> =
            contact["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
        assert_eq!((&*tags, contact["score"].as_i64().unwrap()), (names, score), "{contact}");
    }
}

/// KC-76: what workflows name keeps its name, unless somebody says that they mean it so; nothing changes a workflow.
#[tokio::test]
async fn what_is_named_is_not_renamed_by_chance() {
    let world = World::bare().await;
    assert!(world.put_workflow("welcome", WELCOME).await.status < 300);
    world.api("POST", "/v1/workflows/welcome/activate", "{}").await;
    let ids = with_tags(&world, &[&["vip"]]).await;
    let rename = |asked: Value| {
        let world = &world;
        async move { world.api("POST", "/v1/labels/rename", &asked.to_string()).await }
    };
    let list = json!({ "kind": "lists", "from": "Novità", "to": "novita" });
    let refused = rename(list.clone()).await.is_problem(409, "label.in_use");
    assert!(refused["detail"].as_str().unwrap().contains("the workflow `welcome` (step)"), "{refused}");
    let mut meant = list;
    meant["though_named"] = json!(true);
    assert_eq!(rename(meant).await.status, 202);
    world.settle().await;
    let lists = world.api("GET", &format!("/v1/contacts/{}/lists", ids[0]), "").await.json();
    assert_eq!(lists["items"][0]["name"], "novita");
    for (asked, code) in [
        (json!({ "kind": "tags", "from": "a", "to": " " }), "label.length"),
        (json!({ "kind": "tags", "from": "a", "to": "x".repeat(101) }), "label.length"),
        (json!({ "kind": "tags", "from": "a", "to": "a" }), "label.same"),
        (json!({ "kind": "groups", "from": "a", "to": "b" }), "json.shape"),
    ] {
        rename(asked).await.is_problem(422, code);
    }
    // Nobody has it: the job has nothing to do.
    assert_eq!(rename(json!({ "kind": "tags", "from": "nessuno", "to": "b" })).await.status, 202);
    world.settle().await;
}
