//! What authors demand of their workflows: a property that is wrong is refuted by a short story, one that is right is not,
//! and every ready workflow has some that hold.
#![allow(
    clippy::unwrap_used,
    clippy::needless_raw_string_hashes,
    reason = "a test whose expectations rewrite themselves"
)]

use std::collections::BTreeMap;

use flusso_app::check::check_document;
use flusso_app::properties::{LIVES, refuted, told};
use flusso_app::ready;

const SHOP: &str = "
workflow: shop
name: Shop
kind: service
triggers:
  - event: basket.left
steps:
  - send email: { subject: First, body: One }
  - wait: 6 hours
  - send email: { subject: Second, body: Two }
  - wait: 6 hours
  - send email: { subject: Third, body: Three }
  - wait until: { event: email.replied, at most: 5 days }
    then:
      - wait: 10 days
    else: []
";

/// A document that demands something, and the stories that refute it.
fn stories(properties: &str, change: (&str, &str)) -> Vec<String> {
    let source = SHOP.replace("steps:", &format!("properties:\n{properties}\nsteps:"));
    let source = source.replace(change.0, change.1);
    let found = refuted(&source, LIVES);
    assert!(found.iter().all(|one| one.life.events.len() <= 2), "the stories are short");
    found.iter().map(|one| format!("{}\n{}", one.property.holds, told(one))).collect()
}

#[test]
fn what_does_not_hold_is_told_as_a_short_story() {
    let demanded = "  - always: at most 2 emails per 24 hours\n  - never: send after order.completed\n  - ends within: 7 days";
    let told = stories(demanded, ("", ""));
    expect_test::expect![[r#"
        always: at most 2 emails per 24 hours
          2026-03-06 19:42:00 Europe/Rome  somebody enters
          2026-03-06 19:42:00 Europe/Rome  the message “First” goes to anna@example.com
          2026-03-06 19:42:00 Europe/Rome  wait-1 waits until 2026-03-07 01:42:00 Europe/Rome
          2026-03-07 01:42:00 Europe/Rome  the message “Second” goes to anna@example.com
          2026-03-07 01:42:00 Europe/Rome  wait-2 waits until 2026-03-07 07:42:00 Europe/Rome
          2026-03-07 07:42:00 Europe/Rome  the message “Third” goes to anna@example.com
          2026-03-07 07:42:00 Europe/Rome  and that is against it

        never: send after order.completed
          2026-03-03 05:40:00 Europe/Rome  somebody enters
          2026-03-03 05:40:00 Europe/Rome  order.completed happens
          2026-03-03 05:40:00 Europe/Rome  the message “First” goes to anna@example.com
          2026-03-03 05:40:00 Europe/Rome  wait-1 waits until 2026-03-03 11:40:00 Europe/Rome
          2026-03-03 11:40:00 Europe/Rome  the message “Second” goes to anna@example.com
          2026-03-03 11:40:00 Europe/Rome  wait-2 waits until 2026-03-03 17:40:00 Europe/Rome
          2026-03-03 11:40:00 Europe/Rome  and that is against it

        ends within: 7 days
          2026-03-03 11:54:00 Europe/Rome  somebody enters
          2026-03-03 11:54:00 Europe/Rome  the message “First” goes to anna@example.com
          2026-03-03 11:54:00 Europe/Rome  wait-1 waits until 2026-03-03 17:54:00 Europe/Rome
          2026-03-03 17:54:00 Europe/Rome  the message “Second” goes to anna@example.com
          2026-03-03 17:54:00 Europe/Rome  wait-2 waits until 2026-03-03 23:54:00 Europe/Rome
          2026-03-03 23:54:00 Europe/Rome  the message “Third” goes to anna@example.com
          2026-03-04 11:54:00 Europe/Rome  email.replied happens
          2026-03-04 11:54:00 Europe/Rome  wait-3 waits until 2026-03-14 11:54:00 Europe/Rome
          2026-03-10 11:54:00 Europe/Rome  and that is against it"#]]
    .assert_eq(&told.join("\n\n"));
}

#[test]
fn what_holds_is_not_refuted() {
    let demanded = "  - always: at most 3 messages per 24 hours\n  - ends within: 16 days\n  - never: send after order.completed\n  - always: at most 0 sms per 1 day";
    let told = stories(demanded, ("kind: service", "kind: service\nexit: [{ on: order.completed }]"));
    assert_eq!(told, Vec::<String>::new());
}

#[test]
fn the_check_says_where_a_property_is_unreadable_or_refuted() {
    let told = |property: &str| -> Vec<String> {
        let source = SHOP.replace("steps:", &format!("properties: [{property}]\nsteps:"));
        check_document(&source)
            .iter()
            .map(|one| format!("{}:{} {}", one.line, one.column, one.code))
            .collect()
    };
    for unreadable in
        ["{ always: be nice }", "{ never: send before a }", "{ always: at most two emails per 1 day }"]
    {
        assert!(told(unreadable).contains(&"7:14 property.unreadable".to_owned()), "{:?}", told(unreadable));
    }
    assert!(told("{ ends within: 1 hour }").contains(&"7:14 property.refuted".to_owned()));
}

#[test]
fn every_ready_workflow_demands_something_that_holds() {
    let all = ready::all("it").unwrap();
    for one in &all {
        for document in ready::fill(one.id, "it", &BTreeMap::new()).unwrap() {
            assert!(document.source.contains("properties:\n"), "{} demands nothing", document.id);
            let broken: Vec<String> = refuted(&document.source, LIVES).iter().map(told).collect();
            assert!(broken.is_empty(), "{}:\n{}", document.id, broken.join("\n"));
        }
    }
    assert!(all.len() >= 20, "{} ready workflows", all.len());
}
