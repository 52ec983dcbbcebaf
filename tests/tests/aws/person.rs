//! One person on the deployed stack: what their card costs, and that nothing is left once they are erased.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use flusso_engine::ids::ContactId;
use flusso_engine::time::Millis;
use flusso_engine::timeline::Entry;
use flusso_store::codec::row;
use flusso_store::keys::timeline::{self, Records, TimelineRow};
use flusso_store::packed;
use flusso_store::repository::Repository;
use flusso_store::table::{Table as _, When};
use serde_json::{Value, json};

use crate::counted::{asked, difference};
use crate::stack::{Stack, address};

/// What names her, and nobody else.
const NAMES: [&str; 3] = ["ottaviana", "3331112223", "bottega-di-ottaviana"];
/// Records of the timeline, in rows of so many.
const RECORDS: u64 = 10_000;
const IN_A_ROW: u64 = 10;

// KC-01
pub fn the_card_is_as_cheap_after_years(stack: &Stack) {
    stack.event("prova.carta", "carta-1", "Petra");
    let id = ContactId::new(stack.contact_id("Petra"));
    stack.settle();
    let path = format!("/v1/contacts/{id}/card");
    stack.api("GET", &path, "");
    let card = || {
        let before = asked(stack, &["contacts"]);
        let card = stack.api("GET", &path, "");
        (difference(asked(stack, &["contacts"]), &before), card)
    };
    let (young, _) = card();

    let table = Arc::new(stack.table());
    let repository = Repository::new(table.clone());
    let contact = stack.runtime.block_on(repository.contact(&id)).unwrap();
    let known = stack.runtime.block_on(repository.own_timeline(&contact, None, 1)).unwrap().items.remove(0);
    let rows = (1..=RECORDS / IN_A_ROW).map(|place| {
        let first = known.revision + place * IN_A_ROW;
        let again = |revision| Arc::new(Entry { revision, ..Entry::clone(&known) });
        let records = Records::Several((first..first + IN_A_ROW).map(again).collect());
        let last = first + IN_A_ROW - 1;
        (row::<TimelineRow>(timeline::key(&id, first), last, &records).unwrap(), When::Any)
    });
    let rows: Vec<_> = rows.collect();
    for rows in rows.chunks(100) {
        stack.runtime.block_on(table.put_all(rows.to_vec())).unwrap();
    }
    let (old, card) = card();
    assert_eq!(card["activity"]["items"].as_array().unwrap().len(), 50);
    println!("  {young:?}, and with {RECORDS} records {old:?}");
    assert_eq!(old, young, "requests, with {RECORDS} records and with one");
    let table = old["contacts"].iter().filter(|(name, _)| name.starts_with("DynamoDB."));
    let table: u64 = table.map(|(_, times)| times).sum();
    assert!(table <= 4, "{old:?}");
}

// KC-67 SEM-13
pub fn nothing_is_left_of_who_is_erased(stack: &Stack) {
    let [name, phone, browser] = NAMES;
    let her = address(name);
    stack.workflow("saluto", "workflow: saluto\nname: Saluto\nkind: service\ntriggers: [{ event: prova.saluto }]\nsteps:\n  - send email: { subject: 'Ciao {{ contact.first_name }}', body: Uno }\n  - wait: 10 days\n");
    let event = |id: &str, contact: Value| {
        let event = json!({ "type": "prova.saluto", "id": id, "contact": contact, "visitor": browser });
        stack.api("POST", "/v1/events", &event.to_string());
    };
    event("saluto-1", json!({ "email": her, "first_name": name }));
    stack.wait_for_mails(name, 1);
    let id = stack.contact_id(name);
    event("saluto-2", json!({ "phone": format!("+39{phone}"), "first_name": name }));
    let other = stack.until("the second card", || {
        let found = stack.api("GET", &format!("/v1/contacts?phone=%2B39{phone}"), "");
        found["items"][0]["id"].as_str().map(str::to_owned)
    });
    stack.settle();
    stack.api("POST", &format!("/v1/contacts/{id}/merge"), &json!({ "contact": other }).to_string());
    stack.api("POST", &format!("/v1/contacts/{id}/documents?name=nota.txt"), &format!("per {name}"));
    stack.api(
        "POST",
        &format!("/v1/contacts/{id}/notes"),
        &json!({ "text": format!("chiama {phone}") }).to_string(),
    );
    stack.settle();
    let before = traces(stack);
    let places = |part: &str| before.iter().filter(|trace| trace.contains(part)).count();
    assert!(
        places("con/") > 0 && places("contacts/") > 0,
        "what is looked for is there at first: {before:?}"
    );

    let job = stack.api("POST", &format!("/v1/contacts/{id}/erase"), "");
    let job = format!("/v1/jobs/{}", job["job"].as_str().unwrap());
    stack.until("the first time", || stack.api("GET", &job, "")["counts"]["records"].as_u64());
    // What is to be done later is a delayed message, which does not know that the clock was moved; the sweep does.
    stack.pass(Millis::minutes(16));
    let ended = stack.until("the second time", || {
        stack.sweep();
        let job = stack.api("GET", &job, "");
        (job["state"] == "done").then_some(job)
    });
    assert_eq!(ended["counts"]["files"], 1, "{ended}");
    let report = stack.api("GET", &format!("{job}/report"), "");
    assert_eq!(report["report"]["contacts"].as_array().unwrap().len(), 2, "{report}");
    stack.settle();
    assert_eq!(traces(stack), Vec::<String>::new());
}

/// Where in the table and in the bucket one of the names still stands.
fn traces(stack: &Stack) -> Vec<String> {
    let mut found = Vec::new();
    let mut look = |place: &str, bytes: &[u8]| {
        let text = format!("{place} {}", String::from_utf8_lossy(bytes)).to_lowercase();
        found.extend(
            NAMES.iter().filter(|name| text.contains(*name)).map(|name| format!("{name} in {place}")),
        );
    };
    let client = aws_sdk_dynamodb::Client::new(&stack.sdk);
    let mut from = None;
    loop {
        let scan =
            client.scan().table_name(&stack.config.table).consistent_read(true).set_exclusive_start_key(from);
        let page = stack.runtime.block_on(scan.send()).unwrap();
        for item in page.items() {
            let place = ["p", "s"].map(|part| item[part].as_s().unwrap().as_str()).join("|");
            for value in item.values() {
                match value {
                    AttributeValue::B(bytes) => {
                        look(&place, bytes.as_ref());
                        look(&place, &packed::unpack(bytes.as_ref()).unwrap_or_default());
                    }
                    other => look(&place, format!("{other:?}").as_bytes()),
                }
            }
        }
        from = page.last_evaluated_key;
        if from.is_none() {
            break;
        }
    }
    for file in stack.files() {
        look(&file, stack.file(&file).as_bytes());
    }
    found
}
