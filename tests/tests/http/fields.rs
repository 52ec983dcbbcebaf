//! What an account defines of its contacts' fields, and how values are read by it.

use serde_json::{Value, json};

use crate::world::World;

async fn define(world: &World, key: &str, field: &Value) {
    let answer = world.api("PUT", &format!("/v1/fields/{key}"), &field.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// One field of each kind, called as its kind.
async fn one_of_each(world: &World) {
    let options = json!([{ "value": "web", "label": "Web" }, { "value": "shop", "label": "Shop" }]);
    for kind in ["text", "number", "money", "date", "yes_no", "phone", "url", "file"] {
        define(world, &format!("my_{kind}"), &json!({ "label": kind, "kind": kind })).await;
    }
    for kind in ["choice", "multi_choice"] {
        define(world, &format!("my_{kind}"), &json!({ "label": kind, "kind": kind, "options": options }))
            .await;
    }
}

async fn tell(world: &World, fields: &Value) -> crate::world::Answer {
    let mut contact = json!({ "email": "anna@example.com" });
    contact.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let event = json!({ "type": "person.told", "contact": contact });
    world.api("POST", "/v1/events", &event.to_string()).await
}

async fn contact(world: &World) -> Value {
    world.settle().await;
    let id = world.only_contact().await;
    world.api("GET", &format!("/v1/contacts/{id}"), "").await.json()
}

fn ids(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect()
}

/// KC-06, KC-07: an account begins with the folder `general`, which has the base fields and stays.
#[tokio::test]
async fn the_base_fields_stand_in_the_general_folder() {
    let world = World::bare().await;
    let folders = world.api("GET", "/v1/folders", "").await.json();
    assert_eq!(ids(&folders), ["general"]);
    let general = folders["items"][0]["fields"].as_array().unwrap();
    for base in ["first_name", "last_name", "email", "phone", "birth_date", "source", "status", "lifecycle"] {
        assert!(general.contains(&json!(base)), "{base}");
    }
    let email = world.api("GET", "/v1/fields/email", "").await.json();
    assert_eq!((&email["standard"], &email["kind"]), (&json!(true), &json!("email")));
    world.api("DELETE", "/v1/folders/general", "").await.is_problem(409, "folder.general");
    world.api("DELETE", "/v1/fields/email", "").await.is_problem(409, "field.standard");
    let field = json!({ "label": "E", "kind": "text" }).to_string();
    world.api("PUT", "/v1/fields/email", &field).await.is_problem(422, "field.standard");
    world.api("GET", "/v1/fields/city", "").await.is_problem(404, "field.unknown");
}

/// KC-08, KC-10: a field is defined, renamed and given options; its kind stays.
#[tokio::test]
async fn a_field_keeps_its_kind() {
    let world = World::bare().await;
    let choice = |label: &str, values: &[&str]| {
        let options: Vec<Value> =
            values.iter().map(|value| json!({ "value": value, "label": value })).collect();
        json!({ "label": label, "kind": "choice", "options": options, "description": "What they want" })
    };
    define(&world, "service", &choice("Service", &["web"])).await;
    define(&world, "service", &choice("Service of interest", &["web", "shop"])).await;
    let field = world.api("GET", "/v1/fields/service", "").await.json();
    assert_eq!(field["label"], "Service of interest");
    assert_eq!(field["options"][1]["value"], "shop");
    assert_eq!((&field["folder"], &field["uses"]), (&json!("general"), &json!([])));
    let other = json!({ "label": "Service", "kind": "text" }).to_string();
    world.api("PUT", "/v1/fields/service", &other).await.is_problem(409, "field.kind");
    define(&world, "budget", &json!({ "label": "Budget", "kind": "money" })).await;
    let budget = world.api("GET", "/v1/fields/budget", "").await.json();
    assert_eq!(budget["currency"], "EUR", "the account's");
    define(&world, "budget", &json!({ "label": "Budget", "kind": "money", "currency": "chf" })).await;
    assert_eq!(world.api("GET", "/v1/fields/budget", "").await.json()["currency"], "CHF");
    for (field, wrong) in [
        (json!({ "label": "X", "kind": "choice" }), "options"),
        (json!({ "label": "X", "kind": "text", "options": [{ "value": "a", "label": "A" }] }), "options"),
        (json!({ "label": "X", "kind": "email" }), "kind"),
        (json!({ "label": " ", "kind": "text" }), "label"),
        (json!({ "label": "X", "kind": "text", "currency": "EUR" }), "currency"),
        (json!({ "label": "X", "kind": "money", "currency": "euro" }), "currency"),
        (json!({ "label": "X", "kind": "text", "folder": "sales" }), "folder"),
        (choice("X", &["a", "a"]), "options[1].value"),
    ] {
        let answer = world.api("PUT", "/v1/fields/x", &field.to_string()).await;
        assert_eq!(answer.status, 422, "{field}");
        assert_eq!(answer.json()["errors"][0]["field"], wrong, "{field}");
    }
    let text = json!({ "label": "X", "kind": "text" }).to_string();
    world.api("PUT", "/v1/fields/Big", &text).await.is_problem(422, "field.name");
}

/// KC-09, KC-11, KC-77, KC-86: folders in the four sections, in the account's order; a field is in exactly one.
#[tokio::test]
async fn fields_stand_in_folders_in_order() {
    let world = World::bare().await;
    let folder = |label: &str, section: &str| json!({ "label": label, "section": section }).to_string();
    for (id, section) in [("consents", "privacy"), ("sales", "additional"), ("visits", "analytics")] {
        assert_eq!(world.api("PUT", &format!("/v1/folders/{id}"), &folder(id, section)).await.status, 200);
    }
    for key in ["city", "budget", "service"] {
        define(&world, key, &json!({ "label": key, "kind": "text", "folder": "sales" })).await;
    }
    let all = json!({ "folders": [
        { "id": "sales", "label": "Sales", "section": "additional", "fields": ["service", "status", "budget"] },
        { "id": "general", "label": "Base", "section": "general", "fields": ["last_name", "first_name"] },
        { "id": "visits", "label": "Visits", "section": "analytics" },
    ]});
    let folders = world.api("PUT", "/v1/folders", &all.to_string()).await.json();
    assert_eq!(ids(&folders), ["sales", "general", "visits"], "a folder that is not named is gone");
    assert_eq!(folders["items"][0]["fields"], json!(["service", "status", "budget", "city"]));
    assert_eq!(folders["items"][1]["fields"][0], "last_name");
    assert_eq!(folders["items"][2]["section"], "analytics");
    let fields = world.api("GET", "/v1/fields", "").await.json();
    let keys: Vec<&Value> = fields["items"].as_array().unwrap().iter().map(|field| &field["key"]).collect();
    assert_eq!(keys[..6], ["service", "status", "budget", "city", "last_name", "first_name"]);

    // A field that is put into a folder leaves its own.
    define(&world, "city", &json!({ "label": "City", "kind": "text", "folder": "visits" })).await;
    let moved =
        json!({ "label": "Visits", "section": "analytics", "fields": ["source", "city"] }).to_string();
    assert_eq!(
        world.api("PUT", "/v1/folders/visits", &moved).await.json()["fields"],
        json!(["source", "city"])
    );
    assert_eq!(world.api("DELETE", "/v1/folders/visits", "").await.status, 204);
    assert_eq!(world.api("GET", "/v1/fields/city", "").await.json()["folder"], "general");
    world.api("DELETE", "/v1/folders/visits", "").await.is_problem(404, "folder.unknown");

    let wrong = |folders: Value| json!({ "folders": folders }).to_string();
    let general =
        json!({ "id": "general", "label": "G", "section": "general", "fields": ["email", "email"] });
    let none = json!({ "id": "sales", "label": "S", "section": "additional" });
    let unknown = json!({ "id": "general", "label": "G", "section": "general", "fields": ["gone"] });
    for (folders, code) in [
        (json!([general]), "folder.twice"),
        (json!([none]), "folder.general"),
        (json!([unknown]), "field.unknown"),
        (json!([none, none, { "id": "general", "label": "G", "section": "general" }]), "folder.id"),
    ] {
        world.api("PUT", "/v1/folders", &wrong(folders)).await.is_problem(422, code);
    }
}

/// KC-01, KC-05, KC-11: the card has the four sections in order, each with its folders and what stands in their fields.
#[tokio::test]
async fn the_card_shows_fields_by_section_and_folder() {
    let world = World::bare().await;
    let folder = json!({ "label": "Sales", "section": "additional" }).to_string();
    world.api("PUT", "/v1/folders/sales", &folder).await;
    define(&world, "city", &json!({ "label": "City", "kind": "text", "folder": "sales" })).await;
    define(&world, "people", &json!({ "label": "People", "kind": "number", "folder": "sales" })).await;
    assert_eq!(tell(&world, &json!({ "city": "Lucca" })).await.status, 202);
    let id = contact(&world).await["id"].as_str().unwrap().to_owned();
    let card = world.api("GET", &format!("/v1/contacts/{id}/card"), "").await.json();
    let sections: Vec<&Value> = card["sections"].as_array().unwrap().iter().collect();
    let names: Vec<&str> = sections.iter().map(|one| one["section"].as_str().unwrap()).collect();
    assert_eq!(names, ["general", "privacy", "additional", "analytics"]);
    assert_eq!(
        sections[2]["folders"],
        json!([{ "id": "sales", "label": "Sales", "fields": [
            { "key": "city", "label": "City", "kind": "text", "value": "Lucca" },
            { "key": "people", "label": "People", "kind": "number", "value": null },
        ]}])
    );
    let base = sections[0]["folders"][0]["fields"].as_array().unwrap();
    let email = base.iter().find(|field| field["key"] == "email").unwrap();
    assert_eq!((&email["value"], &email["label"]), (&json!("anna@example.com"), &Value::Null));
}

/// KC-08: each kind takes its values from programs, and what does not fit is refused with its field.
#[tokio::test]
async fn values_are_read_by_their_kind() {
    let world = World::bare().await;
    one_of_each(&world).await;
    let told = json!({
        "my_text": "Roma", "my_number": "3.5", "my_money": 125_000, "my_date": "2026-11-21", "my_yes_no": "yes",
        "my_phone": "06 6982 1234", "my_url": "https://shop.example/a", "my_file": "https://shop.example/a.pdf",
        "my_choice": "web", "my_multi_choice": ["shop", "web"], "anything": ["as", "before"],
    });
    assert_eq!(tell(&world, &told).await.status, 202);
    let fields = contact(&world).await["fields"].clone();
    for (key, kept) in [
        ("my_number", json!(3.5)),
        ("my_money", json!(125_000)),
        ("my_date", json!("2026-11-21")),
        ("my_yes_no", json!(true)),
        ("my_phone", json!("+390669821234")),
        ("my_choice", json!("web")),
        ("my_multi_choice", json!(["web", "shop"])),
        ("anything", json!(["as", "before"])),
    ] {
        assert_eq!(fields[key], kept, "{key}");
    }
    for (key, value) in [
        ("my_text", json!(["a"])),
        ("my_number", json!("3,5")),
        ("my_money", json!(12.5)),
        ("my_date", json!("21/11/2026")),
        ("my_yes_no", json!("perhaps")),
        ("my_phone", json!("call me")),
        ("my_url", json!("shop.example")),
        ("my_file", json!("a.pdf")),
        ("my_choice", json!("tv")),
        ("my_multi_choice", json!(["web", "tv"])),
    ] {
        let answer = tell(&world, &json!({ key: value })).await;
        let problem = answer.is_problem(422, "field.value");
        assert_eq!(problem["errors"][0]["field"], format!("contact.{key}"), "{problem}");
    }
}

/// KC-08: a form's answers are read by the kinds of the fields that they fill.
#[tokio::test]
async fn a_form_s_answers_are_read_by_their_kind() {
    let world = World::bare().await;
    one_of_each(&world).await;
    let form = json!({ "name": "Ask", "fields": [
        { "name": "mail", "to": "email", "required": true },
        { "name": "when", "to": "my_date" },
        { "name": "likes", "to": "my_multi_choice" },
        { "name": "news", "to": "my_yes_no" },
    ]});
    assert_eq!(world.api("PUT", "/v1/forms/ask", &form.to_string()).await.status, 200);
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")];
    let good = b"mail=anna%40example.com&when=2026-12-24&likes=shop&likes=web&news=on";
    assert_eq!(world.send("POST", "/f/ask", &headers, good).await.status, 202);
    let fields = contact(&world).await["fields"].clone();
    assert_eq!(
        (&fields["my_date"], &fields["my_multi_choice"], &fields["my_yes_no"]),
        (&json!("2026-12-24"), &json!(["web", "shop"]), &json!(true))
    );
    let bad = world.send("POST", "/f/ask", &headers, b"mail=anna%40example.com&when=domani").await;
    assert_eq!(bad.is_problem(422, "field.value")["errors"][0]["field"], "when");
}

/// KC-10, KC-77: a field that something names can't be deleted, and it is said by what; then it can.
#[tokio::test]
async fn a_field_in_use_stays() {
    let world = World::bare().await;
    define(&world, "city", &json!({ "label": "City", "kind": "text" })).await;
    define(&world, "idle", &json!({ "label": "Idle", "kind": "text" })).await;
    let form = json!({ "name": "F", "fields": [
        { "name": "email", "to": "email" }, { "name": "town", "to": "city" },
    ]});
    world.api("PUT", "/v1/forms/ask", &form.to_string()).await;
    let template = json!({ "subject": "Hello", "text": "How is {{ contact.city | default('it') }}?" });
    world.api("PUT", "/v1/templates/hello", &template.to_string()).await;
    let segment = b"name: Romans\nwho: { city: Roma }\n";
    let key = format!("Bearer {}", world.key);
    let headers = [("authorization", &*key), ("content-type", "application/yaml")];
    assert!(world.send("PUT", "/v1/segments/romans", &headers, segment).await.status < 300);
    let workflow = "workflow: towns\nkind: internal\ntriggers:\n  - event: a.b\n    where: { city: Roma }\nsteps:\n  - set field: { city: Milano }\n  - notify: { to: team sales, by: email, text: \"{{ contact.city | default('') }}\" }\n";
    world.api("PUT", "/v1/teams/sales", r#"{"emails":["laura@shop.example"]}"#).await;
    assert!(world.put_workflow("towns", workflow).await.status < 300);
    let active = world.api("POST", "/v1/workflows/towns/activate", "").await;
    assert_eq!(active.status, 200, "{}", active.text);

    let field = world.api("GET", "/v1/fields/city", "").await.json();
    assert_eq!(
        field["uses"],
        json!([
            { "in": "form", "id": "ask", "by": ["answer"] },
            { "in": "segment", "id": "romans", "by": ["condition"] },
            { "in": "template", "id": "hello", "by": ["text"] },
            { "in": "workflow", "id": "towns", "by": ["condition", "step", "text"] },
        ])
    );
    let problem = world.api("DELETE", "/v1/fields/city", "").await.is_problem(409, "field.in_use");
    for named in ["`ask`", "`romans`", "`hello`", "`towns`"] {
        assert!(problem["detail"].as_str().unwrap().contains(named), "{problem}");
    }
    assert_eq!(world.api("DELETE", "/v1/fields/idle", "").await.status, 204);
    world.api("DELETE", "/v1/fields/idle", "").await.is_problem(404, "field.unknown");
    let keys = world.api("GET", "/v1/folders", "").await.text;
    assert!(!keys.contains("idle"), "{keys}");
}

/// KC-54: a number as people of the account's country write it is the same person's as the international one.
#[tokio::test]
async fn a_national_number_is_the_same_person_s() {
    let world = World::bare().await;
    let post = async |contact: Value| {
        let event = json!({ "type": "person.told", "contact": contact }).to_string();
        let answer = world.api("POST", "/v1/events", &event).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        world.settle().await;
    };
    post(json!({ "phone": "333 123 4567" })).await;
    post(json!({ "phone": "+39 333 1234567", "first_name": "Anna" })).await;
    post(json!({ "phone": "0039 333-123.4567", "last_name": "Verdi" })).await;
    let anna = contact(&world).await;
    assert_eq!(anna["fields"]["phone"], "+393331234567");
    assert_eq!(
        (&anna["fields"]["first_name"], &anna["fields"]["last_name"]),
        (&json!("Anna"), &json!("Verdi"))
    );
    let found = world.api("GET", "/v1/contacts?phone=333%201234567", "").await.json();
    assert_eq!(found["items"][0]["id"], anna["id"]);

    // By another country it is another number.
    let account =
        json!({ "name": "A", "zone": "Europe/Madrid", "from": "A <a@shop.example>", "country": "es" });
    let account = world.api("PUT", "/v1/account", &account.to_string()).await.json();
    assert_eq!(account["country"], "ES");
    post(json!({ "phone": "600 123 456" })).await;
    let found = world.api("GET", "/v1/contacts?phone=%2B34600123456", "").await.json();
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
}

/// CL-10: the stages of a contact's life are the account's.
#[tokio::test]
async fn the_account_says_its_stages() {
    let world = World::bare().await;
    assert_eq!(tell(&world, &json!({ "lifecycle": "Lead" })).await.status, 202);
    assert_eq!(contact(&world).await["fields"]["lifecycle"], "lead");
    tell(&world, &json!({ "lifecycle": "vip" })).await.is_problem(422, "field.value");
    let account = |stages: Value| {
        let account = json!({
            "name": "A", "zone": "Europe/Rome", "from": "A <a@shop.example>", "lifecycle_stages": stages,
        });
        account.to_string()
    };
    let set = world.api("PUT", "/v1/account", &account(json!(["lead", "vip"]))).await.json();
    assert_eq!(set["lifecycle_stages"], json!(["lead", "vip"]));
    assert_eq!(tell(&world, &json!({ "lifecycle": "vip" })).await.status, 202);
    assert_eq!(contact(&world).await["fields"]["lifecycle"], "vip");
    for wrong in [json!([]), json!(["a", "A"]), json!([" a"])] {
        world.api("PUT", "/v1/account", &account(wrong)).await.is_problem(422, "lifecycle.stages");
    }
    let account =
        json!({ "name": "A", "zone": "Europe/Rome", "from": "A <a@shop.example>", "country": "XX" });
    world.api("PUT", "/v1/account", &account.to_string()).await.is_problem(422, "country.unknown");
    let posted = json!({ "type": "lifecycle.changed", "contact": { "email": "anna@example.com" } });
    world.api("POST", "/v1/events", &posted.to_string()).await.is_problem(422, "event.own_type");
}

/// KC-08: a step that sets a defined field to what it can't be is told when its workflow is activated.
#[tokio::test]
async fn a_step_is_checked_by_the_field_s_kind() {
    let world = World::bare().await;
    one_of_each(&world).await;
    let workflow = |value: &str| {
        format!(
            "workflow: w\nkind: internal\ntriggers: [{{ event: a.b }}]\nsteps: [{{ set field: {{ my_choice: {value} }} }}]\n"
        )
    };
    assert!(world.put_workflow("w", &workflow("tv")).await.status < 300);
    let refused = world.api("POST", "/v1/workflows/w/activate", "").await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains("field.value") && refused.text.contains("web, shop"), "{}", refused.text);
    assert!(world.put_workflow("w", &workflow("shop")).await.status < 300);
    assert_eq!(world.api("POST", "/v1/workflows/w/activate", "").await.status, 200);
}
