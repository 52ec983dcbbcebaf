//! What authors write becomes what mail programs show.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;

use expect_test::{Expect, expect, expect_file};
use flusso_engine::message::html::finish;
use flusso_engine::template::{Escape, Missing, Template};
use flusso_mail::{LAYOUTS, Made, Source, lint, make};
use serde_json::{Value, json};

fn source(value: Value) -> Source {
    serde_json::from_value(value).unwrap()
}

fn made_with(value: Value, others: &BTreeMap<&str, Value>) -> Result<BTreeMap<Option<String>, Made>, String> {
    let find = |name: &str| others.get(name).cloned().map(source);
    make(&source(value), &find).map_err(|error| format!("{}: {}: {}", error.field, error.code, error.message))
}

fn made(value: Value) -> Made {
    made_with(value, &BTreeMap::new()).unwrap().remove(&None).unwrap()
}

fn refused(value: Value) -> String {
    made_with(value, &BTreeMap::new()).unwrap_err()
}

/// As somebody gets it: the HTML with its links as they are, and the text.
fn rendered(made: &Made, values: &Value) -> (String, String) {
    let render = |source: &str, escape| {
        Template::compile_for(source, escape).unwrap().render(values, Missing::Empty).unwrap()
    };
    let html = made.html.as_deref().map(|html| finish(&render(html, Escape::Html), |_| None));
    (html.unwrap_or_default(), render(&made.text, Escape::None))
}

/// What stands in the body, without the tables around it.
fn body(html: &str) -> String {
    let from = html.find("<body").unwrap_or(0);
    html[from..].to_owned()
}

fn check(actual: &str, expected: Expect) {
    expected.assert_eq(actual.trim());
}

