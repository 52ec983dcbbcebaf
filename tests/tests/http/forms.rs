//! What visitors of a site send.

use expect_test::expect;
use flusso_engine::time::Millis;

use crate::world::{FORM, World};

const ANNA: &str = "first_name=Anna&email=anna%40example.com&newsletter=on";
const URLENCODED: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
const PROGRAM: (&str, &str) = ("accept", "application/json");

// KW-11 CL-07
#[tokio::test]
async fn a_submission_makes_a_contact_and_starts_its_workflow() {
    let world = World::new().await;
    let answer = world.submit(&format!("{ANNA}&submission_id=s1")).await;
    expect![[r#"
        202
        content-type: application/json
        {
          "duplicate": false,
          "id": "s1"
        }
    "#]]
    .assert_eq(&answer.shown());
    world.settle().await;
    assert_eq!(world.subjects(), ["Benvenuto nella nostra Community!"]);
    world.pass(Millis::hours(24)).await;
    assert_eq!(world.subjects().len(), 2);
}

#[tokio::test]
async fn browsers_get_a_page_or_are_sent_on() {
    let world = World::bare().await;
    let answer = world.send("POST", FORM, &[URLENCODED, BROWSER], ANNA.as_bytes()).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(answer.text.contains("<h1>Thank you.</h1>"), "{}", answer.text);
    let form = r#"{"name": "F", "fields": [{"name": "email", "to": "email"}], "redirect": "https://shop.example/thanks"}"#;
    assert_eq!(world.api("PUT", "/v1/forms/f", form).await.status, 200);
    let answer = world.send("POST", "/f/f", &[URLENCODED, BROWSER], ANNA.as_bytes()).await;
    expect![[r"
        303
        location: https://shop.example/thanks
    "]]
    .assert_eq(&answer.shown());
    let answer = world.send("POST", "/f/f", &[URLENCODED, PROGRAM], ANNA.as_bytes()).await;
    assert_eq!(answer.status, 202);
}

#[tokio::test]
async fn the_page_speaks_the_reader_s_language() {
    let world = World::bare().await;
    for (language, thanks) in [("it-IT,it;q=0.9", "Grazie."), ("es", "Gracias."), ("de", "Thank you.")] {
        let headers = [URLENCODED, BROWSER, ("accept-language", language)];
        let answer = world.send("POST", FORM, &headers, ANNA.as_bytes()).await;
        assert!(answer.text.contains(&format!("<h1>{thanks}</h1>")), "{}", answer.text);
    }
    let headers =
        [URLENCODED, BROWSER, ("accept-language", "it"), ("referer", "https://shop.example/a?b=\"c")];
    let answer = world.send("POST", FORM, &headers, b"email=anna").await;
    assert_eq!(answer.status, 422);
    expect![[r#"
        <!doctype html>
        <html lang="it">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Non è ancora stato inviato.</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="/style.css">
        </head>
        <body>

        <main>

        <div class="card narrow">
        <h1>Non è ancora stato inviato.</h1>
        <ul class="said" role="alert"><li>Email: così non va bene. Controlla e correggi.</li></ul>
        <p><a class="button" href="https:&#x2f;&#x2f;shop.example&#x2f;a?b=&quot;c">Torna indietro</a></p>

        <p class="caption">field.value</p>
        </div>

        </main>

        </body>
        </html>"#]]
    .assert_eq(&answer.text);
}

#[tokio::test]
async fn parts_and_json_are_taken_as_well() {
    let world = World::bare().await;
    let multipart = ("content-type", "multipart/form-data; boundary=x");
    let part =
        |head: &str, value: &str| format!("--x\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n");
    let email = part("name=\"email\"", "bea@example.com");
    let no_file = part("name=\"photo\"; filename=\"\"", "");
    let body = format!("{email}{no_file}--x--\r\n");
    assert_eq!(world.send("POST", FORM, &[multipart, PROGRAM], body.as_bytes()).await.status, 202);
    let file = part("name=\"photo\"; filename=\"a.png\"", "png");
    let body = format!("{email}{file}--x--\r\n");
    let answer = world.send("POST", FORM, &[multipart, PROGRAM], body.as_bytes()).await;
    assert_eq!(answer.is_problem(422, "form.files")["errors"][0]["field"], "photo");
    let broken = world.send("POST", FORM, &[multipart, PROGRAM], email.as_bytes()).await;
    broken.is_problem(400, "multipart.broken");

    let json = ("content-type", "application/json");
    let body =
        r#"{"email": "carla@example.com", "newsletter": true, "age": 42, "likes": ["a", "b"], "none": null}"#;
    assert_eq!(
        world.send("POST", FORM, &[json], body.as_bytes()).await.status,
        202,
        "JSON is answered in JSON"
    );
    for (body, status, code) in [
        (r#"{"email": "#, 400, "json.broken"),
        (r#"["email"]"#, 422, "json.shape"),
        (r#"{"email": {"a": 1}}"#, 422, "json.shape"),
        (r#"{"email": "anna"}"#, 422, "field.value"),
        (r#"{"email": "  "}"#, 422, "form.required"),
    ] {
        world.send("POST", FORM, &[json], body.as_bytes()).await.is_problem(status, code);
    }
    world.settle().await;
    let found = world.api("GET", "/v1/contacts?email=carla@example.com", "").await.json();
    let carla =
        world.api("GET", &format!("/v1/contacts/{}", found["items"][0]["id"].as_str().unwrap()), "").await;
    assert_eq!(carla.json()["consents"][0]["standing"], "granted");
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let world = World::bare().await;
    let answer = world.send("POST", "/f/none", &[URLENCODED, PROGRAM], ANNA.as_bytes()).await;
    expect![[r#"
        404
        content-type: application/problem+json
        {
          "code": "form.unknown",
          "detail": "there is no form `none`",
          "status": 404,
          "title": "There is no such thing",
          "type": "urn:flusso:problem:not_found"
        }
    "#]]
    .assert_eq(&answer.shown());
    expect![[r#"
        422
        content-type: application/problem+json
        {
          "code": "field.value",
          "detail": "email is not an e-mail address, such as anna@example.com",
          "errors": [
            {
              "code": "field.value",
              "field": "email",
              "message": "email is not an e-mail address, such as anna@example.com"
            }
          ],
          "status": 422,
          "title": "Something in it is wrong",
          "type": "urn:flusso:problem:invalid"
        }
    "#]]
    .assert_eq(&world.submit("email=anna").await.shown());
    let text = world.send("POST", FORM, &[("content-type", "text/plain"), PROGRAM], b"x").await;
    text.is_problem(415, "content_type.unsupported");
    world.send("POST", FORM, &[PROGRAM], b"").await.is_problem(415, "content_type.unsupported");
    let big = vec![b'a'; 20 << 20];
    let answer = world.send("POST", FORM, &[URLENCODED, PROGRAM], &big).await;
    assert!(answer.is_problem(413, "form.size")["detail"].as_str().unwrap().contains("1 MB"));
    let said = format!("{ANNA}&said={}", "a".repeat(70 << 10));
    world.submit(&said).await.is_problem(413, "event.size");
    let many: Vec<String> = (0..201).map(|n| format!("q{n}=1")).collect();
    world.submit(&format!("{ANNA}&{}", many.join("&"))).await.is_problem(422, "form.answers");
    assert_eq!(world.queued(), 0);
}

#[tokio::test]
async fn a_submission_counts_once() {
    let world = World::new().await;
    let named = format!("{ANNA}&submission_id=s1");
    world.submit(&named).await;
    world.settle().await;
    assert_eq!(world.submit(&named).await.json()["duplicate"], true);
    let other = world.submit("email=bea%40example.com&submission_id=s1").await;
    other.is_problem(409, "id_reused");

    let headers = [URLENCODED, PROGRAM, ("idempotency-key", "k1")];
    for duplicate in [false, true] {
        let answer = world.send("POST", FORM, &headers, b"email=bea%40example.com&submission_id=s2").await;
        assert_eq!(
            answer.json(),
            serde_json::json!({"id": "k1", "duplicate": duplicate}),
            "the header goes first"
        );
        world.settle().await;
    }
    let headers = [URLENCODED, PROGRAM, ("idempotency-key", " ")];
    let answer = world.send("POST", FORM, &headers, ANNA.as_bytes()).await;
    assert_eq!(answer.is_problem(422, "id.length")["errors"][0]["field"], "Idempotency-Key");
}

#[tokio::test]
async fn a_submission_without_a_name_is_known_for_ten_minutes() {
    let world = World::new().await;
    let mut seen = Vec::new();
    for minutes in [0, 9, 2, 30] {
        world.pass(Millis::minutes(minutes)).await;
        let answer = world.submit(ANNA).await.json();
        seen.push(answer["duplicate"].as_bool().unwrap());
        world.settle().await;
    }
    assert_eq!(seen, [false, true, true, false]);
    assert_eq!(world.submit("email=bea%40example.com").await.json()["duplicate"], false);
}

#[tokio::test]
async fn who_fills_what_no_person_sees_learns_nothing() {
    let world = World::bare().await;
    let answer = world.submit(&format!("{ANNA}&website=spam")).await;
    assert_eq!((answer.status, answer.json()["duplicate"].as_bool()), (202, Some(false)));
    assert_eq!(world.queued(), 0);
}

#[tokio::test]
async fn pages_of_other_sites_may_post() {
    let world = World::bare().await;
    let asks = [("origin", "https://shop.example"), ("access-control-request-method", "POST")];
    let answer = world.send("OPTIONS", FORM, &asks, b"").await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-methods"), "POST");
    assert_eq!(answer.header("access-control-allow-headers"), "Accept, Content-Type, Idempotency-Key");
    for body in [ANNA, "email=anna"] {
        let answer = world.submit(body).await;
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
    assert_eq!(world.send("OPTIONS", "/v1/events", &asks, b"").await.status, 405);
}
