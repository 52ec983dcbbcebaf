//! Contacts that are one person, proofs of consent, who changed what, everything that is known, and nothing any more.

use std::collections::BTreeSet;

use flusso_app::ports::Clock as _;
use flusso_app::ports::queue::{Lane, Outgoing, QueueName};
use flusso_engine::time::Millis;
use flusso_store::keys::{CATALOGUE, Personal, state};
use flusso_store::table::{Act, When, Write};
use serde_json::{Value, json};

use crate::world::World;

async fn event(world: &World, id: &str, kind: &str, contact: Value) {
    let body = json!({ "id": id, "type": kind, "contact": contact }).to_string();
    let answer = world.api("POST", "/v1/events", &body).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    world.settle().await;
}

async fn found(world: &World, by: &str) -> Option<String> {
    let found = world.api("GET", &format!("/v1/contacts?{by}"), "").await.json();
    found["items"][0]["id"].as_str().map(str::to_owned)
}

/// Anna by her address, and by her number.
async fn twice_anna() -> (World, String, String) {
    let world = World::new().await;
    world.submit("first_name=Anna&email=anna%40example.com&newsletter=on&submission_id=s1").await;
    world.settle().await;
    event(&world, "e1", "call.taken", json!({ "phone": "+393331234567", "city": "Roma" })).await;
    let by_email = found(&world, "email=anna%40example.com").await.unwrap();
    let by_phone = found(&world, "phone=%2B393331234567").await.unwrap();
    assert_ne!(by_email, by_phone);
    (world, by_email, by_phone)
}

// KC-66
#[tokio::test]
async fn a_conflicting_match_is_listed_and_nothing_is_merged() {
    let (world, by_email, by_phone) = twice_anna().await;
    let both = json!({ "email": "anna@example.com", "phone": "+393331234567" });
    event(&world, "e2", "order.completed", both).await;
    let listed = world.api("GET", "/v1/duplicates", "").await.json();
    let pair = &listed["items"][0];
    assert_eq!(pair["contact"]["id"], by_email.as_str());
    assert_eq!(pair["other"]["id"], by_phone.as_str());
    assert_eq!(pair["by"], json!(["phone"]));
    let contact = world.api("GET", &format!("/v1/contacts/{by_email}"), "").await.json();
    assert!(contact["fields"]["phone"].is_null(), "what is another's is not taken: {contact}");

    let path = format!("/v1/duplicates/{by_email}/{by_phone}");
    assert_eq!(world.api("DELETE", &path, "").await.status, 204);
    assert_eq!(world.api("GET", "/v1/duplicates", "").await.json()["items"], json!([]));
    let unknown = format!("/v1/duplicates/{by_phone}/{by_email}");
    world.api("DELETE", &unknown, "").await.is_problem(404, "double.unknown");
}

// KC-56 KC-66
#[tokio::test]
async fn ids_of_other_systems_find_their_contact_in_the_order_that_the_account_says() {
    let world = World::new().await;
    let ids = |email: &str| json!({ "email": email, "external": { "shopify": "4711" } });
    event(&world, "e1", "order.completed", ids("anna@example.com")).await;
    event(&world, "e2", "order.completed", json!({ "external": { "shopify": "4711" } })).await;
    event(&world, "e3", "order.completed", json!({ "email": "carlo@example.com" })).await;
    let id = found(&world, "email=anna%40example.com").await.unwrap();
    let contact = world.api("GET", &format!("/v1/contacts/{id}"), "").await.json();
    assert_eq!(contact["external"], json!(["shopify:4711"]));
    let timeline = world.api("GET", &format!("/v1/contacts/{id}/timeline"), "").await.json();
    assert_eq!(timeline["items"].as_array().unwrap().len(), 2, "{timeline}");

    let mut account = world.api("GET", "/v1/account", "").await.json();
    assert_eq!(account["match_order"], json!(["external", "email", "phone"]));
    account["match_order"] = json!(["email", "email", "phone"]);
    let wrong = world.api("PUT", "/v1/account", &account.to_string()).await;
    wrong.is_problem(422, "account.match_order");
    account["match_order"] = json!(["email", "external", "phone"]);
    assert_eq!(world.api("PUT", "/v1/account", &account.to_string()).await.status, 200);
    event(&world, "e4", "order.completed", ids("carlo@example.com")).await;
    let carlo = found(&world, "email=carlo%40example.com").await.unwrap();
    let timeline = world.api("GET", &format!("/v1/contacts/{carlo}/timeline"), "").await.json();
    assert_eq!(timeline["items"].as_array().unwrap().len(), 2, "by the address now: {timeline}");
    let bad = json!({ "id": "e5", "type": "order.completed", "contact": { "external": { "Shop!": "1" } } });
    world.api("POST", "/v1/events", &bad.to_string()).await.is_problem(422, "contact.external");
}