#[test]
fn markdown_becomes_html_and_text_with_its_merge_fields() {
    let made = made(json!({
        "subject": "Ciao {{ contact.first_name }}",
        "preheader": "Una cosa per {{ contact.first_name }}",
        "markdown": "# Ciao {{ contact.first_name | default(\"amico\") }}!\n\n{% if contact.city %}\nVieni a **{{ contact.city }}**.\n{% endif %}\n\n- [Il listino]({{ event.url }})\n- <https://shop.example/a?b=1&c=2>\n\nA presto"
    }));
    let values = json!({
        "contact": { "first_name": "<b>Zoë & Co</b>", "city": "Forlì" },
        "event": { "url": "https://shop.example/l?a=1&b=\"2\"" },
        "account": { "name": "Il Forno" },
        "unsubscribe_url": "https://x.example/u?t=1&k=2",
        "unsubscribe_text": "Disiscriviti",
    });
    let (html, text) = rendered(&made, &values);
    check(
        &text,
        expect![[r#"
            Ciao <b>Zoë & Co</b>!

            Vieni a Forlì.

            - Il listino (https://shop.example/l?a=1&b="2")
            - https://shop.example/a?b=1&c=2

            A presto

            Il Forno · Disiscriviti (https://x.example/u?t=1&k=2)"#]],
    );
    assert!(html.contains("<h1>Ciao &lt;b&gt;Zoë &amp; Co&lt;/b&gt;!</h1>"), "{html}");
    assert!(html.contains("<strong>Forlì</strong>"), "{html}");
    assert!(html.contains("href=\"https://shop.example/l?a=1&amp;b=&quot;2&quot;\""), "{html}");
    assert!(html.contains("mso-hide:all\">Una cosa per &lt;b&gt;"), "{html}");
    assert!(!html.contains("zq") && !html.contains("xq") && !html.contains("{%"), "{html}");
    let without = json!({ "contact": { "first_name": "Zoë" }, "event": { "url": "https://shop.example" }, "account": { "name": "Il Forno" } });
    let (html, text) = rendered(&made, &without);
    assert!(!html.contains("Vieni") && !html.contains("Disiscriviti"), "{html}");
    check(
        &text,
        expect![[r"
            Ciao Zoë!

            - Il listino (https://shop.example)
            - https://shop.example/a?b=1&c=2

            A presto"]],
    );
}

/// A link whose address comes from elsewhere runs nothing.
#[test]
fn a_link_of_a_contact_runs_nothing() {
    let made = made(json!({ "markdown": "[qui]({{ event.url }})" }));
    let (html, _) =
        rendered(&made, &json!({ "event": { "url": "javascript:alert(1)" }, "account": { "name": "x" } }));
    assert!(html.contains("<a href=\"#\">qui</a>"), "{}", body(&html));
}

/// Products of an event, one below the other.
#[test]
fn blocks_become_a_mail() {
    let made = made(json!({
        "layout": "newsletter",
        "blocks": [
            { "heading": "Hai dimenticato qualcosa?" },
            { "text": "Ciao **{{ contact.first_name }}**,\n\nil tuo carrello ti aspetta." },
            { "products": { "most": 2, "button": "Guarda" } },
            { "columns": [[{ "text": "Spedizione gratis" }], [{ "image": { "src": "https://shop.example/a.png", "alt": "Un pacco" } }]] },
            { "divider": {} },
            { "button": { "text": "Torna al carrello", "url": "{{ event.url }}" } },
        ]
    }));
    let values = json!({
        "contact": { "first_name": "Anna" },
        "event": { "url": "https://shop.example/cart?id=7", "items": [
            { "name": "Tazza", "price": "12,00", "currency": "EUR", "url": "https://shop.example/tazza", "image": "https://shop.example/tazza.png" },
            { "name": "Maglietta \"L\"" },
            { "name": "Terza" },
        ] },
        "account": { "name": "Il Forno" },
        "unsubscribe_url": "https://x.example/u",
        "unsubscribe_text": "Disiscriviti",
    });
    let (html, text) = rendered(&made, &values);
    check(
        &text,
        expect![[r#"
            Il Forno

            Hai dimenticato qualcosa?

            Ciao Anna,

            il tuo carrello ti aspetta.

            Tazza
            12,00 EUR

            Guarda (https://shop.example/tazza)

            Maglietta "L"

            Spedizione gratis

            Un pacco

            Torna al carrello (https://shop.example/cart?id=7)

            Il Forno
            Disiscriviti (https://x.example/u)"#]],
    );
    assert_eq!(html.matches("https://shop.example/tazza.png").count(), 1);
    assert!(html.contains("Maglietta &quot;L&quot;"), "{html}");
    assert!(html.contains("href=\"https://shop.example/cart?id=7\""), "{html}");
    assert_eq!(lint("Il tuo carrello", Some(&html), &text, Some("https://x.example/u")), []);
}

/// KW-26: every layout holds a mail, with a way out where there is one to be.
#[test]
fn layouts_hold_what_is_put_into_them() {
    for layout in LAYOUTS {
        let made = made(json!({ "layout": layout.name, "markdown": "Ciao" }));
        let with = json!({ "account": { "name": "Il Forno" }, "unsubscribe_url": "https://x.example/u?a=1&b=2", "unsubscribe_text": "Disiscriviti" });
        let (html, text) = rendered(&made, &with);
        assert!(html.contains("<p>Ciao</p>") && html.contains("Il Forno"), "{}: {html}", layout.name);
        assert!(
            html.contains("https://x.example/u?a=1&amp;b=2\">Disiscriviti</a>"),
            "{}: {html}",
            layout.name
        );
        assert!(text.contains("Disiscriviti (https://x.example/u?a=1&b=2)"), "{}: {text}", layout.name);
        assert!(html.len() < 20_000, "{} has {} bytes", layout.name, html.len());
        let (html, _) = rendered(&made, &json!({ "account": { "name": "Il Forno" }, "unsubscribe_url": "" }));
        assert!(!html.contains("Disiscriviti"), "{}: {html}", layout.name);
    }
}

/// What an author writes as a whole document is theirs; parts of it may be shared.
#[test]
fn documents_parts_and_layouts_of_ones_own() {
    let others = BTreeMap::from([
        ("firma", json!({ "html": "<p>Anna, {{ account.name }}</p>" })),
        ("cornice", json!({ "html": "<html><body><h1>{{ account.name }}</h1>{{ content }}</body></html>" })),
        ("rete", json!({ "html": "{% include \"rete\" %}" })),
    ]);
    let values = json!({ "account": { "name": "Il Forno" } });
    let html = "<html><body><p>Ciao</p>{% include \"firma\" %}</body></html>";
    let whole = made_with(json!({ "html": html, "text": "Ciao!" }), &others).unwrap().remove(&None).unwrap();
    assert_eq!(
        rendered(&whole, &values),
        ("<html><body><p>Ciao</p><p>Anna, Il Forno</p></body></html>".to_owned(), "Ciao!".to_owned())
    );
    let framed = json!({ "layout": "cornice", "markdown": "Ciao *tutti*" });
    let framed = made_with(framed, &others).unwrap().remove(&None).unwrap();
    let (html, text) = rendered(&framed, &values);
    assert_eq!(html, "<html><body><h1>Il Forno</h1><p>Ciao <em>tutti</em></p>\n</body></html>");
    assert_eq!(text, "Il Forno\n\nCiao tutti\n");
    for (wrong, why) in [
        (
            json!({ "html": "{% include \"manca\" %}" }),
            "html: template.include: there is no template `manca`",
        ),
        (
            json!({ "html": "{% include \"rete\" %}" }),
            "html: template.include: templates include each other more than 5 deep, at `rete`",
        ),
        (
            json!({ "markdown": "x", "layout": "firma" }),
            "layout: template.layout: the layout `firma` must have {{ content }} in it, once",
        ),
        (
            json!({ "html": "<html></html>", "layout": "cornice" }),
            "layout: template.layout: a whole document has no layout; leave `layout` out, or write only what comes into it",
        ),
    ] {
        assert_eq!(made_with(wrong, &others).unwrap_err(), why);
    }
}

#[test]
fn languages_are_made_each() {
    let source = json!({
        "subject": "Hello", "markdown": "Hello",
        "languages": { "it": { "subject": "Ciao", "markdown": "Ciao" }, "es": { "markdown": "Hola" } }
    });
    let made = made_with(source, &BTreeMap::new()).unwrap();
    let said: Vec<_> = made
        .iter()
        .map(|(language, made)| {
            (
                language.as_deref(),
                made.subject.as_deref().unwrap(),
                made.html.as_deref().unwrap().contains("<p>Hola"),
            )
        })
        .collect();
    assert_eq!(said, [(None, "Hello", false), (Some("es"), "Hello", true), (Some("it"), "Ciao", false)]);
    let wrong = json!({ "markdown": "x", "languages": { "it": { "markdown": "{{ x" } } });
    assert!(
        made_with(wrong, &BTreeMap::new())
            .unwrap_err()
            .starts_with("languages.it.markdown: template.unreadable: line 1:")
    );
}

#[test]
fn what_can_t_be_a_mail_is_refused_with_a_word_on_why() {
    for (wrong, why) in [
        (json!({}), "text: template.body: a template needs a body"),
        (json!({ "html": "a", "mjml": "b" }), "text: template.body: a template has one body"),
        (json!({ "text": "a", "layout": "plain" }), "layout: template.layout: plain text has no layout"),
        (
            json!({ "markdown": "a", "layout": "nessuno" }),
            "layout: template.layout: there is no layout `nessuno`: name one of your templates, or plain, newsletter",
        ),
        (json!({ "mjml": "<mjml><mj-body><mj-sec" }), "mjml: template.mjml: this is no MJML"),
        (
            json!({ "html": "<p onclick=\"x()\">a</p>" }),
            "html: template.element: mail programs refuse scripts: take `onclick`",
        ),
        (json!({ "html": "<script>x</script>" }), "html: template.element: mail programs refuse <script>"),
        (
            json!({ "html": "<a href=\"java\nscript:x\">a</a>" }),
            "html: template.link: a link can't begin with",
        ),
        (json!({ "subject": "{% if %}", "text": "a" }), "subject: template.unreadable"),
        (json!({ "markdown": "{% for x in y %}" }), "markdown: template.unreadable"),
    ] {
        let said = refused(wrong);
        assert!(said.starts_with(why), "{said}");
    }
}

#[test]
fn a_mail_is_looked_at_as_filters_do() {
    let html = "<p>OK</p><img src=\"http://shop.example/a.png\"><a href=\"https://bit.ly/x\">qui</a><a href=\"https://evil.example\">https://bank.example</a><a href=\"shop.example\">x</a><a href=\"#\">y</a>";
    let found: Vec<_> = lint("GRANDI SCONTI!!", Some(html), "", Some("https://x.example/u"))
        .into_iter()
        .map(|finding| (finding.code, finding.error))
        .collect();
    assert_eq!(
        found,
        [
            ("mail.shouting", false),
            ("mail.shouting", false),
            ("mail.no_text", true),
            ("mail.no_unsubscribe", false),
            ("mail.no_alt", false),
            ("mail.picture", true),
            ("mail.shortener", false),
            ("mail.misleading_link", false),
            ("mail.broken_link", true),
            ("mail.broken_link", true),
            ("mail.only_pictures", false),
        ]
    );
    let long = format!("<p>{}</p>", "x".repeat(102 * 1024));
    let found: Vec<_> =
        lint("Ciao", Some(&long), "x", None).into_iter().map(|finding| finding.code).collect();
    assert_eq!(found, ["mail.too_large"]);
}

/// KW-26: each way of writing a mail gives what it gave, in each of the layouts. `UPDATE_EXPECT=1` writes the files anew.
#[test]
fn mails_look_as_they_did() {
    let values = json!({
        "contact": { "first_name": "Anna" },
        "event": { "url": "https://shop.example/cart?id=7&from=mail", "items": [
            { "name": "Tazza", "price": "12,00", "currency": "EUR", "url": "https://shop.example/tazza" },
            { "name": "Maglietta", "price": "29,90", "currency": "EUR", "url": "https://shop.example/maglietta" },
        ] },
        "account": { "name": "Il Forno di Anna" },
        "unsubscribe_url": "https://x.example/u/1.2",
        "unsubscribe_text": "Non vuoi più ricevere questi messaggi? Disiscriviti qui",
    });
    let blocks = json!([
        { "heading": "Hai dimenticato qualcosa?" },
        { "text": "Ciao **{{ contact.first_name }}**,\n\nil tuo carrello ti aspetta fino a domenica." },
        { "products": { "button": "Guarda" } },
        { "divider": {} },
        { "columns": [[{ "text": "**Spedizione gratis** sopra i 50 euro" }], [{ "text": "**Reso facile** entro 30 giorni" }]] },
        { "button": { "text": "Torna al carrello", "url": "{{ event.url }}" } },
    ]);
    let markdown = "## Ciao {{ contact.first_name }}\n\nil listino di primavera è pronto, con tre novità:\n\n1. il pane di segale\n2. la focaccia di Recco\n3. i grissini\n\n[Leggi il listino]({{ event.url }})\n\nA presto,\n*Anna*";
    let table = "## Ricevuta\n\n| Cosa | Prezzo |\n|---|--:|\n| Tazza | 12,00 € |\n| Maglietta | 29,90 € |\n| **In tutto** | **41,90 €** |\n\nGrazie, {{ contact.first_name }}!";
    let mjml = "<mj-section><mj-column><mj-text><h1>Si apre il 3 marzo</h1><p>Vieni a provare il pane nuovo, {{ contact.first_name }}.</p></mj-text><mj-button href=\"{{ event.url }}\">Ci sarò</mj-button></mj-column></mj-section>";
    for (name, source, file) in [
        (
            "plain",
            json!({ "markdown": markdown, "preheader": "Tre novità" }),
            expect_file!["golden/plain.html"],
        ),
        ("newsletter", json!({ "blocks": blocks }), expect_file!["golden/newsletter.html"]),
        ("announcement", json!({ "mjml": mjml }), expect_file!["golden/announcement.html"]),
        ("receipt", json!({ "markdown": table }), expect_file!["golden/receipt.html"]),
    ] {
        let mut source = source;
        source["layout"] = json!(name);
        let (html, text) = rendered(&made(source), &values);
        assert_eq!(lint("Ciao", Some(&html), &text, Some("https://x.example/u/1.2")), [], "{name}");
        file.assert_eq(&format!("{html}\n<!--\n{text}-->\n"));
    }
}
