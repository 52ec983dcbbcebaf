//! Statistics: what workflows counted, by step, by day and by person, and how they do.

use std::collections::BTreeMap;

use flusso_app::accept::EventDraft;
use flusso_engine::time::Millis;
use serde_json::{Map, Value, json};

use crate::world::World;

const LEADS: &str = "workflow: lead\nname: Lead\nkind: service\nreentry: always\ntriggers: [{ event: lead.came }]\n\
exit: [{ on: lead.lost, reason: lost }]\nsteps:\n  - { send email: { subject: Ciao, body: Uno }, id: hello }\n  \
- { wait: 3 days, id: pause }\n  - { send email: { subject: Ancora, body: Due }, id: again }\n";

async fn get(world: &World, path: &str) -> Value {
    let answer = world.api("GET", path, "").await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

async fn activate(world: &World, id: &str, yaml: &str) {
    let saved = world.put_workflow(id, yaml).await;
    assert!(saved.status < 300, "{}", saved.text);
    let answer = world.api("POST", &format!("/v1/workflows/{id}/activate"), "{}").await;
    assert!(answer.status < 300, "{}", answer.text);
    world.settle().await;
}

/// An event of each of these people.
async fn happens(world: &World, kind: &str, people: impl IntoIterator<Item = usize>, data: Value) {
    for n in people {
        let contact =
            json!({ "email": format!("p{n:02}@example.com"), "first_name": format!("Persona {n}") });
        let event = json!({ "type": kind, "contact": contact, "data": data });
        let posted = world.api("POST", "/v1/events", &event.to_string()).await;
        assert_eq!(posted.status, 202, "{}", posted.text);
    }
    world.settle().await;
}

/// What the provider says of the message with a subject to a person.
async fn told(world: &World, kind: &str, subject: &str, n: usize, data: Value) {
    let to = format!("p{n:02}@example.com");
    let mails = world.platform.mails();
    let mail = mails.iter().find(|mail| mail.to == to && mail.subject == subject).unwrap();
    let mut data: Map<String, Value> = data.as_object().unwrap().clone();
    data.insert("send".to_owned(), mail.send.clone().into());
    let id = Some(format!("{kind}-{}", serde_json::to_string(&data).unwrap()));
    let draft = EventDraft { id, kind: kind.to_owned(), data, ..EventDraft::default() };
    world.app.accept_feedback(vec![draft]).await.unwrap();
    world.settle().await;
}

fn step<'s>(statistics: &'s Value, id: &str) -> &'s Value {
    statistics["steps"].as_array().unwrap().iter().find(|step| step["step"] == id).unwrap()
}

/// The numbers of an object by these names.
fn numbers<const N: usize>(of: &Value, names: [&str; N]) -> [i64; N] {
    names.map(|name| of[name].as_i64().unwrap_or_else(|| panic!("{name}: {of}")))
}

/// Twelve people through a workflow with two messages; one leaves, one comes twice.
async fn through() -> World {
    let world = World::bare().await;
    activate(&world, "lead", LEADS).await;
    happens(&world, "lead.came", 0..12, json!({})).await;
    for n in 0..10 {
        told(&world, "email.delivered", "Ciao", n, json!({})).await;
        told(&world, "email.delivered", "Ciao", n, json!({ "again": true })).await;
    }
    told(&world, "email.bounced", "Ciao", 10, json!({ "type": "transient" })).await;
    for n in 0..4 {
        told(&world, "email.opened", "Ciao", n, json!({ "class": "human" })).await;
        told(&world, "email.opened", "Ciao", n, json!({ "class": "human", "again": true })).await;
    }
    for n in 3..6 {
        told(&world, "email.opened", "Ciao", n, json!({ "class": "unknown" })).await;
    }
    told(&world, "email.clicked", "Ciao", 0, json!({ "class": "human", "url": "https://example.com/" }))
        .await;
    told(&world, "email.clicked", "Ciao", 1, json!({ "class": "machine", "url": "https://example.com/" }))
        .await;
    told(&world, "email.replied", "Ciao", 2, json!({})).await;
    world.pass(Millis::hours(30)).await;
    happens(&world, "lead.lost", [11], json!({})).await;
    world.pass(Millis::hours(72)).await;
    happens(&world, "lead.came", [0], json!({})).await;
    world.count().await;
    world
}

