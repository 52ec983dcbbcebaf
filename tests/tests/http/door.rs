//! What holds for every route: keys, addresses, methods, what the cloud leaves out.

use expect_test::expect;

use crate::world::World;

#[tokio::test]
async fn the_api_wants_a_key() {
    let world = World::bare().await;
    expect![[r#"
        401
        content-type: application/problem+json
        www-authenticate: Bearer realm="flusso"
        {
          "code": "key.missing",
          "detail": "send your API key with the request, as `Authorization: Bearer flk_…`",
          "status": 401,
          "title": "A key is needed",
          "type": "urn:flusso:problem:unauthorized"
        }
    "#]]
    .assert_eq(&world.send("GET", "/v1/contacts", &[], b"").await.shown());
    for wrong in ["Bearer flk_nonsense", "Bearer ", "bearer x", "Bearer t000001t000002"] {
        let answer = world.send("GET", "/v1/contacts", &[("authorization", wrong)], b"").await;
        answer.is_problem(401, "key.unknown");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"flusso\", error=\"invalid_token\"");
    }
    let basic = world.send("GET", "/v1/contacts", &[("authorization", "Basic eDp5")], b"").await;
    basic.is_problem(401, "key.missing");
    let lower = format!("bearer {}", world.key);
    assert_eq!(world.send("GET", "/v1/contacts", &[("authorization", &lower)], b"").await.status, 200);
    // Whoever has no key does not get as far as the body.
    let big = vec![b'a'; 5 << 20];
    world.send("POST", "/v1/events", &[], &big).await.is_problem(401, "key.missing");
}

#[tokio::test]
async fn health_wants_no_key() {
    let world = World::bare().await;
    let answer = world.send("GET", "/v1/health", &[], b"").await;
    assert_eq!((answer.status, &*answer.text), (200, "{\"status\":\"ok\"}"));
}

#[tokio::test]
async fn addresses_and_methods_that_there_are_not() {
    let world = World::bare().await;
    for path in ["/v1/nonsense", "/nonsense", "/v1", "/f", "/f/a/b"] {
        let answer = world.send("GET", path, &[("accept", "application/json")], b"").await;
        answer.is_problem(404, "route.unknown");
    }
    let answer = world.send("DELETE", "/v1/events", &[], b"").await;
    answer.is_problem(405, "method.not_allowed");
    assert_eq!(answer.header("allow"), "POST");
    let page = world.page("/nonsense").await;
    assert_eq!((page.status, page.header("content-type")), (404, "text/html; charset=utf-8"));
    let broken = world.api("GET", "/v1/contacts/%ff", "").await;
    broken.is_problem(400, "path.unreadable");
}

#[tokio::test]
async fn queries_are_read_strictly() {
    let world = World::bare().await;
    for (path, code, field) in [
        ("/v1/contacts?limit=0", "limit.range", "limit"),
        ("/v1/contacts?limit=101", "limit.range", "limit"),
        ("/v1/contacts?limit=x", "query.unreadable", "limit"),
        ("/v1/contacts?nonsense=1", "query.unreadable", "nonsense"),
        ("/v1/contacts?cursor=zz", "cursor.unreadable", "cursor"),
        ("/v1/contacts?email=anna", "value.unreadable", "email"),
    ] {
        let problem = world.api("GET", path, "").await.is_problem(422, code);
        assert_eq!(problem["errors"][0]["field"], field, "{path}: {problem}");
    }
}

#[tokio::test]
async fn the_cloud_has_no_local_pages() {
    let world = World::bare().await;
    for path in ["/", "/mailbox", "/mailbox/1", "/contacts/con_x"] {
        assert_eq!(world.page(path).await.status, 404, "{path}");
    }
    world.api("GET", "/v1/mailbox", "").await.is_problem(404, "mailbox.none");
    world.api("POST", "/v1/clock", r#"{"advance": "1 day"}"#).await.is_problem(409, "clock.real");
    assert_eq!(world.api("GET", "/v1/clock", "").await.json()["movable"], false);
}

#[tokio::test]
async fn pages_carry_a_policy_and_answers_no_guesses() {
    let world = World::new().await;
    let page = world.page("/").await;
    assert_eq!(
        page.header("content-security-policy"),
        "default-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    assert_eq!(page.header("cache-control"), "no-store");
    let style = world.page("/style.css").await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    let document = world.send("GET", "/openapi.json", &[], b"").await;
    assert_eq!(document.json()["openapi"], "3.1.0");
    for answer in [page, style, document] {
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
}
