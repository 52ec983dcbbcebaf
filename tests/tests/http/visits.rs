//! Visits of browsers of which nobody knows yet whose they are (P13, CL-09).

use flusso_app::ports::Clock as _;
use flusso_engine::ids::{base32, digest};
use flusso_engine::time::Millis;
use serde_json::{Value, json};

use crate::world::World;

const BROWSER: &str = "b7c2f0e4a1d94c08";

fn visit(id: &str, page: &str) -> Value {
    let data = json!({"url": format!("https://shop.example/{page}")});
    json!({"id": id, "type": "page.visited", "visitor": BROWSER, "data": data})
}

async fn tell(world: &World, event: &Value) {
    let answer = world.api("POST", "/v1/events", &event.to_string()).await;
    assert_eq!(answer.status, 202, "{}", answer.shown());
    world.settle().await;
}

async fn count(world: &World) -> usize {
    let contacts = world.api("GET", "/v1/contacts", "").await.json();
    contacts["items"].as_array().unwrap().len()
}

/// What the timeline of a contact says of visits: their ids, and what became of it in workflows.
async fn visits(world: &World, contact: &str) -> Vec<String> {
    let mut said = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/contacts/{contact}/timeline?limit=100{cursor}");
        let page = world.api("GET", &path, "").await.json();
        for entry in page["items"].as_array().unwrap() {
            if entry["type"] == "page.visited" {
                let lines = entry["lines"].as_array().unwrap().iter();
                let lines: Vec<_> = lines.map(|line| line["text"].as_str().unwrap().to_owned()).collect();
                said.push(format!("{} {}", entry["id"].as_str().unwrap(), lines.join("; ")));
            }
        }
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    said.reverse();
    said
}

fn workflow(id: &str, more: &str) -> String {
    format!(
        "workflow: {id}\nname: {id}\ntriggers:\n  - page visited: {{ url starts with: https://shop.example/prices{more} }}\nsteps:\n  - add tag: {id}\n"
    )
}

/// CL-09: visits are attached when it is known whose they are, and fire only what asked for that.
#[tokio::test]
async fn visits_before_a_form_are_attached_without_firing() {
    let world = World::new().await;
    for (id, more) in [("eager", ", before known: yes"), ("calm", "")] {
        let answer = world.put_workflow(id, &workflow(id, more)).await;
        assert_eq!(answer.status, 200, "{}", answer.shown());
        let answer = world.api("POST", &format!("/v1/workflows/{id}/activate"), "").await;
        assert!(answer.status < 300, "{}", answer.shown());
    }
    tell(&world, &visit("v1", "prices")).await;
    world.pass(Millis::minutes(5)).await;
    tell(&world, &visit("v2", "about")).await;
    tell(&world, &visit("v2", "about")).await;
    assert_eq!(count(&world).await, 0, "a browser is no person");

    let body = format!("email=anna%40example.com&first_name=Anna&newsletter=on&visitor_id={BROWSER}");
    world.submit(&body).await;
    world.settle().await;
    let anna = world.only_contact().await;
    let said = visits(&world, &anna).await;
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("v1 ") && said[1].starts_with("v2 "), "{said:?}");
    let contact = world.api("GET", &format!("/v1/contacts/{anna}"), "").await.json();
    let tags: Vec<_> = contact["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str()).collect();
    assert!(tags.contains(&Some("eager")) && !tags.contains(&Some("calm")), "{tags:?}");
    assert!(!contact.to_string().contains("visitor_id"), "a hidden answer is no answer");

    // From now on the browser is Anna, and whatever is told again counts once.
    tell(&world, &visit("v1", "prices")).await;
    tell(&world, &visit("v3", "prices/2026")).await;
    assert_eq!(visits(&world, &anna).await.len(), 3);
    let contact = world.api("GET", &format!("/v1/contacts/{anna}"), "").await.json();
    assert!(contact["tags"].to_string().contains("calm"), "{contact}");
}

/// P13: at most the last 200, and none that is older than 30 days.
#[tokio::test]
async fn the_newest_visits_are_attached() {
    let world = World::new().await;
    tell(&world, &visit("old", "old")).await;
    world.pass(Millis::hours(31 * 24)).await;
    for number in 0..203 {
        world
            .api("POST", "/v1/events", &visit(&format!("v{number}"), &format!("p{number}")).to_string())
            .await;
        world.pass(Millis::seconds(1)).await;
    }
    world.settle().await;
    let known = json!({"type": "person.known", "visitor": BROWSER, "contact": {"email": "anna@example.com"}});
    tell(&world, &known).await;
    let anna = world.only_contact().await;
    let said = visits(&world, &anna).await;
    assert_eq!(said.len(), 200);
    assert!(said[0].starts_with("v3 ") && said[199].starts_with("v202 "), "{} {}", said[0], said[199]);
}

/// Two people with one browser: who says who they are is believed, and who does not is the first of them.
#[tokio::test]
async fn a_browser_of_two_people() {
    let world = World::new().await;
    let known =
        |email: &str| json!({"type": "person.known", "visitor": BROWSER, "contact": {"email": email}});
    tell(&world, &known("anna@example.com")).await;
    let anna = world.only_contact().await;
    tell(&world, &known("bruno@example.com")).await;
    assert_eq!(count(&world).await, 2);
    tell(&world, &visit("v1", "prices")).await;
    assert_eq!(visits(&world, &anna).await.len(), 1);
}

#[tokio::test]
async fn what_is_no_visit_names_a_person() {
    let world = World::bare().await;
    let order = json!({"type": "order.completed", "visitor": BROWSER, "data": {"total": 8}});
    world.api("POST", "/v1/events", &order.to_string()).await.is_problem(422, "contact.missing");
    let odd = json!({"type": "page.visited", "visitor": "no good", "data": {"url": "https://shop.example/"}});
    let problem = world.api("POST", "/v1/events", &odd.to_string()).await.is_problem(422, "event.visitor");
    assert_eq!(problem["errors"][0]["field"], "visitor", "{problem}");
}

/// Two visits in one delivery, of which the first can't be kept: the delivery comes again, and neither is lost.
#[tokio::test]
async fn a_visit_that_could_not_be_kept_comes_again() {
    let world = World::bare().await;
    let both = json!({ "events": [visit("v1", "prices"), visit("v2", "about")] });
    assert_eq!(world.api("POST", "/v1/events", &both.to_string()).await.status, 202);
    let mark = base32(&digest(&["mark", "api:shop", "v1"]), 12);
    let place = format!("{:015}/{mark}", world.platform.now().millis());
    world.platform.refuse(Some(&place));
    assert!(world.deliver_once().await.iter().all(Result::is_err), "it is not taken for done");
    world.platform.refuse(None);
    assert_eq!(world.api("POST", "/v1/events", &both.to_string()).await.status, 202, "what a queue does");
    world.settle().await;
    let known = json!({"type": "person.known", "visitor": BROWSER, "contact": {"email": "anna@example.com"}});
    tell(&world, &known).await;
    let anna = world.only_contact().await;
    assert_eq!(visits(&world, &anna).await.len(), 2);
}
