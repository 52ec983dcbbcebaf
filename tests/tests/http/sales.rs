//! What belongs to a contact besides its fields, by the API: each change is an event that workflows see.

use flusso_engine::time::Millis;
use serde_json::{Value, json};

use crate::world::{Answer, World};

async fn contact(world: &World, email: &str) -> String {
    let event = json!({ "type": "crm.synced", "contact": { "email": email } });
    world.api("POST", "/v1/events", &event.to_string()).await;
    world.settle().await;
    let found = world.api("GET", &format!("/v1/contacts?email={email}"), "").await.json();
    found["items"][0]["id"].as_str().unwrap().to_owned()
}

async fn with_anna() -> (World, String) {
    let world = World::bare().await;
    let anna = contact(&world, "anna@example.com").await;
    (world, anna)
}

/// A workflow that is active from now on.
async fn active(world: &World, id: &str, triggers: &str, steps: &str) {
    let yaml = format!(
        "workflow: {id}\nkind: internal\nreentry: always\ntriggers: [{triggers}]\nsteps: [{steps}]\n"
    );
    assert!(world.put_workflow(id, &yaml).await.status < 300);
    let answer = world.api("POST", &format!("/v1/workflows/{id}/activate"), "{}").await;
    assert!(answer.status < 300, "{}", answer.text);
    world.settle().await;
}

async fn keyed(world: &World, path: &str, key: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {}", world.key);
    let headers =
        [("authorization", &*bearer), ("content-type", "application/json"), ("idempotency-key", key)];
    world.send("POST", path, &headers, body.to_string().as_bytes()).await
}

async fn tags(world: &World, contact: &str) -> Vec<String> {
    let page = world.api("GET", &format!("/v1/contacts/{contact}/tags"), "").await.json();
    page["items"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap().to_owned()).collect()
}

