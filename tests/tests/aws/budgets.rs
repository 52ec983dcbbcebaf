//! Hops: how many messages one event costs. AWS stops a chain of about sixteen; ours end long before, by our own
//! budgets.

use std::fmt::Write as _;

use serde_json::json;

use crate::stack::Stack;

/// A workflow of so many steps, none of which waits.
fn steps(id: &str, count: usize) -> String {
    let mut yaml = format!("workflow: {id}\nname: {id}\ntriggers:\n  - event: prova.{id}\nsteps:\n");
    for step in 0..count {
        let _ = writeln!(yaml, "  - add tag: passo-{}", step % 100);
    }
    yaml
}

/// The queues that one event of a person goes through, one entry a message.
fn hops(stack: &Stack, kind: &str, name: &str) -> Vec<&'static str> {
    stack.listen(false);
    stack.event(kind, &format!("{kind}-{name}"), name);
    let seen = stack.deliver_all();
    stack.listen(true);
    assert_eq!(stack.contact(name)["enrollments"], json!([]), "it came to its end");
    seen.iter().map(|message| message.queue).collect()
}

pub fn sixty_steps(stack: &Stack) {
    stack.workflow("sessanta", &steps("sessanta", 60));
    assert_eq!(hops(stack, "prova.sessanta", "Olga"), ["events-fast"]);
    assert_eq!(stack.contact("Olga")["tags"].as_array().unwrap().len(), 60);
}

pub fn many_steps(stack: &Stack) {
    stack.workflow("tanti", &steps("tanti", 250));
    // A reaction takes a hundred steps: two looks go on.
    assert_eq!(hops(stack, "prova.tanti", "Pia"), ["events-fast"; 3]);
    let counts = stack.until("it is counted", || {
        let counts = stack.api("GET", "/v1/workflows/tanti/counts", "");
        (counts["completed"] == 1).then_some(counts)
    });
    assert_eq!(counts["steps"][249]["counts"]["reached"], 1, "{}", counts["steps"][249]);
}

/// Runs when the other one's tag comes, takes it away and sets its own.
fn answers(own: &str, other: &str) -> String {
    format!(
        "workflow: {own}\nname: {own}\nreentry: always\ntriggers:\n  - event: tag.added\n    where: {{ data.tag: {other} }}\n\
         steps:\n  - remove tag: {other}\n  - add tag: {own}\n"
    )
}

pub fn a_circle(stack: &Stack) {
    stack.workflow("ping", &answers("ping", "pong"));
    stack.workflow("pong", &answers("pong", "ping"));
    let first = "workflow: servizio\nname: Servizio\ntriggers:\n  - event: prova.servizio\nsteps:\n  - add tag: ping\n";
    stack.workflow("servizio", first);
    let seen = hops(stack, "prova.servizio", "Rita");
    assert_eq!(seen, ["events-fast"], "all of it is one reaction");
    let codes = stack.codes("Rita");
    assert!(codes.iter().any(|code| code == "halted"), "{codes:?}");
    let entered = codes.iter().filter(|code| *code == "enrolled").count();
    println!("  {entered} enrollments, then halted");
    // Once into the first one; into each of the others once, and three times again.
    assert_eq!(entered, 9, "{codes:?}");
}