/// KW-46, KW-47, KW-48, KW-49, KW-50, SH-62: a workflow's numbers as a whole, by version and by step.
#[tokio::test]
async fn a_workflow_tells_its_numbers() {
    let world = through().await;
    let all = get(&world, "/v1/statistics/lead").await;
    let passages = ["people", "entered", "inside", "completed", "exited", "failed", "cancelled"];
    assert_eq!(numbers(&all, passages), [12, 13, 1, 11, 1, 0, 0], "{all}");
    assert_eq!(all["exits"], json!({ "lost": 1 }));
    assert!((all["completion"].as_f64().unwrap() - 11.0 / 12.0).abs() < 1e-9, "{all}");
    let versions = all["versions"].as_array().unwrap();
    assert_eq!((versions.len(), numbers(&versions[0], passages)), (1, numbers(&all, passages)));

    let ids: Vec<&str> =
        all["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(ids, ["hello", "pause", "again"], "in the order of the document");
    let hello = step(&all, "hello");
    let of_messages = ["reached", "inside", "sent", "delivered", "opened", "opened_by_machine", "clicked"];
    assert_eq!(numbers(hello, of_messages), [13, 0, 13, 10, 4, 3, 1], "{hello}");
    assert_eq!(numbers(hello, ["clicked_by_machine", "replied", "bounced"]), [1, 1, 1], "{hello}");
    assert_eq!(hello["open_rate"], json!(0.4), "of those that arrived");
    assert_eq!(hello["unknown_share"], json!(0.3));
    assert_eq!(hello["click_rate"], json!(0.1));
    let pause = step(&all, "pause");
    assert_eq!(numbers(pause, ["reached", "inside", "exited", "late"]), [13, 1, 1, 0], "{pause}");
    assert_eq!(pause["took"], json!({ "half_seconds": 4 * 86_400, "most_seconds": 4 * 86_400 }));
    assert_eq!(numbers(step(&all, "again"), ["reached", "sent", "delivered"]), [11, 10, 0]);
    assert_eq!(step(&all, "again")["skipped"], json!({ "suppressed_bounce": 1 }));

    // KW-60: what it costs.
    let cost = all["cost"]["usd"].as_f64().unwrap();
    assert!((1e-5..0.1).contains(&cost), "{all}");
    assert!((all["cost"]["usd_a_person"].as_f64().unwrap() - cost / 13.0).abs() < 1e-12);
    assert!(hello["cost_usd"].as_f64() > pause["cost_usd"].as_f64());

    let version = versions[0]["version"].as_str().unwrap();
    let one = get(&world, &format!("/v1/statistics/lead?version={version}")).await;
    assert_eq!(numbers(&one, passages), numbers(&all, passages));
    world.api("GET", "/v1/statistics/lead?version=ver_none", "").await.is_problem(404, "version.unknown");
    world.api("GET", "/v1/statistics/none", "").await.is_problem(404, "workflow.unknown");
    world.api("GET", "/v1/statistics/lead?region=moon", "").await.is_problem(422, "region.unknown");
}

/// CL-29, CL-30, CL-31, CL-33: behind every number are its people, and the history is found by person, step, what happened
/// and when.
#[tokio::test]
async fn every_number_opens_its_people() {
    let world = through().await;
    let names = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|one| one["name"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let path = "/v1/statistics/lead/people";
    let mut opened = names(&get(&world, &format!("{path}?number=opened&step=hello")).await);
    opened.sort();
    assert_eq!(opened, ["Persona 0", "Persona 1", "Persona 2", "Persona 3"], "as many as the number says");
    assert_eq!(names(&get(&world, &format!("{path}?number=opened.")).await).len(), 3, "by machines");
    let replied = get(&world, &format!("{path}?number=replied")).await;
    assert_eq!(names(&replied), ["Persona 2"]);
    assert_eq!(replied["items"][0]["step"], "hello");
    let lost = get(&world, &format!("{path}?number=exited.lost")).await;
    assert_eq!(names(&lost), ["Persona 11"]);
    assert_eq!(names(&get(&world, &format!("{path}?number=exited&step=")).await), ["Persona 11"]);
    assert_eq!(names(&get(&world, &format!("{path}?number=skipped.")).await), ["Persona 10"]);

    // All pages together are as many as the number says, each once.
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(&world, &format!("{path}?number=entered&limit=4{cursor}")).await;
        all.extend(names(&page));
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(all.len(), 13);
    assert_eq!(all[0], "Persona 0", "the newest first");
    let of_one = lost["items"][0]["contact"].as_str().unwrap();
    let history = get(&world, &format!("{path}?contact={of_one}")).await;
    let said: Vec<&str> =
        history["items"].as_array().unwrap().iter().map(|one| one["number"].as_str().unwrap()).collect();
    for number in ["exited", "sent", "reached", "entered"] {
        assert!(said.contains(&number), "{number}: {history}");
    }
    let at = |by: i64| (flusso_app::ports::Clock::now(&*world.platform) - Millis::hours(by)).to_string();
    let late = get(&world, &format!("{path}?number=entered&from={}", at(1))).await;
    assert_eq!(names(&late), ["Persona 0"]);
    let early = get(&world, &format!("{path}?number=entered&to={}&limit=100", at(1))).await;
    assert_eq!(names(&early).len(), 12);
    world.api("GET", &format!("{path}?from=yesterday"), "").await.is_problem(422, "instant.unreadable");
    world.api("GET", &format!("{path}?cursor=x"), "").await.is_problem(422, "cursor.unreadable");
}

/// BL-19: the days add up to the numbers, each in the account's zone.
#[tokio::test]
async fn the_days_of_a_workflow_add_up_to_its_numbers() {
    let world = through().await;
    let days = get(&world, "/v1/statistics/lead/days").await;
    let days = days["days"].as_array().unwrap();
    assert_eq!(days.len(), 30);
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for day in days {
        for (name, n) in day["counts"].as_object().unwrap() {
            *sums.entry(name.clone()).or_default() += n.as_i64().unwrap();
        }
    }
    let all = get(&world, "/v1/statistics/lead").await;
    for name in ["entered", "completed", "exited"] {
        assert_eq!(sums[name], all[name].as_i64().unwrap(), "{name}: {sums:?}");
    }
    assert_eq!((sums["sent"], sums["delivered"], sums["opened"]), (23, 10, 4), "{sums:?}");
    let first = &days[25];
    assert_eq!((&first["day"], &first["counts"]["entered"]), (&json!("2026-11-21"), &json!(12)), "{days:?}");
    assert_eq!(days[29]["counts"]["entered"], 1, "{days:?}");
    let path = "/v1/statistics/lead/days?step=again&from=2026-11-24&to=2026-11-24";
    assert_eq!(get(&world, path).await["days"][0]["counts"]["sent"], 10);
    let path = "/v1/statistics/lead/days?from=";
    world.api("GET", &format!("{path}today"), "").await.is_problem(422, "day.unreadable");
    world.api("GET", &format!("{path}2020-01-01"), "").await.is_problem(422, "days.range");
    world.api("GET", &format!("{path}2027-01-01"), "").await.is_problem(422, "days.range");
}

/// KW-59: who is late, what went wrong, and what is not as it usually is; and one call looks at everybody inside.
#[tokio::test]
async fn a_workflow_that_stands_still_is_seen_and_repaired() {
    let world = World::bare().await;
    activate(&world, "lead", LEADS).await;
    happens(&world, "lead.came", 0..5, json!({})).await;
    world.count().await;
    let health = get(&world, "/v1/statistics").await;
    let lead = &health["items"][1];
    assert_eq!((&lead["workflow"], &lead["inside"]), (&json!("lead"), &json!(5)), "{health}");
    assert_eq!(numbers(lead, ["late", "stuck"]), [0, 0]);
    assert_eq!(numbers(&lead["week"], ["entered", "sent", "errors"]), [5, 5, 0]);
    assert_eq!(lead["alerts"], json!([]));

    // Nothing rings for three days and an hour.
    world.platform.set(flusso_app::ports::Clock::now(&*world.platform) + Millis::hours(73));
    let health = get(&world, "/v1/statistics").await;
    assert_eq!(health["complete"], false, "the sweep is far behind");
    for _ in 0..2 {
        world.app.sweep().await.unwrap();
    }
    world.platform.due_messages(flusso_app::ports::Clock::now(&*world.platform));
    let lead = get(&world, "/v1/statistics").await["items"][1].clone();
    assert_eq!(numbers(&lead, ["late", "stuck"]), [5, 5], "{lead}");
    assert_eq!(lead["oldest_due"]["utc"], "2026-11-24T09:00:00Z", "{lead}");
    let repaired = world.api("POST", "/v1/statistics/lead/repair", "").await;
    assert_eq!(repaired.status, 202, "{}", repaired.text);
    world.settle().await;
    world.count().await;
    let lead = get(&world, "/v1/statistics").await["items"][1].clone();
    assert_eq!(numbers(&lead, ["inside", "late", "stuck"]), [0, 0, 0], "{lead}");
    let again = get(&world, "/v1/statistics/lead").await;
    assert_eq!(step(&again, "again")["late"], 5, "it was more than a minute late: {again}");

    world.pass(Millis::hours(24 * 8)).await;
    let headers = [("authorization", &*format!("Bearer {}", world.key)), ("accept-language", "it")];
    let health = world.send("GET", "/v1/statistics", &headers, b"").await.json();
    let alert = json!([{ "code": "no_entries", "text": "Nessuno è entrato da 11 giorni" }]);
    assert_eq!(health["items"][1]["alerts"], alert, "{health}");
    let health = get(&world, "/v1/statistics?quiet_days=30").await;
    assert_eq!(health["items"][1]["alerts"], json!([]));
    world.api("GET", "/v1/statistics?quiet_days=0", "").await.is_problem(422, "quiet_days.range");
}

/// KW-48, BL-19: revenue of a workflow, of its steps and of the arms of a test, within the window; and the lift against those
/// who were sent nothing.
#[tokio::test]
async fn revenue_is_counted_where_it_came_from() {
    let world = World::bare().await;
    let rules = json!({ "name": "Bottega", "zone": "Europe/Rome", "from": "Bottega <ciao@bottega.example>", "conversions": [
        { "conversion": "comprato", "order completed": "any", "value": "amount", "within": "10 days" },
    ] });
    let put = world.api("PUT", "/v1/account", &rules.to_string()).await;
    assert!(put.status < 300, "{}", put.text);
    let test = "workflow: prova\nname: Prova\nkind: service\ntriggers: [{ event: lead.came }]\nsteps:\n  - split:\n      \
        test: sconto\n      judge by: order.completed\n      arms:\n        - 50%: [{ send email: { subject: Sconto, body: Dieci }, id: offer }]\n        \
        - 50%: []\n    id: arms\n";
    activate(&world, "prova", test).await;
    happens(&world, "lead.came", 0..40, json!({})).await;
    let mailed: Vec<usize> =
        world.platform.mails().iter().map(|mail| mail.to[1..3].parse().unwrap()).collect();
    let held: Vec<usize> = (0..40).filter(|n| !mailed.contains(n)).collect();
    assert!(mailed.len() > 10 && held.len() > 10);
    let order = |amount: i64| json!({ "amount": amount, "currency": "EUR" });
    happens(&world, "order.completed", mailed[..8].to_vec(), order(1_000)).await;
    happens(&world, "order.completed", held[..4].to_vec(), order(500)).await;
    world.pass(Millis::hours(24 * 11)).await;
    // Too late for the window.
    happens(&world, "order.completed", [mailed[9]], order(9_900)).await;
    world.count().await;

    let all = get(&world, "/v1/statistics/prova").await;
    assert_eq!((&all["converted"], &all["revenue"]), (&json!(8), &json!({ "EUR": 8_000 })), "{all}");
    let offer = step(&all, "offer");
    assert_eq!((&offer["converted"], &offer["revenue"]), (&json!(8), &json!({ "EUR": 8_000 })));
    let arms = step(&all, "arms")["arms"].as_array().unwrap();
    assert_eq!([&arms[0]["holdout"], &arms[1]["holdout"]], [&json!(false), &json!(true)]);
    assert_eq!(numbers(&arms[0], ["drawn", "converted"]), [i64::try_from(mailed.len()).unwrap(), 8]);
    assert_eq!(arms[1]["revenue"], json!({ "EUR": 2_000 }), "what those bring who were sent nothing");
    // Judged is whoever bought at all, within the window or not.
    #[expect(clippy::cast_precision_loss, reason = "a few people")]
    let lift = (9.0 / mailed.len() as f64) / (4.0 / held.len() as f64) - 1.0;
    assert!((arms[0]["lift"].as_f64().unwrap() - lift).abs() < 1e-9, "{all}");
}

/// What the counters say is what the timelines say, erased people and merged ones among them.
#[tokio::test]
async fn a_recount_agrees_with_the_counters() {
    let world = through().await;
    let id = |n: usize| {
        let world = &world;
        async move {
            let found = get(world, &format!("/v1/contacts?email=p{n:02}@example.com")).await;
            found["items"][0]["id"].as_str().unwrap().to_owned()
        }
    };
    let (one, other, erased) = (id(1).await, id(2).await, id(3).await);
    let merged = world
        .api("POST", &format!("/v1/contacts/{one}/merge"), &json!({ "contact": other }).to_string())
        .await;
    assert!(merged.status < 300, "{}", merged.text);
    let gone = world.api("POST", &format!("/v1/contacts/{erased}/erase"), "").await;
    assert!(gone.status < 300, "{}", gone.text);
    world.pass(Millis::hours(1)).await;
    world.count().await;

    let key = |one: &Value| {
        let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
        [text("version"), text("step"), text("number")]
    };
    let mut sums: BTreeMap<[String; 3], i64> = BTreeMap::new();
    let (mut path, mut contacts) = ("/v1/recount?limit=5".to_owned(), 0);
    loop {
        let page = get(&world, &path).await;
        assert_eq!(page["stuck"], json!([]));
        contacts += page["contacts"].as_u64().unwrap();
        for one in page["counts"].as_array().unwrap() {
            *sums.entry(key(one)).or_default() += one["count"].as_i64().unwrap();
        }
        match page["cursor"].as_str() {
            Some(cursor) => path = format!("/v1/recount?limit=5&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(contacts, 10, "of twelve, one was erased and one is another now");
    let counters = get(&world, "/v1/statistics/lead/counters").await;
    let kept: BTreeMap<[String; 3], i64> = counters["kept"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (key(one), one["count"].as_i64().unwrap()))
        .collect();
    sums.retain(|_, n| *n != 0);
    assert_ne!(sums, kept, "who was erased has no timeline any more");
    for one in counters["erased"].as_array().unwrap() {
        *sums.entry(key(one)).or_default() += one["count"].as_i64().unwrap();
    }
    sums.retain(|_, n| *n != 0);
    assert_eq!(sums, kept);
}