// KC-68
#[tokio::test]
async fn deduplication_can_be_switched_off_and_that_is_listed() {
    let world = World::new().await;
    let mut account = world.api("GET", "/v1/account", "").await.json();
    account["duplicates"] = json!(true);
    world.api("PUT", "/v1/account", &account.to_string()).await;
    event(&world, "e1", "order.completed", json!({ "email": "family@example.com", "first_name": "Anna" }))
        .await;
    event(&world, "e2", "order.completed", json!({ "email": "family@example.com", "first_name": "Carlo" }))
        .await;
    let all = world.api("GET", "/v1/contacts", "").await.json();
    let all = all["items"].as_array().unwrap().clone();
    assert_eq!(all.len(), 2, "two people of one address");
    assert!(all.iter().all(|one| one["email"] == "family@example.com"), "{all:?}");
    let listed = world.api("GET", "/v1/duplicates", "").await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
}

// KC-67 KC-81 SEM-14
#[tokio::test]
async fn two_contacts_are_merged_and_parted_again() {
    let (world, stays, goes) = twice_anna().await;
    let merging = json!({ "contact": goes, "fields": [] }).to_string();
    let merged = world.api("POST", &format!("/v1/contacts/{stays}/merge"), &merging).await;
    assert_eq!(merged.status, 200, "{}", merged.text);
    let merged = merged.json();
    assert_eq!(merged["fields"]["phone"], "+393331234567");
    assert_eq!(merged["fields"]["city"], "Roma");
    assert_eq!(merged["merged"], json!([goes]));
    // Merging what is merged changes nothing; the old id and its number lead to the one that stayed.
    let again = world.api("POST", &format!("/v1/contacts/{stays}/merge"), &merging).await;
    assert_eq!(again.json(), merged);
    let old = world.api("GET", &format!("/v1/contacts/{goes}"), "").await.json();
    assert_eq!(old["id"], stays.as_str());
    assert_eq!(found(&world, "phone=%2B393331234567").await.as_deref(), Some(&*stays));
    assert_eq!(world.api("GET", "/v1/contacts", "").await.json()["items"].as_array().unwrap().len(), 1);
    // Both timelines, one after the other.
    let timeline = world.api("GET", &format!("/v1/contacts/{stays}/timeline?limit=3"), "").await.json();
    let cursor = timeline["cursor"].as_str().unwrap();
    let rest = world.api("GET", &format!("/v1/contacts/{stays}/timeline?cursor={cursor}"), "").await.json();
    let kinds: Vec<String> = [&timeline, &rest]
        .iter()
        .flat_map(|page| page["items"].as_array().unwrap().clone())
        .filter_map(|entry| entry["type"].as_str().map(str::to_owned))
        .collect();
    assert!(kinds.iter().any(|kind| kind == "call.taken"), "{kinds:?}");
    assert!(kinds.iter().any(|kind| kind == "form.submitted"), "{kinds:?}");

    // An opt-out since then stays with both.
    event(&world, "e9", "consent.withdrawn", json!({ "id": goes })).await;
    let parted = world.api("DELETE", &format!("/v1/contacts/{stays}/merge/{goes}"), "").await;
    assert_eq!(parted.status, 200, "{}", parted.text);
    let parted = parted.json();
    assert_eq!(parted["id"], goes.as_str());
    assert_eq!(parted["fields"]["phone"], "+393331234567");
    assert_eq!(parted["consents"][0]["standing"], "withdrawn");
    let left = world.api("GET", &format!("/v1/contacts/{stays}"), "").await.json();
    assert!(left["fields"]["phone"].is_null() && left["fields"]["city"].is_null(), "{left}");
    assert_eq!(left["consents"][0]["standing"], "withdrawn");
    assert_eq!(found(&world, "phone=%2B393331234567").await.as_deref(), Some(&*goes));
    world
        .api("DELETE", &format!("/v1/contacts/{stays}/merge/{goes}"), "")
        .await
        .is_problem(404, "merge.unknown");
    // What is recorded makes both of them once more.
    for id in [&stays, &goes] {
        let replay = world.api("GET", &format!("/v1/contacts/{id}/replay"), "").await.json();
        assert_eq!(replay["same"], true, "{replay}");
    }
    // After thirty days, it stays.
    world.api("POST", &format!("/v1/contacts/{stays}/merge"), &merging).await;
    world.platform.set(world.platform.now() + Millis::hours(31 * 24));
    let late = world.api("DELETE", &format!("/v1/contacts/{stays}/merge/{goes}"), "").await;
    late.is_problem(409, "merge.too_late");
}

