//! API keys by the API.

use crate::world::World;

#[tokio::test]
async fn a_key_is_shown_once_and_ended_by_its_name() {
    let world = World::new().await;
    let made = world.api("POST", "/v1/keys", r#"{"name":"web-shop"}"#).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let key = format!("Bearer {}", made.json()["key"].as_str().unwrap());
    let with_it = [("authorization", &*key)];
    assert_eq!(world.send("GET", "/v1/workflows", &with_it, b"").await.status, 200);
    let list = world.api("GET", "/v1/keys", "").await;
    assert!(list.text.contains("web-shop") && !list.text.contains("flk_"), "{}", list.text);
    let body = r#"{"name":"web-shop"}"#;
    world.api("POST", "/v1/keys", body).await.is_problem(409, "key.exists");
    for wrong in ["", "Web Shop", "a/b"] {
        let body = format!(r#"{{"name":"{wrong}"}}"#);
        world.api("POST", "/v1/keys", &body).await.is_problem(422, "key.name");
    }
    assert_eq!(world.api("DELETE", "/v1/keys/web-shop", "").await.status, 204);
    world.send("GET", "/v1/workflows", &with_it, b"").await.is_problem(401, "key.unknown");
    world.api("DELETE", "/v1/keys/web-shop", "").await.is_problem(404, "key.unknown");
}
