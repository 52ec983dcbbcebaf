//! The pages of the program on one machine, walked as a newcomer walks them.

use flusso_engine::time::Millis;

use crate::world::{Answer, FORM, World};

async fn signed_up() -> World {
    let world = World::new().await;
    world.submit("first_name=Anna&email=anna%40example.com&newsletter=on").await;
    world.settle().await;
    world
}

async fn press(world: &World, path: &str) -> Answer {
    let headers = [("sec-fetch-site", "same-origin"), ("accept", "text/html")];
    world.send("POST", path, &headers, b"").await
}

#[tokio::test]
async fn the_first_page_has_a_form_that_is_taken_once() {
    let world = World::new().await;
    let page = world.page("/").await;
    assert_eq!(page.status, 200);
    for part in [
        "action=\"/f/richiedi-guida-gratuita\"",
        "type=\"email\" autocomplete=\"email\" required",
        "<input type=\"checkbox\" name=\"newsletter\" value=\"on\">",
        "<input name=\"website\" tabindex=\"-1\" autocomplete=\"off\">",
        "Sat 21 Nov 2026, 10:00:00 · Europe",
    ] {
        assert!(page.text.contains(part), "{part} is not in {}", page.text);
    }
    let token = |page: &str| {
        let (_, rest) = page.split_once("name=\"submission_id\" value=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    let first = token(&page.text);
    assert_ne!(first, token(&world.page("/").await.text));
    let body = format!("email=anna%40example.com&submission_id={first}");
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("accept", "text/html")];
    let thanks = world.send("POST", FORM, &headers, body.as_bytes()).await;
    assert!(thanks.text.contains("href=\"/mailbox\""), "{}", thanks.text);
    let italian = world.send("GET", "/", &[("accept", "text/html"), ("accept-language", "it")], b"").await;
    assert!(
        italian.text.contains("Iscriviti") && italian.text.contains("sab 21 nov 2026"),
        "{}",
        italian.text
    );
}

#[tokio::test]
async fn a_reply_ends_the_workflow() {
    let world = signed_up().await;
    let list = world.page("/mailbox").await;
    assert!(list.text.contains("<a href=\"/mailbox/1\"><strong>Benvenuto nella nostra Community!</strong>"));
    let mail = world.page("/mailbox/1").await;
    assert!(mail.text.contains("Ciao Anna, grazie per esserti iscritto."), "{}", mail.text);
    let id = world.only_contact().await;
    assert!(mail.text.contains(&format!("href=\"/contacts/{id}\"")));
    let contact = world.page(&format!("/contacts/{id}")).await;
    assert!(contact.text.contains("Sun 22 Nov 2026, 10:00:00"), "{}", contact.text);

    let opened = press(&world, "/mailbox/1/open").await;
    assert_eq!((opened.status, opened.header("location")), (303, "/mailbox/1?done=opened"));
    let replied = press(&world, "/mailbox/1/reply").await;
    assert_eq!((replied.status, replied.header("location")), (303, "/mailbox/1?done=replied"));
    assert!(world.page("/mailbox/1?done=replied").await.text.contains("Replied."));
    world.settle().await;
    let contact = world.page(&format!("/contacts/{id}")).await;
    assert!(contact.text.contains("Left the workflow: answered") && contact.text.contains("Message opened"));
    assert!(contact.text.contains("Inside no workflow at the moment."));
    world.pass(Millis::hours(25)).await;
    assert_eq!(world.subjects().len(), 1);
}

#[tokio::test]
async fn a_day_passes_by_a_button() {
    let world = signed_up().await;
    let moved = press(&world, "/mailbox/1/later").await;
    assert_eq!((moved.status, moved.header("location")), (303, "/mailbox?done=later"));
    world.settle().await;
    assert_eq!(world.subjects().len(), 2);
    let list = world.page("/mailbox?done=later").await;
    assert!(list.text.contains("Hai già letto la guida, Anna?") && list.text.contains("A day has passed."));
}

#[tokio::test]
async fn buttons_work_only_on_our_own_pages() {
    let world = signed_up().await;
    let program = ("accept", "application/json");
    for headers in [
        &[("sec-fetch-site", "cross-site"), program][..],
        &[("sec-fetch-site", "same-site"), program],
        &[("origin", "https://evil.example"), program],
        &[("origin", "null"), program],
    ] {
        world.send("POST", "/mailbox/1/reply", headers, b"").await.is_problem(403, "site.foreign");
    }
    assert_eq!(world.queued(), 0);
    let own = world.send("POST", "/mailbox/1/open", &[("origin", "http://localhost")], b"").await;
    assert_eq!(own.status, 303);
    let foreign = axum::http::Request::get("/mailbox")
        .header("host", "evil.example")
        .header("accept", "application/json");
    let foreign = foreign.body(axum::body::Body::empty()).unwrap();
    let answer = tower::ServiceExt::oneshot(world.router.clone(), foreign).await.unwrap();
    assert_eq!(answer.status(), 403, "a name that somebody else points here");
}

#[tokio::test]
async fn what_people_write_stays_text() {
    let world = World::new().await;
    world
        .submit("first_name=%3Cscript%3Ealert(1)%3C%2Fscript%3E&email=anna%40example.com&newsletter=on")
        .await;
    world.settle().await;
    let id = world.only_contact().await;
    for path in ["/mailbox/1".to_owned(), format!("/contacts/{id}")] {
        let page = world.page(&path).await;
        assert!(page.text.contains("&lt;script&gt;") && !page.text.contains("<script"), "{}", page.text);
    }
}

#[tokio::test]
async fn the_clock_moves_by_the_api() {
    let world = signed_up().await;
    let moved = world.api("POST", "/v1/clock", r#"{"advance": "1 day"}"#).await.json();
    assert_eq!(moved["now"]["utc"], "2026-11-22T09:00:00Z");
    assert_eq!(moved["now"]["local"], "2026-11-22 10:00:00 Europe/Rome");
    let answer = world.api("POST", "/v1/clock", r#"{"advance": "soon"}"#).await;
    assert_eq!(answer.is_problem(422, "duration.unreadable")["errors"][0]["field"], "advance");
    world.api("POST", "/v1/clock", r#"{"advanced": "1 day"}"#).await.is_problem(422, "json.shape");
}

#[tokio::test(start_paused = true)]
async fn the_clock_stands_while_a_message_is_handed_over() {
    let world = signed_up().await;
    world.app.metrics().in_flight.add();
    world.api("POST", "/v1/clock", r#"{"advance": "1 day"}"#).await.is_problem(409, "clock.busy");
    world.app.metrics().in_flight.subtract();
    assert_eq!(world.api("POST", "/v1/clock", r#"{"advance": "1 day"}"#).await.status, 200);
}

#[tokio::test]
async fn the_mailbox_comes_in_pages() {
    let world = World::new().await;
    for n in 0..25 {
        world.submit(&format!("email=p{n}%40example.com&newsletter=on")).await;
    }
    world.settle().await;
    let first = world.page("/mailbox").await;
    assert_eq!(first.text.matches("<li>").count(), 20);
    assert!(first.text.contains("href=\"/mailbox?before=6\""), "{}", first.text);
    assert_eq!(world.page("/mailbox?before=6").await.text.matches("<li>").count(), 5);
    let page = world.api("GET", "/v1/mailbox?limit=20", "").await.json();
    assert_eq!((page["items"].as_array().unwrap().len(), page["cursor"].as_str()), (20, Some("6")));
    assert_eq!(world.api("GET", "/v1/mailbox/6", "").await.json()["seq"], 6);
    world.api("GET", "/v1/mailbox/99", "").await.is_problem(404, "mail.unknown");
}
