//! `exit:` and `goal:`: what ends an enrollment early, sends it elsewhere, or is counted. An event (`on:`) or a
//! condition (`when:`), seen at once, also during a wait.

use super::compile::read_name;
use super::problem::Problems;
use super::program::{Exit, On, Then};
use super::reader::{MapReader, at_most, one_or_more, text};
use crate::condition::{self, Predicate};
use crate::event;
use crate::ids::{StepId, WorkflowId};
use crate::limits;
use crate::yaml::{self, Node};

/// Reads both keys.
pub(super) fn read(
    map: &mut MapReader<'_>,
    workflow: Option<&WorkflowId>,
    problems: &mut Problems,
) -> Vec<Exit> {
    let mut exits = Vec::new();
    for (key, goal) in [("goal", true), ("exit", false)] {
        let Some(node) = map.get(key) else { continue };
        if goal && one_or_more(node).len() != 1 {
            problems.error(
                node.place,
                "goal.one",
                "a workflow has one `goal:`; what else ends it stands in `exit:`",
            );
        }
        let items = at_most(node, limits::SOURCE_TRIGGERS, "exits", problems);
        exits.extend(items.iter().filter_map(|item| read_one(item, goal, workflow, problems)));
    }
    exits
}

fn read_one(node: &Node, goal: bool, workflow: Option<&WorkflowId>, problems: &mut Problems) -> Option<Exit> {
    let what = if goal { "`goal:`" } else { "an exit" };
    let mut map = MapReader::open(node, what, problems)?;
    let reason = read_name(&mut map, "reason", problems).map(str::to_owned);
    let then = map.get("then").map_or(Some(Then::Exit), |node| read_then(node, goal, problems));
    let refuses = map.get("at entry").is_some_and(|node| match node.as_text() {
        Some("end") => false,
        Some("stay out") => true,
        _ => {
            let message = "`at entry:` is `end` (enter and end at once) or `stay out`";
            problems.error(node.place, "exit.at_entry", message);
            false
        }
    });
    let (on, name) = match (map.get("on"), map.get("when")) {
        (Some(on), None) => {
            let kind = text(on, "on", problems)?.to_owned();
            (read_event(on, &kind, &mut map, workflow, problems), kind)
        }
        (None, Some(when)) => (Predicate::read(when, problems).map(On::Condition), "condition".to_owned()),
        _ => {
            let message =
                format!("{what} needs `on:` with an event or `when:` with a condition, one of the two");
            problems.error(node.place, "exit.on", message);
            (None, String::new())
        }
    };
    map.finish(&["on", "when", "where", "scope", "reason", "then", "at entry"], problems);
    let reason = reason.unwrap_or_else(|| if goal { "goal".to_owned() } else { name });
    Some(Exit { on: on?, then: then?, reason, goal, refuses, place: node.place })
}

fn read_event(
    on: &Node,
    kind: &str,
    map: &mut MapReader<'_>,
    workflow: Option<&WorkflowId>,
    problems: &mut Problems,
) -> Option<On> {
    if !event::is_kind(kind) {
        let message =
            format!("`{kind}` is no event type; a type is lower case with a dot, such as order.completed");
        problems.error(on.place, "event.type", message);
    }
    let filter_node = map.get("where");
    let mut filter = filter_node.map_or(Some(Predicate::ALWAYS), |node| Predicate::read(node, problems))?;
    let mut written = filter_node.map(yaml::canonical).unwrap_or_default();
    match map.get("scope").map(|node| (node, node.as_text())) {
        None | Some((_, Some("any message"))) => {}
        Some((_, Some("this workflow"))) => {
            let id = workflow.map(ToString::to_string).unwrap_or_default();
            written = format!("{written}+{id}");
            filter = Predicate::All(vec![filter, condition::data_is("workflow", &id)]);
        }
        Some((node, _)) => {
            problems.error(node.place, "exit.scope", "`scope:` is `this workflow` or `any message`");
        }
    }
    let ring = condition::ring(kind, &written, filter.clone(), 1);
    Some(On::Event { kind: kind.to_owned(), filter, ring })
}

fn read_then(node: &Node, goal: bool, problems: &mut Problems) -> Option<Then> {
    match node.as_text() {
        Some("exit") => return Some(Then::Exit),
        Some("count") if goal => return Some(Then::Count),
        Some(_) => {}
        None => {
            let mut map = MapReader::open(node, "`then:`", problems)?;
            let step = map.need_text("go to", problems).map(StepId::new);
            map.finish(&["go to"], problems);
            return step.map(Then::GoTo);
        }
    }
    let message = "`then:` is `exit` or `{ go to: a-step }`, and for a goal `count`";
    problems.error(node.place, "exit.then", message);
    None
}
