use proptest::prelude::*;
use serde_json::json;

use super::*;

fn context() -> serde_json::Value {
    json!({
        "contact": { "first_name": "Anna", "nickname": null, "blank": " ", "tags": ["a", null, "b"], "score": 12, "vip": true,
            "birth_date": "1990-02-01" },
        "event": { "at": "2026-07-01T22:30:00Z", "ms": 1_782_945_000_000_i64, "amount": 49.9,
            "items": [{ "name": "Tee", "qty": 2 }, { "name": "Mug", "qty": 1 }] },
        "entity": "cart-7",
        "zone": "Europe/Rome",
    })
}

fn render(source: &str) -> Result<String, RenderError> {
    Template::compile(source).unwrap().render(&context(), Missing::Fail)
}

fn lenient(source: &str) -> String {
    Template::compile(source).unwrap().render(&context(), Missing::Empty).unwrap()
}

#[test]
fn values_in_an_address_are_parts_of_it() {
    let url =
        Template::compile_for("https://x.example/{{ contact.birth_date }}?q={{ v }}", Escape::Url).unwrap();
    let context = json!({ "v": "a b&c=d/è", "contact": { "birth_date": "1990-02-01" } });
    let rendered = url.render(&context, Missing::Fail).unwrap();
    assert_eq!(rendered, "https://x.example/1990-02-01?q=a%20b%26c%3Dd%2F%C3%A8");
}

fn problem(source: &str) -> (Option<u32>, String) {
    let problem = Template::compile(source).unwrap_err();
    (problem.line, problem.message)
}

fn missing(source: &str) -> (String, Option<u32>) {
    match render(source) {
        Err(RenderError::Missing { path, line }) => (path, line),
        other => panic!("{source}: {other:?}"),
    }
}

#[test]
fn fields_are_merged() {
    let cases = [
        ("Hi {{ contact.first_name }}!\n", "Hi Anna!\n"),
        ("{{ contact.first_name | default(\"x\") | upper }}", "ANNA"),
        ("{{ contact.nickname | default(\"amico\") }}", "amico"),
        ("{{ contact.blank | default('amico') }}", "amico"),
        ("{{ contact.none.at.all | trim | default('x') }}", "x"),
        ("{{ contact.nickname | default(contact.first_name) }}", "Anna"),
        ("{{ contact.tags | join }} {{ contact.tags | join('/') }}", "a, b a/b"),
        ("{{ contact.score + 1 }} {{ contact.vip }}", "13 true"),
        ("{{ event.amount | round }} {{ event.amount | round(1) }}", "50 49.9"),
        ("{{ event.items[1].name }} {{ (event.items | first).name }}", "Mug Tee"),
        ("{% for i in event.items %}{{ i.qty }} {{ i.name | lower }};{% endfor %}", "2 tee;1 mug;"),
        (
            "{% if contact.nickname %}a{% elif contact.vip and not (entity == 'x') %}b{% else %}c{% endif %}",
            "b",
        ),
        ("{% if contact.unknown is defined %}a{% endif %}{# {{ nothing }} #}", ""),
        ("{%- if 'a' in contact.tags -%} yes {%- endif %}", "yes"),
        ("{{ 'è' if contact.score > 10 else 'no' }}", "è"),
        ("{{ 'a}}b' }} <b>&</b> { % {", "a}}b <b>&</b> { % {"),
        ("100 % {{ \"x\" | replace('x', 'yy') }}", "100 % yy"),
    ];
    for (source, expected) in cases {
        assert_eq!(render(source).as_deref(), Ok(expected), "{source}");
    }
}