// KC-67 SEM-14
#[tokio::test]
async fn of_two_passages_the_one_that_came_further_stays() {
    let world = World::new().await;
    world.submit("first_name=Anna&email=anna%40example.com&newsletter=on&submission_id=s1").await;
    world.settle().await;
    world.pass(Millis::hours(25)).await;
    world.submit("first_name=Anna&email=anna2%40example.com&newsletter=on&submission_id=s2").await;
    world.settle().await;
    let (first, second) = (
        found(&world, "email=anna%40example.com").await.unwrap(),
        found(&world, "email=anna2%40example.com").await.unwrap(),
    );
    let before = world.platform.mails().len();
    // The newer card stays; its own passage has only begun.
    let merging = json!({ "contact": first }).to_string();
    let merged = world.api("POST", &format!("/v1/contacts/{second}/merge"), &merging).await.json();
    assert!(merged["enrollments"].as_array().unwrap().len() <= 1, "{merged}");
    world.pass(Millis::hours(30)).await;
    let to: Vec<String> = world.platform.mails().into_iter().skip(before).map(|mail| mail.to).collect();
    assert!(to.len() <= 1, "nothing is sent twice: {to:?}");
    assert!(to.iter().all(|to| to == "anna2@example.com"), "the address of the one that stayed: {to:?}");
}

// KC-26 KC-28 SEM-13
#[tokio::test]
async fn consents_have_proofs_and_changes_have_authors() {
    let world = World::new().await;
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "application/json"),
        ("user-agent", "Mozilla/5.0 (Anna's)"),
    ];
    let body = b"first_name=Anna&email=anna%40example.com&newsletter=on&submission_id=s1";
    world.send("POST", crate::world::FORM, &headers, body).await;
    world.settle().await;
    let id = world.only_contact().await;
    let update = json!({ "fields": { "first_name": "Annarita" } }).to_string();
    world.api("PATCH", &format!("/v1/contacts/{id}"), &update).await;
    let consents = world.api("GET", &format!("/v1/contacts/{id}/consents"), "").await.json();
    let proof = &consents["history"][0];
    assert_eq!(proof["what"], "consent_given");
    assert_eq!(proof["source"], "form:richiedi-guida-gratuita");
    assert_eq!(proof["user_agent"], "Mozilla/5.0 (Anna's)");
    assert!(!proof["text"].as_str().unwrap().is_empty() && !proof["version"].as_str().unwrap().is_empty());
    assert_eq!(proof["digest"].as_str().unwrap().len(), 40);

    let audit = world.api("GET", &format!("/v1/contacts/{id}/audit"), "").await.json();
    let change = audit["items"].as_array().unwrap().iter().find(|one| one["code"] == "field_set").unwrap();
    assert_eq!(
        (&change["what"], &change["before"], &change["after"], &change["by"]),
        (&json!("first_name"), &json!("Anna"), &json!("Annarita"), &json!("api:shop"))
    );
    let export = world.api("GET", &format!("/v1/contacts/{id}/export"), "").await.json();
    assert_eq!(export["contact"]["profile"]["fields"]["email"]["v"], "anna@example.com");
    assert!(export["records"].as_array().unwrap().len() >= 2);
}