/// KC-17, CL-12, CL-20, CL-24: a deal is made and moved by hand, and its triggers fire before the answer.
#[tokio::test]
async fn a_deal_is_made_and_moved_by_hand() {
    let (world, anna) = with_anna().await;
    active(&world, "tocca", "{ deal stage: Offerta }", "{ add tag: offerta }").await;
    active(&world, "vinta", "{ deal status: won }", "{ add tag: vinta }").await;
    let path = format!("/v1/contacts/{anna}/deals");
    let deal = json!({ "title": "Cucina", "pipeline": "Vendite", "stage": "Nuovo", "value": 120_000, "currency": "eur" });
    let made = keyed(&world, &path, "k1", &deal).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    assert_eq!((&made["status"], &made["currency"]), (&json!("open"), &json!("EUR")));
    assert_eq!(keyed(&world, &path, "k1", &deal).await.json(), made, "the same request is the same deal");
    keyed(&world, &path, "k1", &json!({ "title": "Bagno" })).await.is_problem(409, "id_reused");
    let id = made["id"].as_str().unwrap();
    world.api("POST", &path, &json!({ "id": id }).to_string()).await.is_problem(409, "id_taken");

    let one = format!("{path}/{id}");
    let moved = world.api("PATCH", &one, r#"{"stage": "Offerta"}"#).await.json();
    assert_eq!((&moved["stage"], &moved["title"]), (&json!("Offerta"), &json!("Cucina")));
    assert_eq!(tags(&world, &anna).await, ["offerta"]);
    let won = world.api("PATCH", &one, r#"{"status": "won", "value": 130000}"#).await.json();
    assert_eq!((&won["status"], &won["value"]), (&json!("won"), &json!(130_000)));
    assert_eq!(tags(&world, &anna).await, ["offerta", "vinta"]);
    assert_eq!(world.api("GET", &one, "").await.json(), won);
    let all = world.api("GET", &path, "").await.json();
    assert_eq!(all["items"], json!([won]));

    for (body, code) in [
        (r#"{"status": "perhaps"}"#, "event.data"),
        (r#"{"value": "12,50"}"#, "event.data"),
        (r#"{"colour": "red"}"#, "field.unknown"),
        (r#"{"id": "another"}"#, "id.fixed"),
    ] {
        let wrong = world.api("PATCH", &one, body).await.json();
        assert_eq!(wrong["errors"][0]["code"], code, "{body}: {wrong}");
    }
    world.api("PATCH", &format!("{path}/none"), r#"{"stage": "x"}"#).await.is_problem(404, "deal.unknown");
    world.api("GET", &format!("{path}/none"), "").await.is_problem(404, "deal.unknown");
    world.api("GET", &format!("/v1/contacts/{anna}/houses"), "").await.is_problem(404, "sort.unknown");
    world.api("GET", "/v1/contacts/con_none/deals", "").await.is_problem(404, "contact.unknown");
}

/// KC-19, KC-20, KC-02, CL-13, KC-43: every sort of record is made and changed in the same way, by its own events.
#[tokio::test]
async fn every_sort_of_record_is_made_and_ended() {
    let (world, anna) = with_anna().await;
    for (sort, made, changed, trigger, tag) in [
        ("quotes", json!({}), json!({ "state": "accepted" }), "quote: accepted", "a"),
        (
            "tasks",
            json!({ "title": "Chiamare" }),
            json!({ "state": "done" }),
            "task completed: Chiamare",
            "b",
        ),
        ("offers", json!({ "id": "corso" }), json!({ "state": "revoked" }), "offer revoked: corso", "c"),
        (
            "appointments",
            json!({ "calendar": "showroom", "starts_at": "2026-12-01T09:00:00Z" }),
            json!({ "starts_at": "2026-12-02T09:00:00Z" }),
            "appointment moved: showroom",
            "d",
        ),
        (
            "plans",
            json!({ "id": "oro", "value": 900 }),
            json!({ "state": "cancelled" }),
            "plan cancelled: oro",
            "e",
        ),
        (
            "coupons",
            json!({ "id": "AAA", "pool": "estate" }),
            json!({ "state": "redeemed" }),
            "coupon redeemed: estate",
            "f",
        ),
        ("invoices", json!({ "number": "1/2026" }), json!({ "state": "void" }), "invoice: void", "g"),
    ] {
        active(&world, tag, &format!("{{ {trigger} }}"), &format!("{{ add tag: {tag} }}")).await;
        let path = format!("/v1/contacts/{anna}/{sort}");
        let record = world.api("POST", &path, &made.to_string()).await;
        assert_eq!(record.status, 201, "{sort}: {}", record.text);
        assert!(!tags(&world, &anna).await.contains(&tag.to_owned()), "{sort}");
        let id = record.json()["id"].as_str().unwrap().to_owned();
        let answer = world.api("PATCH", &format!("{path}/{id}"), &changed.to_string()).await;
        assert_eq!(answer.status, 200, "{sort}: {}", answer.text);
        assert!(tags(&world, &anna).await.contains(&tag.to_owned()), "{sort}");
    }
    let untold = world.api("PATCH", &format!("/v1/contacts/{anna}/offers/corso"), r#"{"until": null}"#).await;
    assert_eq!(untold.json()["errors"][0]["field"], "state", "{}", untold.text);
    for n in 0..19 {
        let task = json!({ "title": format!("{n}") });
        assert_eq!(
            world.api("POST", &format!("/v1/contacts/{anna}/tasks"), &task.to_string()).await.status,
            201
        );
    }
    let more = json!({ "title": "more" }).to_string();
    assert_eq!(
        world.api("POST", &format!("/v1/contacts/{anna}/tasks"), &more).await.status,
        201,
        "one is done"
    );
    let full = world.api("POST", &format!("/v1/contacts/{anna}/tasks"), &more).await;
    full.is_problem(409, "limit_reached");
}

/// KC-46: an invoice is overdue by itself when nobody has paid it, and what it says of itself can be read.
#[tokio::test]
async fn an_invoice_is_overdue_by_itself() {
    let (world, anna) = with_anna().await;
    active(
        &world,
        "sollecito",
        "{ invoice: overdue }",
        "{ create task: { title: Telefonare, assignee: giulia } }",
    )
    .await;
    let path = format!("/v1/contacts/{anna}/invoices");
    let invoice = json!({
        "id": "F-1", "number": "2026/1", "amount": 12_000, "currency": "EUR", "due": "2026-11-22T09:00:00Z",
        "state": "sent", "link": "https://fatture.example/F-1",
    });
    assert_eq!(world.api("POST", &path, &invoice.to_string()).await.status, 201);
    let state = async || world.api("GET", &format!("{path}/F-1"), "").await.json()["state"].clone();
    world.pass(Millis::hours(23)).await;
    assert_eq!(state().await, "sent");
    world.pass(Millis::hours(2)).await;
    assert_eq!(state().await, "overdue");
    let tasks = world.api("GET", "/v1/tasks?assignee=giulia", "").await.json();
    assert_eq!(tasks["items"][0]["title"], "Telefonare", "{tasks}");
    let paid = world.api("PATCH", &format!("{path}/F-1"), r#"{"state": "paid"}"#).await.json();
    assert_eq!((&paid["state"], &paid["paid_at"]), (&json!("paid"), &json!("2026-11-22T10:00:00Z")));
}

/// KC-40: the open tasks of a colleague, of all contacts, the next one first.
#[tokio::test]
async fn a_colleague_sees_what_is_to_be_done() {
    let (world, anna) = with_anna().await;
    let bea = contact(&world, "bea@example.com").await;
    for (contact, id, due, who) in [
        (&anna, "T-1", json!("2026-11-25T09:00:00Z"), json!("giulia")),
        (&bea, "T-2", json!("2026-11-23T09:00:00Z"), json!("giulia")),
        (&bea, "T-3", Value::Null, json!("giulia")),
        (&anna, "T-4", json!("2026-11-24T09:00:00Z"), json!("marco")),
        (&anna, "T-5", Value::Null, Value::Null),
    ] {
        let task = json!({ "id": id, "title": id, "due": due, "assignee": who });
        let answer = world.api("POST", &format!("/v1/contacts/{contact}/tasks"), &task.to_string()).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    let open = async |query: &str| {
        let page = world.api("GET", &format!("/v1/tasks?{query}"), "").await.json();
        let items = page["items"].as_array().unwrap();
        items.iter().map(|task| task["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(open("assignee=giulia").await, ["T-2", "T-1", "T-3"]);
    assert_eq!(open("").await, ["T-5"]);
    let change = async |contact: &str, id: &str, what: &str| {
        assert_eq!(world.api("PATCH", &format!("/v1/contacts/{contact}/tasks/{id}"), what).await.status, 200);
    };
    change(&bea, "T-2", r#"{"state": "done"}"#).await;
    change(&bea, "T-3", r#"{"due": "2026-11-22T09:00:00Z"}"#).await;
    change(&anna, "T-4", r#"{"assignee": "giulia"}"#).await;
    assert_eq!(open("assignee=giulia").await, ["T-3", "T-4", "T-1"]);
    assert_eq!(open("assignee=marco").await, [""; 0]);
    change(&bea, "T-2", r#"{"state": "open"}"#).await;
    assert_eq!(open("assignee=giulia&limit=2").await, ["T-3", "T-2"]);
}

/// KC-14, KC-21: tags, lists and groups are put on and taken off by hand; only a change fires.
#[tokio::test]
async fn labels_are_put_on_and_taken_off_by_hand() {
    let (world, anna) = with_anna().await;
    for (id, trigger) in [
        ("a", "{ tag added: vip }"),
        ("b", "{ tag removed: vip }"),
        ("c", "{ list joined: Novità }"),
        ("d", "{ list left: Novità }"),
        ("e", "{ group joined: allievi }"),
        ("f", "{ group left: allievi }"),
    ] {
        active(&world, id, trigger, "{ add score: 1 }").await;
    }
    let score = async || world.api("GET", &format!("/v1/contacts/{anna}"), "").await.json()["score"].clone();
    let mut expected = 0;
    for path in ["tags/vip", "lists/Novit%C3%A0", "groups/allievi"] {
        let path = format!("/v1/contacts/{anna}/{path}");
        let put = world.api("PUT", &path, "").await;
        assert_eq!(put.status, 200, "{}", put.text);
        assert_eq!(world.api("PUT", &path, "").await.json(), put.json(), "it is so already");
        expected += 1;
        assert_eq!(score().await, expected, "{path}");
        assert_eq!(world.api("DELETE", &path, "").await.status, 204);
        assert_eq!(world.api("DELETE", &path, "").await.status, 204);
        expected += 1;
        assert_eq!(score().await, expected, "{path}");
    }
    let long = format!("/v1/contacts/{anna}/tags/{}", "x".repeat(101));
    assert_eq!(world.api("PUT", &long, "").await.json()["errors"][0]["field"], "tag");
    for list in ["tags", "lists", "groups"] {
        assert_eq!(
            world.api("GET", &format!("/v1/contacts/{anna}/{list}"), "").await.json()["items"],
            json!([])
        );
    }
}

/// KC-41, KC-45, KC-80: notes have an author, and tell the colleagues whom they mention.
#[tokio::test]
async fn a_note_tells_whom_it_mentions() {
    let (world, anna) = with_anna().await;
    let giulia = json!({ "name": "Giulia Verdi", "email": "giulia@bottega.example" });
    assert_eq!(world.api("PUT", "/v1/users/giulia", &giulia.to_string()).await.status, 200);
    active(
        &world,
        "menzioni",
        "{ mentioned: any }",
        "{ notify: { to: mentioned, subject: Nota, text: \"{{ event.text }}\" } }",
    )
    .await;
    let path = format!("/v1/contacts/{anna}/notes");
    let text = json!({ "text": "Vuole il preventivo. @giulia pensaci tu" });
    let note = keyed(&world, &path, "k1", &text).await;
    assert_eq!(note.status, 201, "{}", note.text);
    assert_eq!(keyed(&world, &path, "k1", &text).await.status, 201);
    world.settle().await;
    let mails = world.platform.mails();
    assert_eq!(mails.len(), 1, "the same note counts once");
    assert_eq!((&*mails[0].to, &*mails[0].subject), ("giulia@bottega.example", "Nota"));
    let notes = world.api("GET", &path, "").await.json();
    assert_eq!(notes["items"].as_array().unwrap().len(), 1);
    assert_eq!(notes["items"][0]["by"], "api:shop");
    world
        .api("POST", &path, &json!({ "text": "x".repeat(501) }).to_string())
        .await
        .is_problem(422, "note.size");
}

/// KC-12, KC-43: payments are counted once each, refunds subtract, and the sums can be read.
#[tokio::test]
async fn payments_sum_up() {
    let (world, anna) = with_anna().await;
    let path = format!("/v1/contacts/{anna}/payments");
    for (key, body) in [
        ("p1", json!({ "amount": 4_900, "product": "libro" })),
        ("p2", json!({ "amount": 10_000, "product": "corso" })),
        ("p1", json!({ "amount": 4_900, "product": "libro" })),
        ("r1", json!({ "amount": 2_000, "refund": true })),
        ("r1", json!({ "amount": 2_000, "refund": true })),
    ] {
        let answer = keyed(&world, &path, key, &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    let all = world.api("GET", &format!("/v1/contacts/{anna}/purchases"), "").await.json();
    assert_eq!((&all["payments"], &all["lifetime_value"]), (&json!(2), &json!({ "EUR": 12_900 })));
    assert_eq!(all["last_at"]["utc"], "2026-11-21T09:00:00Z");
    let mut products: Vec<_> =
        all["products"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    products.sort_by_key(Value::to_string);
    assert_eq!(products, ["corso", "libro"]);
    let payments = world.api("GET", &path, "").await.json();
    let amounts: Vec<_> =
        payments["items"].as_array().unwrap().iter().map(|one| one["amount"].clone()).collect();
    assert_eq!(amounts, [-2_000, 10_000, 4_900]);
    let wrong = world.api("POST", &path, r#"{"amount": 0}"#).await.json();
    assert_eq!(wrong["errors"][0]["field"], "amount");
}

/// KC-44 SEM-13: what another contact or a company is to a contact; the other contact has it too, the other way round.
#[tokio::test]
async fn both_sides_know_of_an_association() {
    let (world, anna) = with_anna().await;
    let bea = contact(&world, "bea@example.com").await;
    let put = async |path: &str, body: &str| world.api("PUT", &format!("/v1/contacts/{path}"), body).await;
    assert_eq!(put(&format!("{anna}/associations/parent/{bea}"), "").await.status, 204);
    assert_eq!(put(&format!("{anna}/associations/parent/{bea}"), "").await.status, 204, "it is so already");
    assert_eq!(put(&format!("{anna}/associations/zia/{bea}"), r#"{"inverse": "nipote"}"#).await.status, 204);
    assert_eq!(put(&format!("{anna}/associations/employer/Bottega%20Verdi"), "").await.status, 204);
    let of = async |contact: &str| {
        let page = world.api("GET", &format!("/v1/contacts/{contact}/associations"), "").await.json();
        let told = page["items"].as_array().unwrap().iter().map(|one| {
            let other = one["contact"].as_str().or(one["company"].as_str()).unwrap();
            format!("{} {other}", one["type"].as_str().unwrap())
        });
        told.collect::<Vec<_>>()
    };
    assert_eq!(
        of(&anna).await,
        [format!("parent {bea}"), format!("zia {bea}"), "employer Bottega Verdi".to_owned()]
    );
    assert_eq!(of(&bea).await, [format!("child {anna}"), format!("nipote {anna}")]);
    let delete = async |path: &str| world.api("DELETE", &format!("/v1/contacts/{path}"), "").await.status;
    assert_eq!(delete(&format!("{bea}/associations/nipote/{anna}")).await, 204);
    assert_eq!(delete(&format!("{anna}/associations/employer/Bottega%20Verdi")).await, 204);
    assert_eq!(of(&anna).await, [format!("parent {bea}")]);
    assert_eq!(of(&bea).await, [format!("child {anna}")]);
    put(&format!("{anna}/associations/parent/{anna}"), "").await.is_problem(422, "association.self");
    let nobody = format!("{anna}/associations/parent/con_00000000000000000000");
    put(&nobody, "").await.is_problem(404, "contact.unknown");

    // Of somebody who is erased, the other one knows nothing any more.
    world.api("POST", &format!("/v1/contacts/{anna}/erase"), "").await;
    world.settle().await;
    world.api("GET", &format!("/v1/contacts/{anna}"), "").await.is_problem(410, "contact.erased");
    assert_eq!(of(&bea).await, Vec::<String>::new());
}