#[test]
fn dates_are_shown_in_the_zone() {
    let cases = [
        ("{{ event.at | date }}", "02/07/2026"),
        ("{{ event.at | date('%Y-%m-%d %H:%M') }}", "2026-07-02 00:30"),
        ("{{ event.ms | date('%H:%M %Z') }}", "00:30 CEST"),
        ("{{ contact.birth_date | date }}", "01/02/1990"),
        ("{{ contact.missing | date | default('-') }}", "-"),
    ];
    for (source, expected) in cases {
        assert_eq!(render(source).as_deref(), Ok(expected), "{source}");
    }
    let template = Template::compile("{{ at | date('%H:%M') }}").unwrap();
    let at = |zone: serde_json::Value| {
        template.render(&json!({"at": "2026-07-01T22:30:00Z", "zone": zone}), Missing::Fail)
    };
    assert_eq!(at(json!(null)).as_deref(), Ok("22:30"));
    assert!(matches!(at(json!("Europe/Roma")), Err(RenderError::Unfit { .. })));
    for bad in
        ["{{ entity | date }}", "{{ event.at | date('%Q%!') }}", "{{ contact.birth_date | date('%H %Z') }}"]
    {
        assert!(matches!(render(bad), Err(RenderError::Unfit { .. })), "{bad}: {:?}", render(bad));
    }
}

#[test]
fn a_missing_value_is_named() {
    assert_eq!(missing("Hi\n{{ contact.last_name }}"), ("contact.last_name".to_owned(), Some(2)));
    assert_eq!(missing("{{ contact.nickname }}").0, "contact.nickname");
    assert_eq!(missing("{{ contact.nickname | upper }}").0, "contact.nickname");
    assert_eq!(missing("{{ owner.first_name }}").0, "owner.first_name");
    assert_eq!(missing("{{ owner }}").0, "owner");
    assert_eq!(missing("{% for i in event.items %}{{ i.color }}{% endfor %}").0, "i.color");
    assert_eq!(missing("{{ contact[\"color\"] }}").0, "contact[\"color\"]");
    assert_eq!(missing("{{ steps.news.clicked.url | trim | lower }}").0, "steps.news.clicked.url");
    assert_eq!(missing("{{ contact.nickname | default(contact.other) }}").0, "contact.nickname");
    assert_eq!(lenient("[{{ contact.last_name }}{{ contact.nickname | upper }}{{ a.b.c | date }}]"), "[]");
    assert_eq!(lenient("{% for i in event.nothing %}x{% endfor %}ok"), "ok");
    assert_eq!(lenient("{{ contact.nickname | default(contact.other) }}"), "");
    let of_null = Template::compile("{{ a }}").unwrap().render(&json!(null), Missing::Fail);
    assert_eq!(of_null, Err(RenderError::Missing { path: "a".to_owned(), line: Some(1) }));
}

