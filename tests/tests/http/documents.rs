//! Documents of a contact: stored, listed, given out by a link, gone.

use flusso_engine::time::Millis;
use serde_json::{Value, json};

use crate::world::{Answer, World};

async fn with_anna() -> (World, String) {
    let world = World::bare().await;
    let event = json!({ "type": "crm.synced", "contact": { "email": "anna@example.com" } });
    world.api("POST", "/v1/events", &event.to_string()).await;
    world.settle().await;
    let id = world.only_contact().await;
    (world, id)
}

async fn store(world: &World, contact: &str, name: &str, key: &str, bytes: &[u8]) -> Answer {
    let bearer = format!("Bearer {}", world.key);
    let headers =
        [("authorization", &*bearer), ("content-type", "application/octet-stream"), ("idempotency-key", key)];
    world.send("POST", &format!("/v1/contacts/{contact}/documents?name={name}"), &headers, bytes).await
}

async fn listed(world: &World, contact: &str) -> Vec<Value> {
    let page = world.api("GET", &format!("/v1/contacts/{contact}/documents"), "").await.json();
    page["items"].as_array().unwrap().clone()
}

/// KC-42: a file is stored, listed, and given out by a link that is good for ten minutes.
#[tokio::test]
async fn a_document_is_stored_and_given_out_by_a_link() {
    let (world, anna) = with_anna().await;
    let stored = store(&world, &anna, "contratto%20%C3%A8.pdf", "k1", b"%PDF-1.7 il contratto").await;
    assert_eq!(stored.status, 201, "{}", stored.text);
    let stored = stored.json();
    assert_eq!((&stored["name"], &stored["type"]), (&json!("contratto è.pdf"), &json!("application/pdf")));
    assert_eq!((&stored["bytes"], &stored["by"]), (&json!(21), &json!("api:shop")));
    let again = store(&world, &anna, "contratto%20%C3%A8.pdf", "k1", b"%PDF-1.7 il contratto").await;
    assert_eq!(again.json()["id"], stored["id"], "the same request is the same document");
    store(&world, &anna, "contratto%20%C3%A8.pdf", "k1", b"%PDF-1.7 un altro")
        .await
        .is_problem(409, "id_reused");
    assert_eq!(listed(&world, &anna).await, std::slice::from_ref(&stored));
    assert_eq!(world.platform.files().len(), 1, "nothing is left over");

    let id = stored["id"].as_str().unwrap();
    let link = world.api("GET", &format!("/v1/contacts/{anna}/documents/{id}"), "").await.json();
    let url = link["url"].as_str().unwrap().strip_prefix("https://flusso.example").unwrap().to_owned();
    let file = world.send("GET", &url, &[], b"").await;
    assert_eq!((file.status, &*file.text), (200, "%PDF-1.7 il contratto"));
    assert_eq!(file.header("content-type"), "application/pdf");
    let name = "attachment; filename=\"contratto _.pdf\"; filename*=UTF-8''contratto%20%C3%A8.pdf";
    assert_eq!(file.header("content-disposition"), name);
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    assert_eq!(file.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'; sandbox");
    assert_eq!(file.header("cache-control"), "no-store");

    // Any other letter, another document, another time: no link.
    let token = url.strip_prefix("/d/").unwrap();
    let others = [(1, "con_00000000000000000000"), (2, "doc_other"), (3, "9999999999999"), (4, "x")];
    for (part, other) in others {
        let mut parts: Vec<&str> = token.split('.').collect();
        parts[part] = other;
        let forged = world.send("GET", &format!("/d/{}", parts.join(".")), &[], b"").await;
        assert_eq!(forged.status, 404, "{part}");
    }
    world.pass(Millis::minutes(10)).await;
    assert_eq!(world.send("GET", &url, &[], b"").await.status, 404, "it was good for ten minutes");
}

/// KC-42: whoever removes a document removes its file, and its links lead nowhere.
#[tokio::test]
async fn a_document_that_is_removed_is_gone() {
    let (world, anna) = with_anna().await;
    let stored = store(&world, &anna, "a.csv", "k1", b"name;city\nAnna;Roma\n").await.json();
    let path = format!("/v1/contacts/{anna}/documents/{}", stored["id"].as_str().unwrap());
    let link = world.api("GET", &path, "").await.json();
    let url = link["url"].as_str().unwrap().strip_prefix("https://flusso.example").unwrap().to_owned();
    assert_eq!(world.send("GET", &url, &[], b"").await.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(world.api("DELETE", &path, "").await.status, 204);
    assert_eq!(world.platform.files(), [""; 0]);
    assert_eq!(world.send("GET", &url, &[], b"").await.status, 404);
    world.api("GET", &path, "").await.is_problem(404, "document.unknown");
    world.api("DELETE", &path, "").await.is_problem(404, "document.unknown");
    let late = store(&world, &anna, "a.csv", "k1", b"name;city\nAnna;Roma\n").await;
    late.is_problem(404, "document.unknown");
    assert_eq!(world.platform.files(), [""; 0], "a request that comes again brings nothing back");
    let timeline = world.api("GET", &format!("/v1/contacts/{anna}/timeline"), "").await.text;
    assert!(timeline.contains("Document “a.csv” removed"), "{timeline}");
}

/// KC-42: a file is what its bytes say, of a kind that is taken, and no longer than 4 MB; and a contact has fifteen.
#[tokio::test]
async fn what_is_no_such_file_is_refused() {
    let (world, anna) = with_anna().await;
    store(&world, &anna, "a.html", "k1", b"<html>").await.is_problem(422, "document.type");
    let wrong = store(&world, &anna, "a.pdf", "k2", b"<html><script>").await;
    assert_eq!(wrong.json()["errors"][0]["code"], "document.content", "{}", wrong.text);
    assert_eq!(store(&world, &anna, "a.txt", "k3", &vec![b'x'; (4 << 20) + 1]).await.status, 413);
    assert_eq!(store(&world, "con_00000000000000000000", "a.txt", "k4", b"x").await.status, 404);
    assert_eq!(world.platform.files(), [""; 0]);
    for n in 0..15 {
        assert_eq!(store(&world, &anna, "a.txt", &format!("n{n}"), b"x").await.status, 201);
    }
    store(&world, &anna, "a.txt", "n15", b"x").await.is_problem(409, "limit_reached");
    assert_eq!((listed(&world, &anna).await.len(), world.platform.files().len()), (15, 15));
}