// KC-28
#[tokio::test]
async fn the_chain_holds_until_a_byte_is_changed() {
    let (world, id, _) = twice_anna().await;
    let verify = format!("/v1/contacts/{id}/audit/verify");
    let checked = world.api("GET", &verify, "").await.json();
    assert_eq!(checked["holds"], true, "{checked}");
    let all = world.api("GET", "/v1/audit/verify", "").await.json();
    assert_eq!((all["contacts"].as_u64(), all["broken"].as_array().map(Vec::len)), (Some(2), Some(0)));

    // Somebody who can write to the table changes what was recorded: any letter of any record.
    let key = state::key(&flusso_engine::ids::ContactId::new(id.as_str()));
    let row = world.table.get(std::slice::from_ref(&key)).await.unwrap().remove(0).unwrap();
    let text = String::from_utf8(row.body.clone()).unwrap();
    let stored: Value = serde_json::from_str(&text).unwrap();
    let records = stored["v"]["entries"].to_string();
    let from = text.find("\"entries\":[").expect("the records are in the row") + "\"entries\":".len();
    let letters = text[from..from + records.len()].char_indices();
    let letters = letters.filter(|(_, letter)| letter.is_ascii_alphanumeric());
    let mut tried = 0;
    for (at, letter) in letters.step_by(7) {
        let mut changed = text.clone().into_bytes();
        changed[from + at] = if letter == 'x' { b'y' } else { b'x' };
        let row = flusso_store::table::Row { body: changed, ..row.clone() };
        world.table.put_all(vec![(row, When::Any)]).await.unwrap();
        let answer = world.api("GET", &verify, "").await;
        // What can't be read any more is no proof either.
        assert!(answer.status != 200 || answer.json()["holds"] == false, "{at}: {}", answer.text);
        tried += 1;
    }
    assert!(tried > 20, "{tried}");
    let act = Act::Put(row);
    world.table.commit(vec![Write { act, when: When::Any }]).await.unwrap();
    assert_eq!(world.api("GET", &verify, "").await.json()["holds"], true);
}

// KC-47 KC-48 KC-49
#[tokio::test]
async fn a_contact_is_made_and_changed_by_hand() {
    let world = World::new().await;
    let anna = json!({ "fields": { "email": "anna@example.com", "first_name": "Anna", "city": "Roma" } });
    let made = world.api("POST", "/v1/contacts", &anna.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let twice = world.api("POST", "/v1/contacts", &anna.to_string()).await;
    let problem = twice.is_problem(409, "contact.exists");
    assert!(problem["detail"].as_str().unwrap().contains(&id), "{problem}");
    let bad = json!({ "fields": { "birth_date": "tomorrow" } }).to_string();
    let problem = world.api("POST", "/v1/contacts", &bad).await.is_problem(422, "field.value");
    assert_eq!(problem["errors"][0]["field"], "contact.birth_date", "{problem}");

    let change = json!({ "fields": { "city": null, "phone": "+393331234567" } }).to_string();
    let changed = world.api("PATCH", &format!("/v1/contacts/{id}"), &change).await.json();
    assert!(changed["fields"]["city"].is_null(), "{changed}");
    assert_eq!(changed["fields"]["phone"], "+393331234567");
    // Somebody who has no address yet.
    let carlo = json!({ "fields": { "first_name": "Carlo" } }).to_string();
    assert_eq!(world.api("POST", "/v1/contacts", &carlo).await.status, 201);
}

// SEM-13 SEM-14
#[tokio::test]
async fn an_erased_person_is_gone_with_those_merged_into_it() {
    let (world, stays, goes) = twice_anna().await;
    let mails = world.platform.mails().len();
    world.api("POST", &format!("/v1/contacts/{stays}/merge"), &json!({ "contact": goes }).to_string()).await;
    let begun = world.api("POST", &format!("/v1/contacts/{goes}/erase"), "").await;
    assert_eq!(begun.status, 202, "{}", begun.text);
    let job = begun.json()["job"].as_str().unwrap().to_owned();
    world.settle().await;
    world.api("GET", &format!("/v1/contacts/{stays}"), "").await.is_problem(410, "contact.erased");
    world.api("GET", &format!("/v1/contacts/{goes}/replay"), "").await.is_problem(410, "contact.erased");
    assert_eq!(found(&world, "email=anna%40example.com").await, None);
    world.api("GET", &format!("/v1/jobs/{job}/report"), "").await.is_problem(409, "erasure.unfinished");
    world.api("POST", &format!("/v1/jobs/{job}/cancel"), "").await.is_problem(409, "erasure.final");
    world.pass(Millis::minutes(16)).await;
    let report = world.api("GET", &format!("/v1/jobs/{job}/report"), "").await;
    assert_eq!(report.status, 200, "{}", report.text);
    let report = report.json();
    assert_eq!(report["report"]["contacts"].as_array().unwrap().len(), 2, "{report}");
    assert!(report["report"]["removed"]["records"].as_u64().unwrap() >= 3, "{report}");
    assert!(report["signature"].as_str().unwrap().contains('.'));
    // Nothing is left in any row.
    for row in world.rows.dump() {
        let text = String::from_utf8_lossy(&row.body).to_lowercase();
        for name in ["anna", "393331234567"] {
            assert!(!text.contains(name), "{name} is in {:?}: {text}", row.key);
        }
    }
    // Chains hold, counters stay as they were, and nothing more is sent.
    for id in [&stays, &goes] {
        let checked = world.api("GET", &format!("/v1/contacts/{id}/audit/verify"), "").await.json();
        assert_eq!(checked["holds"], true, "{checked}");
    }
    world.pass(Millis::hours(48)).await;
    assert_eq!(world.platform.mails().len(), mails);
    // What is said of the id since is not kept; the address is not written to for marketing, if it comes back.
    event(&world, "late", "order.completed", json!({ "id": stays, "city": "Torino" })).await;
    assert!(world.rows.dump().iter().all(|row| !String::from_utf8_lossy(&row.body).contains("Torino")));
    world.submit("first_name=Anna&email=anna%40example.com&newsletter=on&submission_id=s7").await;
    world.settle().await;
    assert_eq!(world.platform.mails().len(), mails, "only a confirmed opt-in lifts that");
}

/// The kinds of rows in which one of the names stands, by their prefix.
fn kinds_that_name(world: &World, names: &[&str]) -> BTreeSet<&'static str> {
    let rows = world.rows.dump();
    let named = rows.iter().filter(|row| {
        let text = String::from_utf8_lossy(&row.body).to_lowercase();
        names.iter().any(|name| text.contains(name) || row.key.sort.to_lowercase().contains(name))
    });
    let kind = |partition: &str| {
        let fits = CATALOGUE.iter().filter(|kind| partition.starts_with(kind.prefix));
        fits.max_by_key(|kind| kind.prefix.len()).unwrap_or_else(|| panic!("{partition} is of no kind"))
    };
    let kinds = named.map(|row| {
        let kind = kind(&row.key.partition);
        assert_ne!(
            kind.personal,
            Personal::No,
            "{:?} names somebody, and its kind says that it does not",
            row.key
        );
        kind.prefix
    });
    kinds.collect()
}

