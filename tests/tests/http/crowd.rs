//! A wait that is shortened, then lengthened, under ten thousand people: nobody twice, nobody forgotten, no burst (SEM-1).

use expect_test::expect;
use flusso_engine::time::Millis;
use serde_json::{Value, json};

use crate::world::World;

const PEOPLE: u32 = 10_000;

fn tips(days: u32) -> String {
    format!(
        "workflow: tips\nname: Tips\nkind: service\nsettings: {{ lateness: 30 days }}\ntriggers: [{{ event: tips.wanted }}]\nsteps:\n  - {{ wait: {days} days, id: pause }}\n  - {{ send email: {{ subject: Tip, body: One }}, id: tip }}\n"
    )
}

async fn call(world: &World, path: &str, body: Value) -> Value {
    let answer = world.api("POST", path, &body.to_string()).await;
    assert!((200..300).contains(&answer.status), "{path}: {}", answer.text);
    answer.json()
}

async fn want(world: &World, numbers: std::ops::Range<u32>) {
    for some in numbers.collect::<Vec<_>>().chunks(100) {
        let events = some.iter().map(|n| {
            let contact = json!({ "email": format!("p{n}@example.com") });
            json!({ "id": format!("wants-{n}"), "type": "tips.wanted", "contact": contact })
        });
        call(world, "/v1/events", json!({ "events": events.collect::<Vec<_>>() })).await;
    }
    world.settle().await;
}

/// Saves the workflow with a wait of so many days, and has those inside go over; what the preview and the job counted.
async fn change(world: &World, days: u32) -> String {
    assert_eq!(world.put_workflow("tips", &tips(days)).await.status, 200);
    let how = json!({ "people": "migrate", "over": "5 hours" });
    let preview = call(world, "/v1/workflows/tips/preview", how.clone()).await;
    let begun = call(world, "/v1/workflows/tips/activate", how).await;
    world.settle().await;
    let id = begun["jobs"][0].as_str().unwrap();
    let job = world.api("GET", &format!("/v1/jobs/{id}"), "").await.json();
    assert_eq!((&job["state"], &job["failed"]), (&json!("done"), &json!(0)), "{job}");
    format!("{days} days: preview {}, applied {}\n", preview["counts"], job["counts"])
}

/// Lets hours pass; in how many minutes messages went, how many in all, and most in one minute.
async fn pass(world: &World, hours: i64) -> String {
    let (mut minutes, mut most) = (0, 0);
    let began = world.platform.mails().len();
    let mut before = began;
    for _ in 0..hours * 60 {
        world.pass(Millis::minutes(1)).await;
        let now = world.platform.mails().len();
        if now > before {
            (minutes, most) = (minutes + 1, most.max(now - before));
        }
        before = now;
    }
    // Which minute a person's turn falls into is theirs by hash: told to the nearest ten.
    format!(
        "{hours} hours: {} messages in {minutes} minutes, about {} in the fullest\n",
        before - began,
        most / 10 * 10
    )
}

#[tokio::test]
async fn a_wait_is_shortened_and_lengthened_under_ten_thousand_people() {
    let world = World::bare().await;
    assert_eq!(world.put_workflow("tips", &tips(10)).await.status, 200);
    call(&world, "/v1/workflows/tips/activate", json!({})).await;
    want(&world, 0..PEOPLE / 2).await;
    world.pass(Millis::hours(6 * 24)).await;
    want(&world, PEOPLE / 2..PEOPLE).await;
    let mut told = change(&world, 4).await;
    told += &pass(&world, 1).await;
    told += &pass(&world, 4).await;
    told += &pass(&world, 48).await;
    told += &change(&world, 12).await;
    told += &pass(&world, 7 * 24).await;
    told += &pass(&world, 4 * 24).await;
    expect![[r#"
        4 days: preview {"earlier":10000}, applied {"earlier":10000}
        1 hours: 978 messages in 60 minutes, about 20 in the fullest
        4 hours: 4022 messages in 240 minutes, about 20 in the fullest
        48 hours: 0 messages in 0 minutes, about 0 in the fullest
        12 days: preview {"later":5000}, applied {"later":5000}
        168 hours: 0 messages in 0 minutes, about 0 in the fullest
        96 hours: 5000 messages in 1 minutes, about 5000 in the fullest
    "#]]
    .assert_eq(&told);
    let mut to: Vec<String> = world.platform.mails().into_iter().map(|mail| mail.to).collect();
    to.sort();
    to.dedup();
    assert_eq!((world.platform.mails().len(), to.len()), (PEOPLE as usize, PEOPLE as usize));
}
