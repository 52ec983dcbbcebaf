//! Contacts looked for by what somebody types.

use flusso_engine::ids::ContactId;
use flusso_store::keys::word;
use flusso_store::table::{List, When};
use serde_json::{Value, json};

use crate::world::World;

/// Names and addresses of people who are known.
const PEOPLE: [(&str, &str, &str, &str); 6] = [
    ("Nicolò", "D'Angelo", "nico@example.com", "+393331234567"),
    ("Anna", "Rossi", "anna.rossi@example.com", "+393339876543"),
    ("Annamaria", "Rossini", "am@rossini.example", "+442079460000"),
    ("Rossella", "Bianchi", "rossella@example.com", "+393470000001"),
    ("José", "Müller", "jm@example.org", "+34911234567"),
    ("Ольга", "Петрова", "olga@example.org", "+393330000002"),
];

async fn with_people() -> World {
    let world = World::bare().await;
    for (first, last, email, phone) in PEOPLE {
        let fields = json!({ "first_name": first, "last_name": last, "email": email, "phone": phone });
        let made = world.api("POST", "/v1/contacts", &json!({ "fields": fields }).to_string()).await;
        assert!(made.status < 300, "{}", made.text);
    }
    world
}

/// The addresses of whoever is found, in order, page by page.
async fn found(world: &World, query: &str, limit: usize) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let next = cursor.map(|cursor| format!("&cursor={}", encoded(&cursor))).unwrap_or_default();
        let path = format!("/v1/contacts?limit={limit}&{query}{next}");
        let page = world.api("GET", &path, "").await;
        assert_eq!(page.status, 200, "{path} {}", page.text);
        let page = page.json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        all.extend(items.iter().map(|one| one["email"].as_str().unwrap().to_owned()));
        match page["cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return all,
        }
    }
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| format!("{encoded}%{byte:02X}"))
}

async fn searched(world: &World, text: &str) -> Vec<String> {
    let query = format!("search={}", encoded(text));
    let all = found(world, &query, 50).await;
    assert_eq!(found(world, &query, 1).await, all, "page by page, nobody twice and nobody passed over");
    all
}

/// KC-59: by the beginnings of names, of addresses and of numbers as people type them, whatever the case and the accents.
#[tokio::test]
async fn whoever_is_typed_is_found() {
    let world = with_people().await;
    for (text, expected) in [
        ("ross", &["rossella@example.com", "anna.rossi@example.com", "am@rossini.example"][..]),
        ("rossi", &["anna.rossi@example.com", "am@rossini.example"]),
        ("ANNA ross", &["anna.rossi@example.com", "am@rossini.example"]),
        ("nicolo", &["nico@example.com"]),
        ("Nicolò d'ang", &["nico@example.com"]),
        ("d angelo", &["nico@example.com"]),
        ("muller jose", &["jm@example.org"]),
        ("ОЛЬ", &["olga@example.org"]),
        ("anna.r", &["anna.rossi@example.com"]),
        ("am@ross", &["am@rossini.example"]),
        ("333", &["olga@example.org", "nico@example.com", "anna.rossi@example.com"]),
        ("+39 333 98", &["anna.rossi@example.com"]),
        ("0044 20", &["am@rossini.example"]),
        ("bianchi anna", &[]),
        ("ssi", &[]),
    ] {
        assert_eq!(searched(&world, text).await, expected, "{text}");
    }
}

/// KC-59: anywhere in a word, among everybody.
#[tokio::test]
async fn whoever_has_it_in_the_midst_is_found() {
    let world = with_people().await;
    for (text, many) in
        [("ssi", 2), ("gelo", 1), ("EXAMPLE.COM", 3), ("4567", 2), ("9876", 1), ("ULLER", 1), ("xyz", 0)]
    {
        let query = format!("within=anywhere&search={text}");
        let all = found(&world, &query, 50).await;
        assert_eq!(all.len(), many, "{text}: {all:?}");
        assert_eq!(found(&world, &query, 1).await, all, "{text}");
    }
}