// SEM-13
#[tokio::test]
async fn each_kind_of_row_that_names_somebody_says_so_and_is_erased() {
    let (world, her, other) = twice_anna().await;
    let names = ["anna", "393331234567", "bottega-1"];
    // Everything that may name her: a pair, a visit, a task, a message that nobody can read.
    event(&world, "e2", "order.completed", json!({ "email": "anna@example.com", "phone": "+393331234567" }))
        .await;
    let visit = json!({ "id": "v1", "type": "page.visited", "visitor": "bottega-1", "data": { "url": "https://x.example/anna" } });
    world.api("POST", "/v1/events", &visit.to_string()).await;
    event(&world, "e3", "task.created", json!({ "id": her })).await;
    let broken = Outgoing {
        queue: QueueName::Events(Lane::Fast),
        body: "not an event, but it names anna@example.com".to_owned(),
        delay: Millis(0),
    };
    world.deliver(&broken, 1).await.unwrap();
    world.settle().await;
    let known = kinds_that_name(&world, &names);
    assert_eq!(known, BTreeSet::from(["con/", "dir/", "prk", "vis/", "wrd/"]));
    // The browser becomes hers with an event that names both; then she is erased, and her other card too.
    let both =
        json!({ "id": "e4", "type": "order.completed", "visitor": "bottega-1", "contact": { "id": her } });
    world.api("POST", "/v1/events", &both.to_string()).await;
    world.settle().await;
    for id in [&her, &other] {
        assert_eq!(world.api("POST", &format!("/v1/contacts/{id}/erase"), "").await.status, 202);
    }
    world.settle().await;
    // Until it was done twice, the jobs know by what to look.
    assert_eq!(kinds_that_name(&world, &names), BTreeSet::from(["job"]));
    world.pass(Millis::minutes(16)).await;
    assert_eq!(kinds_that_name(&world, &names), BTreeSet::new());
}
