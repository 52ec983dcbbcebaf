//! Bodies that nobody should send: each gets an answer that says what is wrong, and none breaks what comes after it.

use flusso_tests::mutate::{cases, mutated};

use crate::world::{FORM, World};

#[tokio::test]
async fn no_body_gets_a_server_error_or_stops_the_program() {
    let world = World::new().await;
    let key = format!("Bearer {}", world.key);
    let part = |name: &str, value: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let multipart = part("email", "a@example.com") + &part("first_name", "Anna") + "--x--\r\n";
    let event = r#"{"id":"e","type":"page.visited","contact":{"email":"a@example.com"},"data":{"url":"https://shop.example/a?b=c"}}"#;
    let form =
        r#"{"name":"F","fields":[{"name":"email","to":"email"}],"redirect":"https://shop.example/thanks"}"#;
    let workflow = &flusso_tests::documents::filled("lead-scoring");
    let kinds: &[(&str, &str, &str, &[&str])] = &[
        (
            "POST",
            FORM,
            "application/x-www-form-urlencoded",
            &["first_name=Anna&email=a%40example.com&newsletter=on&submission_id=1"],
        ),
        (
            "POST",
            FORM,
            "application/json",
            &[r#"{"first_name":"Anna","email":"a@example.com","newsletter":true}"#],
        ),
        ("POST", FORM, "multipart/form-data; boundary=x", &[&multipart]),
        ("POST", "/v1/events", "application/json", &[event, &format!("[{event},{event}]")]),
        ("PUT", "/v1/forms/f", "application/json", &[form]),
        (
            "PUT",
            "/v1/templates/t",
            "application/json",
            &[r#"{"subject":"Ciao {{ contact.first_name }}","text":"a"}"#],
        ),
        ("PUT", "/v1/workflows/lead-scoring", "application/yaml", &[workflow]),
        (
            "PUT",
            "/v1/segments/s",
            "application/yaml",
            &["name: S\nwho: { all: [{ tag: vip }, { city: [Roma, Milano] }] }\n"],
        ),
        ("POST", "/v1/coupons/p", "application/json", &[r#"{"codes":["A-1","A-2"]}"#]),
        (
            "POST",
            "/v1/workflows/benvenuto-iscritti/enroll",
            "application/json",
            &[r#"{"segment":"s"}"#, r#"{"contacts":["con_x"],"data":{"guide_url":"https://shop.example/"}}"#],
        ),
    ];
    let mut answers = std::collections::BTreeMap::<u16, u32>::new();
    for case in 0..cases() {
        let (method, path, kind, seeds) = kinds[usize::try_from(case).unwrap() % kinds.len()];
        let seeds: Vec<Vec<u8>> = seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect();
        let body = mutated(case, &seeds);
        let headers = [("authorization", &*key), ("content-type", kind), ("accept", "application/json")];
        let answer = world.send(method, path, &headers, &body).await;
        let shown = || {
            format!("case {case}: {method} {path}: {}\n{}", answer.shown(), String::from_utf8_lossy(&body))
        };
        assert!(answer.status < 500, "{}", shown());
        if answer.status >= 400 {
            assert_eq!(answer.header("content-type"), "application/problem+json", "{}", shown());
        }
        *answers.entry(answer.status).or_default() += 1;
        world.settle().await;
    }
    let told_no: u32 = answers.range(400..500).map(|(_, count)| count).sum();
    let told_yes: u32 = answers.range(200..300).map(|(_, count)| count).sum();
    assert!(told_no > 0 && told_yes > 0, "{answers:?}");
}
