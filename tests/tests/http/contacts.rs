//! People: found, listed, shown with what happened to them.

use std::sync::Arc;

use expect_test::expect;
use flusso_app::demo;
use flusso_engine::contact::State;
use flusso_engine::ids::ContactId;
use flusso_store::codec;
use flusso_store::keys::state::{self, StateRow};
use flusso_store::table::When;
use serde_json::{Value, json};

use crate::world::World;

async fn with_anna() -> World {
    let world = World::new().await;
    world.submit("first_name=Anna&email=anna%40example.com&newsletter=on&submission_id=s1").await;
    world.settle().await;
    world
}

// CL-30
#[tokio::test]
async fn a_contact_shows_where_it_stands() {
    let world = with_anna().await;
    let id = world.only_contact().await;
    let contact = world.api("GET", &format!("/v1/contacts/{id}"), "").await;
    expect![[r#"
        200
        content-type: application/json
        {
          "changed_at": {
            "local": "2026-11-21 10:00:00 Europe/Rome",
            "utc": "2026-11-21T09:00:00Z"
          },
          "consents": [
            {
              "at": {
                "local": "2026-11-21 10:00:00 Europe/Rome",
                "utc": "2026-11-21T09:00:00Z"
              },
              "basis": "consent",
              "channel": "email",
              "purpose": "marketing",
              "source": "form:richiedi-guida-gratuita",
              "standing": "granted",
              "version": "2026-01"
            }
          ],
          "created_at": {
            "local": "2026-11-21 10:00:00 Europe/Rome",
            "utc": "2026-11-21T09:00:00Z"
          },
          "enrollments": [
            {
              "entered_at": {
                "local": "2026-11-21 10:00:00 Europe/Rome",
                "utc": "2026-11-21T09:00:00Z"
              },
              "id": "enr_9n9jsv3htmjmy6jbaj2r",
              "stands_still": false,
              "step": "wait-1",
              "until": {
                "local": "2026-11-22 10:00:00 Europe/Rome",
                "utc": "2026-11-22T09:00:00Z"
              },
              "version": "ver_f6nbz51s741ft17cttaxj17yz6",
              "waits_for": "instant",
              "workflow": "benvenuto-iscritti",
              "workflow_name": "Benvenuto Iscritti"
            }
          ],
          "fields": {
            "email": "anna@example.com",
            "first_name": "Anna",
            "source": "form"
          },
          "id": "con_hp9f03agjhcse1zvpmmt",
          "lists": [],
          "name": "Anna",
          "score": 0,
          "sends": [],
          "tags": [],
          "test": false
        }
    "#]]
    .assert_eq(&contact.shown());
    world.api("GET", "/v1/contacts/con_none", "").await.is_problem(404, "contact.unknown");
}

#[tokio::test]
async fn the_timeline_speaks_the_reader_s_language() {
    let world = with_anna().await;
    let path = format!("/v1/contacts/{}/timeline?limit=1", world.only_contact().await);
    let key = format!("Bearer {}", world.key);
    let mut last = Vec::new();
    for language in ["en", "it", "es"] {
        let headers = [("authorization", &*key), ("accept-language", language)];
        let page = world.send("GET", &path, &headers, b"").await.json();
        let lines = page["items"][0]["lines"].as_array().unwrap();
        last.extend(lines.iter().map(|line| format!("{} {}", line["code"], line["text"])));
    }
    expect![[r#"
        "sent" "Message sent"
        "waiting" "Waits until Sun 22 Nov 2026, 10:00:00"
        "sent" "Messaggio inviato"
        "waiting" "Aspetta fino a dom 22 nov 2026, 10:00:00"
        "sent" "Mensaje enviado"
        "waiting" "Espera hasta dom 22 nov 2026, 10:00:00"
    "#]]
    .assert_eq(&(last.join("\n") + "\n"));
}

#[tokio::test]
async fn the_timeline_comes_in_pages() {
    let world = with_anna().await;
    let path = format!("/v1/contacts/{}/timeline?limit=1", world.only_contact().await);
    let mut revisions = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let next = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = world.api("GET", &format!("{path}{next}"), "").await.json();
        let items = page["items"].as_array().unwrap();
        revisions.extend(items.iter().map(|entry| entry["revision"].as_u64().unwrap()));
        cursor = page["cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(revisions, [3, 2, 1]);
}

/// Changes what is stored of a contact behind the program's back.
async fn tamper(world: &World, id: &str, change: impl FnOnce(&mut State)) {
    let key = state::key(&ContactId::new(id));
    let row = world.table.get(std::slice::from_ref(&key)).await.unwrap().remove(0).unwrap();
    let mut state = codec::value::<StateRow>(&row).unwrap();
    change(&mut state);
    let row = codec::row::<StateRow>(key, row.revision, &state).unwrap();
    world.table.put_all(vec![(row, When::Any)]).await.unwrap();
}

#[tokio::test]
async fn a_replay_shows_whether_what_is_stored_follows_from_what_is_recorded() {
    let world = with_anna().await;
    let id = world.only_contact().await;
    let path = format!("/v1/contacts/{id}/replay");
    let replay = async || world.api("GET", &path, "").await.json();
    assert_eq!(replay().await, json!({"same": true, "reactions": 3, "parts": []}));
    tamper(&world, &id, |state| state.enrollments.clear()).await;
    assert_eq!(replay().await, json!({"same": false, "reactions": 3, "parts": ["state.enrollments"]}));
    tamper(&world, &id, |state| {
        let last = state.entries.last_mut().expect("it carries its last record");
        Arc::make_mut(last).lines.clear();
    })
    .await;
    let replay = replay().await;
    assert_eq!(replay["record"]["stored"]["lines"], json!([]));
    assert_eq!(replay["record"]["again"]["revision"], 3);
    assert_eq!(replay["record"]["again"]["lines"][0]["code"], "sent");
    world.api("GET", "/v1/contacts/con_none/replay", "").await.is_problem(404, "contact.unknown");
}

#[tokio::test]
async fn contacts_are_found_by_address_and_number() {
    let world = World::bare().await;
    let event = json!({"type": "order.completed", "contact": {"email": "anna@example.com", "phone": "+39 333 1234567"}});
    world.api("POST", "/v1/events", &event.to_string()).await;
    world.settle().await;
    let found = |answer: Value| answer["items"].as_array().unwrap().len();
    for (query, count) in [
        ("email=ANNA@example.com", 1),
        ("email=bea@example.com", 0),
        ("phone=%2B393331234567", 1),
        ("phone=+393331234567", 1),
        ("phone=%2B390000000", 0),
    ] {
        let answer = world.api("GET", &format!("/v1/contacts?{query}"), "").await;
        assert_eq!(found(answer.json()), count, "{query}");
    }
}

#[tokio::test]
async fn all_contacts_come_in_pages_each_once() {
    let world = World::bare().await;
    for n in 0..25 {
        world.submit(&format!("email=p{n}%40example.com")).await;
    }
    world.settle().await;
    let mut emails = Vec::new();
    let mut cursor: Option<String> = None;
    for _ in 0..30 {
        let next = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = world.api("GET", &format!("/v1/contacts?limit=4{next}"), "").await.json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 4);
        emails.extend(items.iter().map(|item| item["email"].as_str().unwrap().to_owned()));
        cursor = page["cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    emails.sort();
    emails.dedup();
    assert_eq!(emails.len(), 25);
    assert!(cursor.is_none());
}

#[tokio::test]
async fn a_workflow_counts_who_is_where() {
    let world = with_anna().await;
    let counts = world.api("GET", &format!("/v1/workflows/{}/counts", demo::WORKFLOW), "").await;
    // Counters follow the changes, which this platform does not hand on: the shape is what matters here.
    expect![[r#"
        200
        content-type: application/json
        {
          "cancelled": 0,
          "completed": 0,
          "entered": 0,
          "exited": 0,
          "failed": 0,
          "inside": 0,
          "steps": [
            {
              "counts": {},
              "step": "welcome"
            },
            {
              "counts": {},
              "step": "wait-1"
            },
            {
              "counts": {},
              "step": "followup"
            }
          ]
        }
    "#]]
    .assert_eq(&counts.shown());
}
