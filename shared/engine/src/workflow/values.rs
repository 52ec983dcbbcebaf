//! What merge fields and conditions name of a workflow's own: what earlier steps keep, its owner, what it is about.

use super::problem::Problems;
use super::program::Program;
use super::reader::closest;
use crate::message::{Content, OWNER};
use crate::triggers::form;
use crate::yaml::Place;

/// What `steps.<id>.` offers of a message, and of a webhook.
const MESSAGE: &[&str] = &["clicked"];
const CLICKED: &[&str] = &["url", "at"];
const ANSWER: &[&str] = &["status", "body"];

/// Checks a merge field that begins with `root`.
pub(super) fn check(root: &str, rest: &str, place: Place, program: &Program, problems: &mut Problems) {
    let complaint = match root {
        "vars" => vars(rest, program),
        "owner" => owner(rest),
        "entity" if program.entity.is_none() => {
            Some("the workflow has no `entity:`, such as `entity: event.cart_id`".to_owned())
        }
        "confirm_url" if program.triggers.iter().any(|trigger| trigger.kind.listens() != form::REQUESTED) => {
            Some("there is something to confirm only where all triggers are `form requested: …`".to_owned())
        }
        "steps" => steps(rest, program),
        _ => None,
    };
    if let Some(why) = complaint {
        let name = if rest.is_empty() { root.to_owned() } else { format!("{root}.{rest}") };
        problems.error(place, "merge_field.unknown", format!("`{{{{ {name} }}}}`: {why}"));
    }
}

fn vars(rest: &str, program: &Program) -> Option<String> {
    let name = rest.split('.').next().unwrap_or(rest);
    let known: Vec<&str> = program.steps.iter().flat_map(|def| def.step.vars()).collect();
    (!known.contains(&name)).then(|| {
        let hint = closest(name, &known).map_or_else(
            || format!("`reserve coupon: {{ pool: …, as: {name} }}` would"),
            |near| format!("did you mean `{near}`?"),
        );
        format!("no step of this workflow keeps `{name}`; {hint}")
    })
}

fn owner(rest: &str) -> Option<String> {
    let name = rest.split('.').next().unwrap_or(rest);
    (!OWNER.contains(&name)).then(|| format!("an owner has {}{}", OWNER.join(", "), near(name, OWNER)))
}

fn steps(rest: &str, program: &Program) -> Option<String> {
    let mut parts = rest.split('.');
    let id = parts.next().unwrap_or_default();
    let Some(def) = program.steps.iter().find(|def| def.id.as_str() == id) else {
        return Some(format!("there is no step `{id}`{}; give it an `id:`", near(id, &ids(program))));
    };
    let what = parts.next().unwrap_or_default();
    let offers = match def.step.content() {
        Some(Content::Request(_)) => ANSWER,
        Some(Content::Email { .. } | Content::Sms { .. } | Content::Whatsapp { .. }) => MESSAGE,
        _ => {
            return Some(format!(
                "nothing is known of the step `{id}`: only messages and webhooks tell something"
            ));
        }
    };
    if !offers.contains(&what) {
        let all: Vec<String> = offers.iter().map(|offer| format!("steps.{id}.{offer}")).collect();
        return Some(format!("of that step there is {}", all.join(", ")));
    }
    if what == "clicked" && parts.next().is_none_or(|part| !CLICKED.contains(&part)) {
        return Some(format!("of a click there is steps.{id}.clicked.url and steps.{id}.clicked.at"));
    }
    None
}

/// Checks what conditions name.
pub(super) fn check_conditions(program: &Program, problems: &mut Problems) {
    let webhooks: Vec<&str> = program
        .steps
        .iter()
        .filter(|def| matches!(def.step.content(), Some(Content::Request(_))))
        .map(|def| def.id.as_str())
        .collect();
    let steps =
        program.steps.iter().flat_map(|def| def.step.conditions().into_iter().map(|one| (one, def.place)));
    let exits = program.exits.iter().map(|exit| (exit.on.predicate(), exit.place));
    let top = Place { line: 1, column: 1 };
    let recipients = program.settings.recipients.iter().map(|recipients| (recipients, top));
    for (condition, place) in steps.chain(exits).chain(recipients) {
        for path in condition.answers() {
            let step = path.split('.').next().unwrap_or(&path);
            if !webhooks.contains(&step) {
                let message = format!(
                    "no step `{step}` of this workflow calls a webhook{}; give the step that does an `id:`",
                    near(step, &webhooks)
                );
                problems.error(place, "answer.unknown", message);
            }
        }
        if condition.names_entity() && program.entity.is_none() {
            let message = "`{{ entity }}`: the workflow has no `entity:`, such as `entity: event.cart_id`";
            problems.error(place, "merge_field.unknown", message);
        }
    }
    for trigger in &program.triggers {
        if trigger.filter.names_entity() || !trigger.filter.answers().is_empty() {
            let message = "who enters has no `{{ entity }}` yet, and no answer of a step";
            problems.error(trigger.place, "merge_field.unknown", message);
        }
    }
}

fn ids(program: &Program) -> Vec<&str> {
    program.steps.iter().map(|def| def.id.as_str()).collect()
}

fn near(name: &str, known: &[&str]) -> String {
    closest(name, known).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}
