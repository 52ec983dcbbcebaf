//! Filters: who fulfils a condition, before it is saved as a smart list.

use serde_json::{Value, json};

use crate::world::World;

async fn people(world: &World, many: usize) {
    for some in (0..many).collect::<Vec<_>>().chunks(100) {
        let events: Vec<Value> = some
            .iter()
            .map(|n| {
                let city = if n % 3 == 0 { "Roma" } else { "Milano" };
                let contact = json!({ "email": format!("p{n:03}@example.com"), "city": city });
                json!({ "id": format!("new-{n}"), "type": "crm.synced", "contact": contact })
            })
            .collect();
        let posted = world.api("POST", "/v1/events", &json!({ "events": events }).to_string()).await;
        assert_eq!(posted.status, 202, "{}", posted.text);
    }
    world.settle().await;
}

async fn filter(world: &World, who: Value) -> Value {
    let answer = world.api("POST", "/v1/filters?limit=10", &json!({ "who": who }).to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn told(found: &Value) -> [u64; 3] {
    ["seen", "matches", "unknown"].map(|name| found[name].as_u64().unwrap())
}

/// KC-59, KC-62, KC-63, KC-65: a filter in the language of workflows is counted and shown before it is saved, with and, or
/// and not, by fields, tags and do not disturb; saved, it has the same members.
#[tokio::test]
async fn a_filter_is_counted_before_it_is_saved() {
    let world = World::bare().await;
    people(&world, 120).await;
    let roman = json!({ "field": { "city": "Roma" } });
    let found = filter(&world, roman.clone()).await;
    assert_eq!(told(&found), [120, 40, 0]);
    assert_eq!(found["items"].as_array().unwrap().len(), 10);
    assert_eq!(found["cursor"], Value::Null);
    assert_eq!(told(&filter(&world, json!({ "not": roman })).await), [120, 80, 0]);

    let first = found["items"][0]["id"].as_str().unwrap();
    let path = format!("/v1/contacts/{first}");
    world.api("PUT", &format!("{path}/tags/preventivo"), "").await;
    let dnd = json!({ "type": "dnd.blocked", "id": "d1", "contact": { "id": first }, "data": { "channel": "whatsapp" } });
    world.api("POST", "/v1/events", &dnd.to_string()).await;
    world.settle().await;
    let one = filter(&world, json!({ "tag": "preventivo" })).await;
    assert_eq!((told(&one), &one["items"][0]["id"]), ([120, 1, 0], &json!(first)));
    assert_eq!(told(&filter(&world, json!({ "do not disturb": { "whatsapp": "on" } })).await), [120, 1, 0]);
    let either = json!({ "any": [{ "tag": "preventivo" }, { "field": { "city": "Milano" } }] });
    assert_eq!(told(&filter(&world, either.clone()).await), [120, 81, 0]);

    let saved = json!({ "name": "Preventivi e Milano", "who": either });
    assert_eq!(world.api("PUT", "/v1/segments/misti", &saved.to_string()).await.status, 200);
    world.settle().await;
    let by_segment = filter(&world, json!({ "segment": "misti" })).await;
    assert_eq!(told(&by_segment), [120, 81, 0]);
}

/// KC-60: what is not counted yet nobody knows, and that is said; what can't be read is refused with its place.
#[tokio::test]
async fn a_filter_says_what_nobody_knows() {
    let world = World::bare().await;
    people(&world, 10).await;
    let often = json!({ "event": "page.visited", "at least": 3, "within": "30 days" });
    assert_eq!(told(&filter(&world, often).await), [10, 0, 10]);
    for (asked, code) in [
        (json!({ "who": { "citty of birth": 1 } }), "segment.problems"),
        (json!({ "who": { "segment": "none" } }), "segment.unknown"),
        (json!({}), "segment.problems"),
    ] {
        world.api("POST", "/v1/filters", &asked.to_string()).await.is_problem(422, code);
    }
    world
        .api("POST", "/v1/filters?cursor=zz", r#"{"who":{"tag":"a"}}"#)
        .await
        .is_problem(422, "cursor.unreadable");
}

/// KC-59, KC-60: what is asked of scores, of counted events and of messages is read too, though it is not of the profile.
#[tokio::test]
async fn a_filter_reads_what_it_asks_about() {
    let world = World::bare().await;
    let often = json!({ "event": "page.visited", "at least": 2, "within": "30 days" });
    let segment = json!({ "name": "Spesso", "who": often }).to_string();
    assert_eq!(world.api("PUT", "/v1/segments/spesso", &segment).await.status, 200);
    let scored = "workflow: scored\nname: Scored\nkind: internal\nreentry: always\ntriggers: [{ page visited: any }]\nsteps: [{ add score: 5 }, { wait: 3 days }]\n";
    assert!(world.put_workflow("scored", scored).await.status < 300);
    world.api("POST", "/v1/workflows/scored/activate", "{}").await;
    people(&world, 30).await;
    for id in ["v1", "v2"] {
        let visit = json!({ "id": id, "type": "page.visited", "contact": { "email": "p007@example.com" }, "data": { "url": "https://x.example/" } });
        assert_eq!(world.api("POST", "/v1/events", &visit.to_string()).await.status, 202);
        world.settle().await;
    }
    assert_eq!(told(&filter(&world, json!({ "score": { "at least": 5 } })).await), [30, 1, 0]);
    assert_eq!(told(&filter(&world, often).await), [30, 1, 0]);
    assert_eq!(told(&filter(&world, json!({ "segment": "spesso" })).await), [30, 1, 0]);
    let both = json!({ "segment": "spesso", "field": { "city": "Milano" } });
    assert_eq!(told(&filter(&world, both).await), [30, 1, 0]);
    let gone = world.api("GET", "/v1/contacts?email=p007@example.com", "").await.json();
    let other = world.api("GET", "/v1/contacts?email=p008@example.com", "").await.json();
    let (gone, other) =
        (gone["items"][0]["id"].clone(), other["items"][0]["id"].as_str().unwrap().to_owned());
    world.api("POST", &format!("/v1/contacts/{other}/merge"), &json!({ "contact": gone }).to_string()).await;
    assert_eq!(
        told(&filter(&world, json!({ "not": { "tag": "x" } })).await),
        [29, 29, 0],
        "who is merged is not there"
    );
}

/// KC-59: where there are more contacts than one call looks at, it says what a job costs that looks at all of them; the job
/// keeps whom it found.
#[tokio::test]
async fn a_filter_over_very_many_is_a_job() {
    let world = World::filtering(500).await;
    people(&world, 1_200).await;
    let who = json!({ "who": { "field": { "city": "Roma" } } }).to_string();
    let sample = world.api("POST", "/v1/filters?limit=5", &who).await.json();
    assert_eq!((&sample["seen"], sample["items"].as_array().unwrap().len()), (&json!(500), 5));
    let about = sample["by_job"]["contacts"].as_u64().unwrap();
    assert!((900..1_600).contains(&about), "{about}");
    let usd = sample["by_job"]["usd"].as_f64().unwrap();
    assert!(usd > 0.0 && usd < 0.01, "{usd}");
    // By hand it goes on, too, and adds up.
    let next = format!("/v1/filters?cursor={}", sample["cursor"].as_str().unwrap());
    let rest = world.api("POST", &next, &who).await.json();
    assert_eq!((&rest["seen"], &rest["by_job"]), (&json!(500), &Value::Null));

    let begun = world.api("POST", "/v1/filters/jobs", &who).await;
    assert_eq!(begun.status, 202, "{}", begun.text);
    let path = format!("/v1/filters/jobs/{}", begun.json()["job"].as_str().unwrap());
    world.settle().await;
    let found = world.api("GET", &format!("{path}?limit=100"), "").await.json();
    assert_eq!((&found["state"], told(&found)), (&json!("done"), [1_200, 400, 0]));
    let (mut all, mut cursor) = (found["items"].as_array().unwrap().clone(), found["cursor"].clone());
    while let Some(from) = cursor.as_str() {
        let page = world.api("GET", &format!("{path}?limit=100&cursor={from}"), "").await.json();
        all.extend(page["items"].as_array().unwrap().clone());
        cursor = page["cursor"].clone();
    }
    all.sort_by_key(|one| one["id"].as_str().unwrap().to_owned());
    all.dedup();
    assert_eq!(all.len(), 400);
    world.api("GET", "/v1/filters/jobs/job_none", "").await.is_problem(404, "job.unknown");
    let wrong = r#"{"who":{"citty of birth":1}}"#;
    world.api("POST", "/v1/filters/jobs", wrong).await.is_problem(422, "segment.problems");
    let long = json!({ "who": { "tag": "x".repeat(70_000) } }).to_string();
    world.api("POST", "/v1/filters/jobs", &long).await.is_problem(422, "filter.size");
}
