//! Mail templates: put as they are written, sent as HTML and plain text.

use serde_json::{Value, json};

use crate::world::{Answer, World};

async fn put(world: &World, name: &str, template: Value) -> Answer {
    world.api("PUT", &format!("/v1/templates/{name}"), &template.to_string()).await
}

async fn preview(world: &World, asked: Value) -> Answer {
    world.api("POST", "/v1/templates/preview", &asked.to_string()).await
}

const WORKFLOW: &str = r#"
workflow: saluto
kind: marketing
triggers: [{ event: saluto.chiesto }]
steps:
  - send email: { template: saluto, with: { code: "BEN-{{ contact.first_name }}" } }
"#;

async fn greet(world: &World, who: Value) {
    let consents = json!([{ "channel": "email", "purpose": "marketing", "text": "Sì", "version": "1" }]);
    let event = json!({ "type": "saluto.chiesto", "contact": who, "consents": consents });
    let sent = world.api("POST", "/v1/events", &event.to_string()).await;
    assert_eq!(sent.status, 202, "{}", sent.text);
    world.settle().await;
}

/// KW-26: a template in Markdown goes out as HTML and as plain text, in the reader's language, with a way out; whoever has a
/// name that means something in HTML changes nothing of it.
#[tokio::test]
async fn a_template_goes_out_as_html_and_plain_text() {
    let world = World::new().await;
    let template = json!({
        "subject": "Hello {{ contact.first_name }}",
        "markdown": "Hello **{{ contact.first_name }}**, [read](https://shop.example/guide?a=1&b=2) with {{ code }}",
        "languages": { "it": {
            "subject": "Ciao {{ contact.first_name }}",
            "markdown": "Ciao **{{ contact.first_name }}**, [leggi](https://shop.example/guida)",
        } },
        "layout": "newsletter",
    });
    assert_eq!(put(&world, "saluto", template.clone()).await.status, 200);
    assert_eq!(world.api("GET", "/v1/templates/saluto", "").await.json(), template, "as it was written");
    assert_eq!(world.put_workflow("saluto", WORKFLOW).await.status, 200);
    let active = world.api("POST", "/v1/workflows/saluto/activate", "").await;
    assert_eq!(active.status, 200, "{}", active.text);
    greet(
        &world,
        json!({ "email": "zoe@example.com", "first_name": "<img src=x onerror=a()>", "language": "en" }),
    )
    .await;
    greet(&world, json!({ "email": "anna@example.com", "first_name": "Anna", "language": "it-CH" })).await;
    let mails = world.platform.mails();
    let (english, italian) = (&mails[0], &mails[1]);
    let html = english.html.as_deref().unwrap();
    assert!(html.contains("<strong>&lt;img src=x onerror=a()&gt;</strong>"), "{html}");
    assert!(html.contains("href=\"https://shop.example/guide?a=1&amp;b=2\">read</a>"), "{html}");
    assert!(html.contains("with BEN-&lt;img"), "{html}");
    let leave = english
        .headers
        .iter()
        .find(|(name, _)| name == "List-Unsubscribe")
        .unwrap()
        .1
        .trim_matches(['<', '>']);
    assert!(html.contains(leave) && english.text.contains(leave), "{html}");
    assert_eq!(html.matches(leave).count(), 1, "the layout has it, so it is not added");
    assert_eq!(italian.subject, "Ciao Anna");
    assert!(
        italian.text.starts_with("Flusso")
            || italian.text.contains("Ciao Anna, leggi (https://shop.example/guida)")
    );
    assert!(italian.html.as_deref().unwrap().contains("Disiscriviti"), "{:?}", italian.html);
}

/// A part that changes changes what is made of it; a change that would break one of those is refused with its name.
#[tokio::test]
async fn what_is_made_of_a_template_changes_with_it() {
    let world = World::bare().await;
    assert_eq!(put(&world, "firma", json!({ "markdown": "Anna del Forno" })).await.status, 200);
    assert_eq!(
        put(&world, "saluto", json!({ "subject": "Ciao", "markdown": "Ciao\n\n{% include \"firma\" %}" }))
            .await
            .status,
        200
    );
    let text = |answer: Answer| answer.json()["text"].as_str().unwrap().to_owned();
    assert!(text(preview(&world, json!({ "name": "saluto" })).await).contains("Ciao\n\nAnna del Forno"));
    assert_eq!(put(&world, "firma", json!({ "markdown": "Bruno, {{ account.name }}" })).await.status, 200);
    assert!(text(preview(&world, json!({ "name": "saluto" })).await).contains("Ciao\n\nBruno"));
    let refused = put(&world, "firma", json!({ "mjml": "<mj-section></mj-section>" })).await;
    refused.is_problem(409, "template.include");
    assert!(refused.text.contains("`saluto`"), "{}", refused.text);
    put(&world, "altro", json!({ "markdown": "{% include \"nessuno\" %}" }))
        .await
        .is_problem(422, "template.include");
    put(&world, "altro", json!({ "markdwon": "x" })).await.is_problem(422, "json.shape");
    put(&world, "altro", json!({ "html": "<script>x</script>" })).await.is_problem(422, "template.element");
}

/// A workflow can't be activated whose mail must not go out as it is.
#[tokio::test]
async fn a_broken_mail_is_found_before_it_is_sent() {
    let world = World::bare().await;
    let template = json!({ "subject": "Ciao", "html": "<a href=\"shop.example\">qui</a> <a href=\"{{ event.url }}\">là</a>" });
    assert_eq!(put(&world, "saluto", template).await.status, 200, "it may be put, as a draft may");
    assert_eq!(
        world.put_workflow("saluto", &WORKFLOW.replace("saluto.chiesto", "saluto.detto")).await.status,
        200
    );
    let refused = world.api("POST", "/v1/workflows/saluto/activate", "").await;
    refused.is_problem(422, "workflow.problems");
    for said in ["template.broken", "the template `saluto`: the link `shop.example`"] {
        assert!(refused.text.contains(said), "{}", refused.text);
    }
}

/// KW-26: a template is seen as somebody would read it, with what is missing and what is wrong with it, before it is stored.
#[tokio::test]
async fn a_template_is_previewed() {
    let world = World::bare().await;
    let contact = json!({ "fields": { "email": "anna@example.com", "first_name": "Anna" } });
    let id = world.api("POST", "/v1/contacts", &contact.to_string()).await.json()["id"].clone();
    let template = json!({
        "subject": "OFFERTA!! {{ contact.first_name }}",
        "markdown": "Ciao {{ contact.first_name }}, {{ event.total }} {{ code }} [qui](shop.example) {{ contact.city | default(\"\") }}",
    });
    let asked = json!({ "template": template, "contact": id, "values": { "code": "X1" } });
    let seen = preview(&world, asked).await.json();
    assert_eq!(
        (&seen["subject"], &seen["missing"]),
        (&json!("OFFERTA!! Anna"), &json!(["event.total"])),
        "{seen}"
    );
    assert!(seen["text"].as_str().unwrap().contains("X1 qui (shop.example)"), "{seen}");
    let codes: Vec<_> =
        seen["findings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["mail.shouting", "mail.broken_link"]);
    let nobody = preview(&world, json!({ "template": template })).await.json();
    assert_eq!(nobody["missing"], json!(["code", "contact.first_name", "event.total"]));
    preview(&world, json!({ "template": template, "contact": "con_nessuno" }))
        .await
        .is_problem(404, "contact.unknown");
    preview(&world, json!({})).await.is_problem(422, "template.missing");
    preview(&world, json!({ "name": "nessuno" })).await.is_problem(404, "template.unknown");
}
