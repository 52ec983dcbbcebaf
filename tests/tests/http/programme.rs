//! Points for what is paid, rewards for points, and conversions that are recorded by themselves.

use flusso_engine::time::Millis;
use serde_json::{Value, json};

use crate::world::{Answer, World};

async fn with(account: Value) -> (World, String) {
    let world = World::bare().await;
    let mut settings =
        json!({ "name": "Bottega", "zone": "Europe/Rome", "from": "Bottega <ciao@bottega.example>" });
    for (name, value) in account.as_object().unwrap() {
        settings[name] = value.clone();
    }
    let put = world.api("PUT", "/v1/account", &settings.to_string()).await;
    assert_eq!(put.status, 200, "{}", put.text);
    let event = json!({ "type": "crm.synced", "contact": { "email": "anna@example.com" } });
    world.api("POST", "/v1/events", &event.to_string()).await;
    world.settle().await;
    let anna = world.only_contact().await;
    (world, anna)
}

async fn keyed(world: &World, path: &str, key: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {}", world.key);
    let headers =
        [("authorization", &*bearer), ("content-type", "application/json"), ("idempotency-key", key)];
    world.send("POST", path, &headers, body.to_string().as_bytes()).await
}

async fn tell(world: &World, id: &str, kind: &str, data: Value) {
    let event = json!({ "id": id, "type": kind, "contact": { "email": "anna@example.com" }, "data": data });
    assert_eq!(world.api("POST", "/v1/events", &event.to_string()).await.status, 202);
    world.settle().await;
}

fn programme() -> Value {
    let earning = json!({ "by": "payment", "points": 1, "per": 100, "currency": "EUR", "valid_months": 12 });
    json!({ "loyalty": { "earning": earning, "rewards": { "caffe": { "name": "Un caffè", "points": 10 } } } })
}

/// SEM-11: a payment earns points once, a refund takes them back, and they end with the month.
#[tokio::test]
async fn payments_earn_points_and_refunds_take_them_back() {
    let (world, anna) = with(programme()).await;
    let points = async || {
        let card = world.api("GET", &format!("/v1/contacts/{anna}/loyalty"), "").await;
        card.json()["points"].clone()
    };
    world.api("GET", &format!("/v1/contacts/{anna}/loyalty"), "").await.is_problem(404, "card.unknown");
    for _ in 0..2 {
        tell(&world, "p1", "payment.completed", json!({ "amount": 1_250, "currency": "EUR" })).await;
        assert_eq!(points().await, 12, "the same payment counts once");
    }
    tell(&world, "p2", "payment.completed", json!({ "amount": 150 })).await;
    assert_eq!(points().await, 14, "what was left over counts");
    tell(&world, "p3", "payment.completed", json!({ "amount": 90_000, "currency": "USD" })).await;
    tell(&world, "o1", "order.completed", json!({ "amount": 90_000 })).await;
    assert_eq!(points().await, 14, "only payments in that currency");
    tell(&world, "r1", "payment.refunded", json!({ "amount": 1_250 })).await;
    assert_eq!(points().await, 1);
    tell(&world, "r2", "payment.refunded", json!({ "amount": 5_000 })).await;
    assert_eq!(points().await, 0, "no balance falls below zero");
    tell(&world, "p4", "payment.completed", json!({ "amount": 500 })).await;
    assert_eq!(points().await, 5);
    world.pass(Millis::hours(24 * 30)).await;
    assert_eq!(points().await, 5);
}

/// SEM-11: a reward costs points, once for each request, and only where there are enough.
#[tokio::test]
async fn a_reward_costs_points_once() {
    let (world, anna) = with(programme()).await;
    tell(&world, "p1", "payment.completed", json!({ "amount": 1_500 })).await;
    let path = format!("/v1/contacts/{anna}/loyalty/redeem");
    for _ in 0..2 {
        let card = keyed(&world, &path, "k1", &json!({ "reward": "caffe" })).await;
        assert_eq!(card.status, 201, "{}", card.text);
        assert_eq!(
            (&card.json()["points"], &card.json()["redeemed"][0]["reward"]),
            (&json!(5), &json!("caffe"))
        );
    }
    keyed(&world, &path, "k2", &json!({ "reward": "caffe" })).await.is_problem(409, "balance_too_low");
    keyed(&world, &path, "k3", &json!({ "reward": "auto" })).await.is_problem(404, "reward.unknown");
    tell(&world, "p2", "payment.completed", json!({ "amount": 1_500 })).await;
    let card = keyed(&world, &path, "k2", &json!({ "reward": "caffe" })).await.json();
    assert_eq!((&card["points"], card["redeemed"].as_array().unwrap().len()), (&json!(10), 2));
}