/// KC-59: who changes the name is found by the new one only; a row that was left is nobody's, and goes when it is met.
#[tokio::test]
async fn the_index_follows_the_contact() {
    let world = with_people().await;
    let anna = world.api("GET", "/v1/contacts?email=anna.rossi@example.com", "").await.json();
    let id = anna["items"][0]["id"].as_str().unwrap().to_owned();
    let written_at = || async {
        let rows = world.table.list(&List::all(word::partition("ro"), 100)).await.unwrap().rows;
        rows.into_iter().map(|row| (row.key.sort, row.revision)).collect::<Vec<_>>()
    };
    let before = written_at().await;
    world.api("PUT", &format!("/v1/contacts/{id}/tags/vip"), "").await;
    assert_eq!(written_at().await, before, "a tag writes no word");
    let married = json!({ "fields": { "last_name": "Verdi" } }).to_string();
    world.api("PATCH", &format!("/v1/contacts/{id}"), &married).await;
    assert_eq!(searched(&world, "verdi").await, ["anna.rossi@example.com"]);
    assert_eq!(searched(&world, "rossi").await, ["am@rossini.example"]);

    let contact = ContactId::new(id.as_str());
    let stale = flusso_store::codec::row::<word::WordRow>(word::key("rossi", &contact), 1, &word::Called {});
    world.table.put_all(vec![(stale.unwrap(), When::Any)]).await.unwrap();
    assert_eq!(searched(&world, "rossi").await, ["am@rossini.example"]);
    let left = world.table.list(&List::all(word::partition("ro"), 100)).await.unwrap();
    assert!(!left.rows.iter().any(|row| row.key == word::key("rossi", &contact)));
}

/// KC-59: who was there before the index is found after the first search, which has a job put what is missing.
#[tokio::test]
async fn who_was_there_before_the_index_is_found() {
    let world = with_people().await;
    for letters in ["an", "ro", "am"] {
        let list = List::all(word::partition(letters), 100);
        let rows = world.table.list(&list).await.unwrap().rows;
        world.table.remove_all(rows.into_iter().map(|row| (row.key, When::Any)).collect()).await.unwrap();
    }
    assert_eq!(searched(&world, "rossini").await, Vec::<String>::new());
    world.settle().await;
    assert_eq!(searched(&world, "rossini").await, ["am@rossini.example"]);
    let jobs = world.api("GET", "/v1/jobs", "").await.json();
    assert_eq!((&jobs["items"][0]["kind"], jobs["items"].as_array().unwrap().len()), (&json!("index"), 1));
    assert_eq!(jobs["items"][0]["counts"], json!({ "changed": 4, "unchanged": 2 }));
}

/// KC-59: whoever is erased is found by no name that they ever had.
#[tokio::test]
async fn whoever_is_erased_is_not_found() {
    let world = with_people().await;
    let jose = world.api("GET", "/v1/contacts?search=jose", "").await.json();
    let path = format!("/v1/contacts/{}", jose["items"][0]["id"].as_str().unwrap());
    world.api("PATCH", &path, &json!({ "fields": { "last_name": "Neumann" } }).to_string()).await;
    let contact = ContactId::new(path.rsplit('/').next().unwrap());
    let stale = flusso_store::codec::row::<word::WordRow>(word::key("muller", &contact), 1, &word::Called {});
    world.table.put_all(vec![(stale.unwrap(), When::Any)]).await.unwrap();
    assert_eq!(world.api("POST", &format!("{path}/erase"), "").await.status, 202);
    world.settle().await;
    for letters in ["jo", "ne", "mu", "jm", "34"] {
        let left = world.table.list(&List::all(word::partition(letters), 100)).await.unwrap();
        assert!(!left.rows.iter().any(|row| row.key.sort.ends_with(contact.as_str())), "{letters}");
    }
}

/// KC-59: what can't be searched for is refused with a reason.
#[tokio::test]
async fn what_is_no_search_is_refused() {
    let world = with_people().await;
    let long = format!("search={}", "a".repeat(101));
    for (query, code) in [
        ("search=a", "search.short"),
        ("search=%27%27", "search.short"),
        ("search=", "search.short"),
        ("search=anna&email=a@example.com", "search.twice"),
        ("search=anna&within=nowhere", "query.unreadable"),
        ("search=anna&cursor=zz", "cursor.unreadable"),
        ("search=anna&within=anywhere&cursor=z", "cursor.unreadable"),
        (&long, "search.long"),
    ] {
        world.api("GET", &format!("/v1/contacts?{query}"), "").await.is_problem(422, code);
    }
    let none: Value = world.api("GET", "/v1/contacts?search=anna&cursor=7.anna", "").await.json();
    assert_eq!(none["items"], json!([]));
}
