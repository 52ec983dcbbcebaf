//! Signing in on one machine: by a link that works once.

use crate::world::World;

async fn link(world: &World) -> String {
    let made = world.api("POST", "/v1/sign-in-links", "").await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json()["seconds"], 900);
    made.json()["path"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_signs_in_once_by_a_cookie_that_no_page_reads() {
    let world = World::new().await;
    let link = link(&world).await;
    // Whoever only looks whether there is something does not use it up.
    let looked = world.send("HEAD", &link, &[], b"").await;
    assert_eq!((looked.status, looked.header("set-cookie")), (204, ""));
    let opened = world.page(&link).await;
    assert_eq!(opened.status, 200);
    assert!(opened.text.contains("You are signed in"), "{}", opened.text);
    let cookie = opened.header("set-cookie");
    let (session, rest) = cookie.split_once("; ").unwrap();
    assert_eq!(rest, "HttpOnly; SameSite=Strict; Path=/; Max-Age=43200; Secure");
    assert_eq!(opened.header("referrer-policy"), "no-referrer");
    assert_eq!(opened.header("cache-control"), "no-store");
    let again = world.page(&link).await;
    assert_eq!((again.status, again.header("set-cookie")), (401, ""));
    assert!(again.text.contains("This sign-in link was used"), "{}", again.text);
    let italian = world.send("GET", &link, &[("accept", "text/html"), ("accept-language", "it")], b"").await;
    assert!(italian.text.contains("Questo link di accesso"), "{}", italian.text);

    assert_eq!(world.send("GET", "/sign-in", &[("cookie", session)], b"").await.status, 200);
    assert_eq!(
        world.send("GET", "/app/v1/keys", &[("cookie", session)], b"").await.status,
        200,
        "as the owner"
    );
    let out = world.send("POST", "/sign-out", &[("cookie", session)], b"").await;
    assert!(
        out.status == 204 && out.header("set-cookie").contains("Max-Age=0"),
        "{}",
        out.header("set-cookie")
    );
    let program = [("cookie", session), ("accept", "application/json")];
    world.send("GET", "/sign-in", &program, b"").await.is_problem(401, "sign_in.missing");
    world.send("GET", "/app/v1/keys", &program, b"").await.is_problem(401, "sign_in.missing");
}

#[tokio::test(start_paused = true)]
async fn links_and_sessions_end_by_the_machines_own_clock() {
    let world = World::new().await;
    let minute = std::time::Duration::from_mins(1);
    let (first, second) = (link(&world).await, link(&world).await);
    tokio::time::advance(14 * minute).await;
    let session = world.page(&first).await.header("set-cookie").split(';').next().unwrap().to_owned();
    tokio::time::advance(minute).await;
    assert_eq!(world.page(&second).await.status, 401);
    // Days that only the program's clock has seen are no time to a session.
    assert_eq!(world.api("POST", "/v1/clock", r#"{"advance": "3 days"}"#).await.status, 200);
    let with_it = [("cookie", &*session)];
    let asked = || world.send("GET", "/app/v1/workflows", &with_it, b"");
    assert_eq!(asked().await.status, 200);
    tokio::time::advance(12 * 60 * minute).await;
    asked().await.is_problem(401, "sign_in.missing");
}

#[tokio::test]
async fn the_cloud_has_no_links() {
    let world = World::bare().await;
    world.api("POST", "/v1/sign-in-links", "").await.is_problem(404, "sign_in.elsewhere");
    assert_eq!(world.page("/sign-in?token=x").await.status, 404);
}