#[test]
fn names_are_paths_and_some_are_required() {
    let template = Template::compile(
        "{{ contact.first_name | default(\"x\") }} {{ event.guide_url }} {{ entity }} {% if vars.code %}{{ vars.code }}{% endif %}
         {{ steps.news.clicked.url }} {% for item in event.items %}{{ item.name }} {{ loop.index }}{% endfor %}
         {{ contact.phone | trim | d(contact.email) }} {% if contact.vip %}!{% endif %} {{ contact['a b'] | default('') }}
         {{ contact.first_name | upper | default(\"y\") }}",
    )
    .unwrap();
    let names: Vec<&str> = template.names().iter().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "contact",
            "contact.email",
            "contact.first_name",
            "contact.phone",
            "contact.vip",
            "entity",
            "event.guide_url",
            "event.items",
            "steps.news.clicked.url",
            "vars.code"
        ]
    );
    let required: Vec<&str> = template.required().iter().map(String::as_str).collect();
    assert_eq!(
        required,
        ["contact", "contact.email", "entity", "event.guide_url", "steps.news.clicked.url", "vars.code"]
    );
    assert!(Template::compile("plain").unwrap().names().is_empty());
}

#[test]
fn what_is_no_template_says_where() {
    assert_eq!(problem("a\nb {{ contact. }}").0, Some(2));
    assert_eq!(problem("a\n{{ contact.x | shout }}").0, Some(2));
    assert!(problem("{{ x | shout }}").1.contains("there are capitalize"));
    assert!(problem("a {{ x").1.contains("not closed"));
    assert!(problem("{% if x %}").0.is_some());
    assert!(problem("\n{# x").1.contains("comment"));
    for source in [
        "{% set a = 1 %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% macro m() %}{% endmacro %}",
        "{% raw %}{{{% endraw %}",
        "{% extends 'x' %}",
        "{% block b %}{% endblock %}",
        "{% for i in a recursive %}{% endfor %}",
        "{% with a = 1 %}{% endwith %}",
        "{{ range(10) }}",
        "{{ a.b() }}",
        "{{ 'x' * 100000000 }}",
        "{{ a ~ a }}",
        "{{ {} }}",
        "{{ a[1:2] }}",
        "{{ a is divisibleby(3) }}",
        "{% do a() %}",
        "{% autoescape false %}{% endautoescape %}",
        "{% filter upper %}{% endfilter %}",
        "{% %}",
        "{{ }}",
        "{{ (a }}",
        "{{ a | safe }}",
        "{{ a is not thing }}",
        "{{ è }}",
    ] {
        assert!(Template::compile(source).is_err(), "{source}");
    }
}

#[test]
fn lists_and_maps_are_not_text() {
    for source in [
        "{{ contact }}",
        "{{ contact.tags }}",
        "{{ contact | upper }}",
        "{{ entity | join }}",
        "{{ entity | round }}",
        "{{ event.items | join }}",
    ] {
        assert!(matches!(render(source), Err(RenderError::Unfit { .. })), "{source}: {:?}", render(source));
    }
}

#[test]
fn html_is_escaped_where_asked() {
    let values = json!({ "name": "<b>\"A&B\"</b>", "flag": true });
    let html = Template::compile_for("<i>{{ name | upper }}</i>{{ flag }}", Escape::Html).unwrap();
    let written = html.render(&values, Missing::Fail).unwrap();
    assert!(written.starts_with("<i>&lt;B&gt;") && written.ends_with("</i>true"), "{written}");
    let plain = Template::compile("<i>{{ name }}</i>").unwrap();
    assert_eq!(plain.render(&values, Missing::Fail).unwrap(), "<i><b>\"A&B\"</b></i>");
}

#[test]
fn limits_end_everything() {
    let many: Vec<u32> = (0..1000).collect();
    let big = "x".repeat(100_000);
    let values = json!({ "many": many, "big": big, "list": vec![big.clone(); 20] });
    let run = |source: &str| Template::compile(source).unwrap().render(&values, Missing::Fail);
    let loops = "{% for a in many %}{% for b in many %}{% endfor %}{% endfor %}";
    assert_eq!(run(loops), Err(RenderError::TooMuchWork));
    assert_eq!(run("{% for a in many %}{{ big }}{% endfor %}"), Err(RenderError::TooLong));
    assert_eq!(run("{{ big | replace('x', big) }}"), Err(RenderError::TooLong));
    assert_eq!(run("{{ 'xxxxxxxxxx' | replace('', 'xxxxxxxxxx') | length }}"), Ok("120".to_owned()));
    assert_eq!(
        run(&format!("{{{{ 'xx'{} }}}}", " | replace('x', 'xx')".repeat(20))),
        Err(RenderError::TooLong)
    );
    assert_eq!(run("{{ list | join }}"), Err(RenderError::TooLong));
    assert!(problem(&"x".repeat(MAX_SOURCE + 1)).1.contains("bytes"));
    assert!(Template::compile(&"x".repeat(MAX_SOURCE)).is_ok());
    for deep in [
        format!("{{{{ a{} }}}}", ".a".repeat(80_000)),
        format!("{{{{ a{} }}}}", " + a".repeat(40_000)),
        format!("{{{{ a{} }}}}", " | upper".repeat(30_000)),
        format!("{{{{ {}a }}}}", "(".repeat(80_000)),
        format!("{{{{ {}a }}}}", "not ".repeat(40_000)),
        format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(20_000)),
        "{% if a %}".repeat(20_000),
        format!("{}{}", "{% if a %}".repeat(10_000), "{% endif %}".repeat(10_000)),
    ] {
        assert!(Template::compile(&deep).is_err());
    }
    let mut nested = json!(1);
    for _ in 0..2_000 {
        nested = json!({ "a": nested });
    }
    assert!(Template::compile("{{ a.a.a }}").unwrap().render(&nested, Missing::Fail).is_err());
}