/// SEM-11: a card has a number, of its own or derived, and shows it as a QR code.
#[tokio::test]
async fn a_card_shows_its_number() {
    let (world, anna) = with(json!({})).await;
    let path = format!("/v1/contacts/{anna}/loyalty");
    world.api("GET", &format!("{path}/card.svg"), "").await.is_problem(404, "card.unknown");
    let card = world.api("POST", &path, "").await;
    assert_eq!(card.status, 201, "{}", card.text);
    let derived = card.json()["number"].as_str().unwrap().to_owned();
    assert_eq!(derived.len(), 13);
    let picture = world.api("GET", &format!("{path}/card.svg"), "").await;
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/svg+xml"));
    assert!(picture.text.starts_with("<svg ") && picture.text.ends_with("</svg>"));
    let given = world.api("POST", &path, r#"{"number": "77"}"#).await.json();
    assert_eq!(given["number"], "77");
    assert_ne!(world.api("GET", &format!("{path}/card.svg"), "").await.text, picture.text);
    let other = world.api("POST", &path, r#"{"number": "78"}"#).await.json();
    assert_eq!(other["number"], "77", "a number stays");
}

/// SEM-11: an order is a conversion by itself, once, worth what it says, and remembers the messages that led to it.
#[tokio::test]
async fn a_conversion_remembers_what_led_to_it() {
    let rules = json!({ "conversions": [
        { "conversion": "venduto", "order completed": { "product": "corso" }, "value": "amount", "within": "7 days" },
        { "conversion": "prezzi", "page visited": { "url starts with": "https://shop.example/prezzi" }, "value": 100 },
    ] });
    let (world, anna) = with(rules).await;
    let yaml = "workflow: novita\nkind: service\ntriggers: [{ event: a.b }]\nsteps: [{ id: prima, send email: { subject: Uno, body: x } }, { wait: 1 day }, { id: seconda, send email: { subject: Due, body: x } }]\n";
    assert!(world.put_workflow("novita", yaml).await.status < 300);
    assert!(world.api("POST", "/v1/workflows/novita/activate", "{}").await.status < 300);
    world.settle().await;
    tell(&world, "e1", "a.b", json!({})).await;
    world.pass(Millis::hours(25)).await;
    assert_eq!(world.subjects(), ["Uno", "Due"]);
    for _ in 0..2 {
        tell(&world, "o1", "order.completed", json!({ "product": "corso", "amount": 4_900 })).await;
    }
    tell(&world, "o2", "order.completed", json!({ "product": "libro", "amount": 900 })).await;
    tell(&world, "v1", "page.visited", json!({ "url": "https://shop.example/prezzi?x" })).await;
    let path = format!("/v1/contacts/{anna}/conversions");
    let of = async |name: &str| {
        let all = world.api("GET", &path, "").await.json();
        all["items"].as_array().unwrap().iter().find(|one| one["conversion"] == name).cloned().unwrap()
    };
    let sold = of("venduto").await;
    assert_eq!((&sold["count"], &sold["value"]), (&json!(1), &json!({ "EUR": 4_900 })));
    let led_by = &sold["led_by"];
    let led_by = (&led_by["workflow"], &led_by["step"], &led_by["clicked"]);
    assert_eq!(led_by, (&json!("novita"), &json!("seconda"), &json!(false)));
    assert_eq!(of("prezzi").await["value"], json!({ "EUR": 100 }));
    // Eight days later nothing of it is within seven days.
    world.pass(Millis::hours(8 * 24)).await;
    tell(&world, "o3", "order.completed", json!({ "product": "corso", "amount": 100 })).await;
    let sold = of("venduto").await;
    assert_eq!((&sold["count"], sold.get("led_by")), (&json!(2), None));
    for _ in 0..2 {
        let told = keyed(&world, &path, "k1", &json!({ "conversion": "a-voce", "value": 700 })).await;
        assert_eq!((told.status, &told.json()["count"]), (201, &json!(1)), "{}", told.text);
    }
}

/// SEM-11: what is wrong with the settings is said.
#[tokio::test]
async fn wrong_settings_are_refused() {
    let (world, _) = with(json!({})).await;
    let account = world.api("GET", "/v1/account", "").await.json();
    for (name, value, field) in [
        ("conversions", json!([{ "conversion": "a" }]), "conversions"),
        ("conversions", json!([{ "conversion": "a", "form": "x" }]), "conversions"),
        (
            "loyalty",
            json!({ "earning": { "by": "payment", "points": 0, "per": 100, "currency": "EUR" } }),
            "loyalty.earning.points",
        ),
        (
            "loyalty",
            json!({ "earning": { "by": "payment", "points": 1, "per": 100, "currency": "euro" } }),
            "loyalty.earning.currency",
        ),
        ("loyalty", json!({ "rewards": { "a": { "name": "", "points": 1 } } }), "loyalty.rewards.a"),
    ] {
        let mut account = account.clone();
        account[name] = value;
        let wrong = world.api("PUT", "/v1/account", &account.to_string()).await;
        assert_eq!(
            (wrong.status, &wrong.json()["errors"][0]["field"]),
            (422, &json!(field)),
            "{}",
            wrong.text
        );
    }
}