#[test]
fn templates_are_shared_between_threads() {
    fn shared<T: Send + Sync + Clone + fmt::Debug>(_: &T) {}
    let template = Template::compile("{{ entity }}").unwrap();
    shared(&template);
    assert_eq!(template.clone(), template);
    assert_eq!(format!("{template:?}"), "Template(\"{{ entity }}\")");
}

const SAMPLE: &str = "Hi {{ contact.first_name | default(\"amico\") }},\n{% if contact.score > 10 and contact.vip %}{{ event.at | date('%d %H:%M') }}\n{% elif event.amount is defined %}{{ event.amount | round(2) }}{% else %}-{% endif %}{# note #}\n{% for i in event.items %}{{ loop.index }} {{ i.name | upper }} {{ i['qty'] - 1 }}{% endfor %} {{ contact.tags | join(', ') | replace('a', \"b\") | length }}";

fn mutated() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[-+{}%#|()\\[\\].,'\"~*/<>=! 0-9a\\\\à\n]{1,3}",
        prop::sample::select(
            &[
                "{{",
                "}}",
                "{%",
                "%}",
                " | ",
                "first",
                "contact",
                "not ",
                "is odd",
                "9223372036854775808",
                "-1",
                "event.items",
                "//",
                "**",
                "date('%s%f%9999N')",
                "round(-1)",
                "in "
            ][..]
        )
        .prop_map(str::to_owned),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), 0_u8..3, piece), 1..10).prop_map(|edits| {
        let mut characters: Vec<char> = SAMPLE.chars().collect();
        for (index, kind, piece) in edits {
            let at = index.index(characters.len());
            match kind {
                0 => drop(characters.splice(at..at, piece.chars())),
                1 => drop(characters.remove(at)),
                _ => {
                    let end = (at + 4).min(characters.len());
                    drop(characters.splice(at..end, piece.chars()));
                }
            }
        }
        characters.into_iter().collect()
    })
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|flag| json!(flag)),
        any::<i64>().prop_map(|number| json!(number)),
        any::<u64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,6}".prop_map(|text| json!(text)),
        Just(json!("2026-07-01T22:30:00Z")),
    ];
    let keys = prop::sample::select(
        &["contact", "event", "items", "first_name", "score", "tags", "at", "amount", "name", "qty", "zone"]
            [..],
    );
    leaf.prop_recursive(4, 40, 6, move |inner| {
        let keys = keys.clone();
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| json!(items)),
            prop::collection::btree_map(keys.prop_map(str::to_owned), inner, 0..6).prop_map(|map| json!(map)),
        ]
    })
}

/// Compiles and renders; under `Empty` nothing is ever reported missing.
fn ends(source: &str, context: &serde_json::Value) -> Result<(), TestCaseError> {
    let Ok(template) = Template::compile(source) else {
        return Ok(());
    };
    prop_assert!(template.required().is_subset(template.names()));
    let strict = template.render(context, Missing::Fail);
    let lenient = template.render(context, Missing::Empty);
    prop_assert!(!matches!(lenient, Err(RenderError::Missing { .. })), "{:?}", lenient);
    if strict.is_ok() {
        prop_assert_eq!(strict, lenient);
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_context_is_rendered_or_refused(context in any_json()) {
        ends(SAMPLE, &context)?;
    }

    #[test]
    fn a_mutated_template_ends(source in mutated(), context in any_json()) {
        ends(&source, &context)?;
        ends(&source, &super::tests::context())?;
    }

    #[test]
    fn any_text_is_compiled_or_refused(source in "[-+{}%#|()\\[\\].,'\"~*/<>=! 0-9a\\\\à\n]{0,40}|\\PC*") {
        ends(&source, &super::tests::context())?;
        ends(&format!("{{{{ {source} }}}}"), &super::tests::context())?;
    }

    /// What the look before parsing takes for a tag's end, minijinja takes for it too.
    #[test]
    fn text_without_tags_is_written_as_it_is(text in "[^{]{0,40}") {
        prop_assert_eq!(render(&text), Ok(text));
    }
}
